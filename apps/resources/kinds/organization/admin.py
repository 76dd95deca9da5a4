from apps.resources.admin.relations import Relation, owned_by
from apps.resources.admin.resource import ResourceAdmin
from apps.resources.base import Resource


class OrganizationAdmin(ResourceAdmin):
    icon = "domain"
    list_filter_submit = False

    def relations(self, row: Resource) -> list[Relation]:
        return owned_by(row.slug)
