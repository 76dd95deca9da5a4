from django.db import migrations

INDEXES = [
    "resources_agentexecution_session_id_d423597a",
    "resources_agentinstance_agent_id_5cfa18c0",
    "resources_session_agent_instance_id_c689d55a",
    "resources_workflowexecution_instance_id_de521abd",
    "resources_workflowinstance_workflow_id_351bbbec",
]
LIKE = [f"{name}_like" for name in INDEXES]
"""PostgreSQL has these beside them."""


class Migration(migrations.Migration):
    """Drop what 0001 made until 2026-11-27: each of these fields begins another index, too."""

    dependencies = [("resources", "0003_agentexecution_is_waited_for_and_more")]
    operations = [migrations.RunSQL(f"DROP INDEX IF EXISTS {name}") for name in [*INDEXES, *LIKE]]
