from django.db import migrations, models


class Migration(migrations.Migration):
    """Where projects are on this machine. Servers of the release before insert rows without these columns."""

    dependencies = [("resources", "0019_terms")]

    operations = [
        migrations.AddField("project", "root", models.TextField(blank=True, default="", db_default="")),
        migrations.AddField("project", "python", models.TextField(blank=True, default="", db_default="")),
    ]
