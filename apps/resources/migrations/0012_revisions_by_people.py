from django.db import migrations, models

LEFT_BY_RUNS = """
UPDATE resources_revision SET of_running = TRUE
WHERE kind IN ('Session', 'AgentExecution', 'WorkflowExecution', 'ExecutionContext')
"""


class Migration(migrations.Migration):
    """What people changed is found among revisions without those that runs leave behind."""

    dependencies = [("resources", "0011_projects")]

    operations = [
        migrations.AddField("revision", "of_running", models.BooleanField(default=False)),
        migrations.RunSQL(LEFT_BY_RUNS, migrations.RunSQL.noop),
        migrations.AddIndex(
            "revision",
            models.Index(fields=["-id"], condition=models.Q(of_running=False), name="revision_by_people"),
        ),
    ]
