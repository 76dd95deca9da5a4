from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps


def drop_order(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Where one at a time writes, the key is the order."""
    del apps
    if schema_editor.connection.vendor == "sqlite":
        schema_editor.execute("DROP INDEX IF EXISTS change_order")


def bring_order_back(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    del apps
    if schema_editor.connection.vendor == "sqlite":
        schema_editor.execute("CREATE INDEX change_order ON resources_resourcechange (\"transaction\", id)")


class Migration(migrations.Migration):
    dependencies = [("resources", "0023_notifications")]

    operations = [
        migrations.RemoveIndex(model_name="resourcechange", name="change_age"),
        migrations.RunPython(drop_order, bring_order_back),
    ]
