from apps.resources.admin.resource import ResourceAdmin


class WorkflowInstanceAdmin(ResourceAdmin):
    icon = "play_circle"
    spec_example = "workflow_id: name-of-a-workflow\n"
