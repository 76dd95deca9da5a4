from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.decorators import method_decorator
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_POST

from apps.resources.admin.base import Context
from apps.resources.admin.changed_tools import URL_NAME, accept, changed_tools
from apps.resources.admin.resource import ResourceAdmin
from apps.resources.base import Resource


class AgentAdmin(ResourceAdmin):
    icon = "smart_toy"
    spec_example = (
        "description: What it is for.\ninstructions: |\n  You are a helpful agent.\n  Say what it should do.\n"
    )

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.accept_tools_view)
        return [path("<path:object_id>/accept-tools/", view, name=URL_NAME), *super().get_urls()]

    @method_decorator(csrf_protect)
    @method_decorator(require_POST)
    def accept_tools_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return accept(request, object_id)

    def body(self, request: HttpRequest, row: Resource) -> Context:
        return {**super().body(request, row), **changed_tools(row.pk)}
