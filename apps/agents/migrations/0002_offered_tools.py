from django.db import migrations, models


class Migration(migrations.Migration):
    """What tools were like, and those that wait to be accepted. The release before inserts rows without either."""

    dependencies = [("agents", "0001_initial")]

    operations = [
        migrations.AddField("seentools", "tools", models.JSONField(null=True)),
        migrations.AddField("seentools", "offered", models.JSONField(null=True)),
    ]
