"""Applications of the site itself, and how it uses Django's admin."""

from django.apps import AppConfig
from django.contrib.admin.apps import SimpleAdminConfig


class SiteConfig(AppConfig):
    name = "stigmer_site"
    default = True

    def ready(self) -> None:
        from apps.resources.storage.write_guard import guard_writes
        from stigmer_site import checks, machine

        machine.install()
        guard_writes()
        checks.register_all()


class AdminConfig(SimpleAdminConfig):
    """Without discovery: `urls.py` registers what is shown, so that other processes never import it."""

    default = False
    default_site = "stigmer_site.admin_site.ControlPlaneSite"


class UnfoldConfig(AppConfig):
    """Unfold's templates and static files; its own config would also import its admin site."""

    name = "unfold"
    default = False
