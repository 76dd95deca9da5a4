from django.db import migrations, models

import apps.resources.journal

BEGIN = """
INSERT INTO resources_resourcechange (kind, resource_id, event, at) VALUES ('', '', 'began', CURRENT_TIMESTAMP)
"""
"""So that there is a position to watch from before anything else is written."""


class Migration(migrations.Migration):
    """What is written is noted in the order of commits, for those who watch."""

    dependencies = [("resources", "0016_references")]

    operations = [
        migrations.CreateModel(
            name="ResourceChange",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("transaction", models.BigIntegerField(db_default=apps.resources.journal.CurrentTransaction())),
                ("kind", models.CharField(max_length=40)),
                ("resource_id", models.CharField(max_length=40)),
                ("event", models.CharField(max_length=16)),
                ("at", models.DateTimeField()),
            ],
            options={
                "ordering": ["transaction", "id"],
                "indexes": [
                    models.Index(fields=["transaction", "id"], name="change_order"),
                    models.Index(fields=["at"], name="change_age"),
                ],
            },
        ),
        migrations.RunSQL(BEGIN, migrations.RunSQL.noop),
    ]
