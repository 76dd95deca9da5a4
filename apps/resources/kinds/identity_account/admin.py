from apps.resources.admin.read_only import ReadOnlyAdmin


class IdentityAccountAdmin(ReadOnlyAdmin):
    icon = "person"
    empty_command = "stigmer server start"
