from apps.resources.admin.read_only import ReadOnlyAdmin


class ApiKeyAdmin(ReadOnlyAdmin):
    """Looked at and deleted; the page that made one would have to show it."""

    icon = "vpn_key"
    empty_command = ""  # programs make them, by the contract
