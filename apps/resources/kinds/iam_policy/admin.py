from apps.resources.admin.read_only import ReadOnlyAdmin


class IamPolicyAdmin(ReadOnlyAdmin):
    icon = "shield_person"
    listed = ("principal_kind", "principal_id", "relation", "resource_kind", "resource_id")
    empty_command = "stigmer server start"
