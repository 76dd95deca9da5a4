from apps.resources.admin.read_only import RunAdmin


class WorkflowExecutionAdmin(RunAdmin):
    icon = "directions_run"
