from django.db import migrations, models


class Migration(migrations.Migration):
    """What a deployment accepts. The release before inserts rows without it."""

    dependencies = [("agents", "0002_offered_tools")]

    operations = [
        migrations.AddField("seentools", "deployed", models.CharField(default="", db_default="", max_length=64)),
    ]
