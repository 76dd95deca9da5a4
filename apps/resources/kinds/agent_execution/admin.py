from apps.resources.admin.read_only import RunAdmin


class AgentExecutionAdmin(RunAdmin):
    icon = "directions_run"
