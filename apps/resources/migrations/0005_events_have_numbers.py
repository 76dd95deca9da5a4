from django.db import migrations, models

NUMBER_THEM = """
UPDATE resources_executionevent SET number = counted.number
FROM (
    SELECT id, ROW_NUMBER() OVER (PARTITION BY execution_id ORDER BY id) AS number FROM resources_executionevent
) AS counted
WHERE resources_executionevent.id = counted.id
"""
"""Until now one process at a time wrote, so primary keys were in the order of commits."""


class Migration(migrations.Migration):
    """Events count from 1 in each run, in the order of their commits."""

    dependencies = [("resources", "0004_foreign_keys_without_index_of_their_own")]

    operations = [
        migrations.AddField("executionevent", "number", models.PositiveIntegerField(default=0), preserve_default=False),
        migrations.RunSQL(NUMBER_THEM, migrations.RunSQL.noop),
        migrations.AlterModelOptions("executionevent", options={"ordering": ["execution_id", "number"]}),
        migrations.RemoveIndex("executionevent", name="event_by_execution"),
        migrations.AddConstraint(
            "executionevent", models.UniqueConstraint(fields=["execution_id", "number"], name="event_number")
        ),
    ]
