from django.db import migrations, models

ENDS = ["completed_at", "phase", "seconds", "tokens", "id"]


class Migration(migrations.Migration):
    """Runs by when they ended, for charts; lists that people have put aside."""

    dependencies = [("resources", "0020_places_of_projects")]

    operations = [
        migrations.CreateModel(
            name="SavedView",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("actor", models.CharField(max_length=255)),
                ("page", models.CharField(max_length=40)),
                ("name", models.CharField(max_length=60)),
                ("query", models.CharField(blank=True, max_length=2000)),
            ],
        ),
        migrations.AddConstraint(
            model_name="savedview",
            constraint=models.UniqueConstraint(fields=("actor", "page", "name"), name="saved_view_name"),
        ),
        migrations.AddIndex(
            model_name="agentexecution", index=models.Index(fields=ENDS, name="agentexecution_by_end")
        ),
        migrations.AddIndex(
            model_name="workflowexecution", index=models.Index(fields=ENDS, name="workflowexecution_by_end")
        ),
    ]
