from apps.resources.admin.resource import ResourceAdmin


class AgentAdmin(ResourceAdmin):
    icon = "smart_toy"
    spec_example = (
        "description: What it is for.\ninstructions: |\n  You are a helpful agent.\n  Say what it should do.\n"
    )
