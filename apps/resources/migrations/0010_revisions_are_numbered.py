from django.db import migrations, models

NUMBER_THEM = """
UPDATE resources_revision SET number = counted.number
FROM (
    SELECT id, ROW_NUMBER() OVER (PARTITION BY resource_id ORDER BY id) AS number FROM resources_revision
) AS counted
WHERE resources_revision.id = counted.id AND resources_revision.number <> counted.number
"""
"""A deletion had the number of the version that it ended, and what was stored anew under an old id began at 1."""
KINDS = (
    "agent",
    "agentexecution",
    "agentinstance",
    "environment",
    "executioncontext",
    "mcpserver",
    "organization",
    "session",
    "workflow",
    "workflowexecution",
    "workflowinstance",
)
GO_ON_FROM_THERE = """
UPDATE resources_{kind} SET version = (
    SELECT MAX(number) FROM resources_revision WHERE resource_id = resources_{kind}.id
)
WHERE id IN (SELECT resource_id FROM resources_revision WHERE event = 'deleted')
"""


class Migration(migrations.Migration):
    """Revisions count from 1 for each resource, without gaps; the version of a row is the number of its last one."""

    dependencies = [("resources", "0009_run_input")]

    operations = [
        migrations.RunSQL(NUMBER_THEM, migrations.RunSQL.noop),
        *(migrations.RunSQL(GO_ON_FROM_THERE.format(kind=kind), migrations.RunSQL.noop) for kind in KINDS),
        migrations.AlterField("revision", "number", models.PositiveIntegerField(verbose_name="revision")),
        migrations.RemoveIndex("revision", name="revision_by_resource"),
        migrations.AddConstraint(
            "revision", models.UniqueConstraint(fields=["resource_id", "number"], name="revision_number")
        ),
    ]
