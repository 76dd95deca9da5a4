from apps.resources.admin.resource import ResourceAdmin


class SessionAdmin(ResourceAdmin):
    icon = "forum"
    empty_command = "stigmer run"
    spec_example = "agent_instance_id: ain-...\nsubject: What it is about.\n"
