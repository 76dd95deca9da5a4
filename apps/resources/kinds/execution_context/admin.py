from apps.resources.admin.read_only import ReadOnlyAdmin


class ExecutionContextAdmin(ReadOnlyAdmin):
    """The environments of runs under way, secrets masked."""

    icon = "inventory_2"
    empty_command = "stigmer run"
