from apps.resources.admin.resource import ResourceAdmin


class EnvironmentAdmin(ResourceAdmin):
    icon = "key"
    spec_example = """\
description: What it is for.
data:
  REGION:
    value: eu
  API_TOKEN:
    value: change-me
    is_secret: true
"""
