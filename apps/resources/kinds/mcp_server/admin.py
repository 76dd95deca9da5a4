from apps.resources.admin.resource import ResourceAdmin


class McpServerAdmin(ResourceAdmin):
    icon = "build"
    spec_example = """\
description: What its tools are good for.
stdio:
  command: uvx
  args: [mcp-server-time]
"""
