from typing import Any

from django.db import migrations

from apps.resources.identity import MAX_STORED_SLUG


class OnPostgreSQL(migrations.RunSQL):
    """Elsewhere there is nothing to do."""

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        if schema_editor.connection.vendor == "postgresql":
            super().database_forwards(app_label, schema_editor, from_state, to_state)

    database_backwards = database_forwards


class Migration(migrations.Migration):
    """The runs of workflows that a workflow started are found by a range of slugs, as those of agents are (0006)."""

    dependencies = [("resources", "0026_mentions")]
    operations = [
        OnPostgreSQL(
            f'ALTER TABLE resources_workflowexecution ALTER COLUMN slug TYPE varchar({MAX_STORED_SLUG}) COLLATE "C"',
            migrations.RunSQL.noop,
        )
    ]
