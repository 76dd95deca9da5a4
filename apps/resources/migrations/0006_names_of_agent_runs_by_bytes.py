from django.db import migrations

from apps.resources.identity import MAX_STORED_SLUG


class OnPostgreSQL(migrations.RunSQL):
    """Elsewhere there is nothing to do."""

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        if schema_editor.connection.vendor == "postgresql":
            super().database_forwards(app_label, schema_editor, from_state, to_state)

    database_backwards = database_forwards


class Migration(migrations.Migration):
    """The runs of agents that a workflow started are found by a range of slugs (`executions/queries.py`).

    SQLite compares texts byte by byte. PostgreSQL does so only where it is told to: in the order of most languages
    `~` comes before every letter, and the range is empty.
    """

    dependencies = [("resources", "0005_events_have_numbers")]
    operations = [
        OnPostgreSQL(
            f'ALTER TABLE resources_agentexecution ALTER COLUMN slug TYPE varchar({MAX_STORED_SLUG}) COLLATE "C"',
            migrations.RunSQL.noop,
        )
    ]
