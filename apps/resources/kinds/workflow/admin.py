from apps.resources.admin.resource import ResourceAdmin


class WorkflowAdmin(ResourceAdmin):
    icon = "account_tree"
    spec_example = """\
description: What it is for.
document:
  dsl: "1.0.0"
  namespace: examples
  name: hello
  version: "1.0.0"
tasks:
  - name: greet
    kind: SET
    task_config:
      variables:
        greeting: Hello
"""
