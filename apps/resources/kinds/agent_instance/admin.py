from apps.resources.admin.resource import ResourceAdmin


class AgentInstanceAdmin(ResourceAdmin):
    icon = "precision_manufacturing"
    spec_example = "agent_id: name-of-an-agent\n"
