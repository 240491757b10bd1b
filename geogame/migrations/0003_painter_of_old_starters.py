"""Pictures of the made-up world say which version of its painter made them; those from before say 1."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def say_one(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Mark the starter photos that are here already."""
    for photo in apps.get_model("geogame", "Photo").objects.filter(photo_set__domain="toy-earth", credit="Toy Earth"):
        if "painter" not in photo.extra:
            photo.extra = {**photo.extra, "painter": "1"}
            photo.save(update_fields=["extra"])


class Migration(migrations.Migration):
    dependencies = [("geogame", "0002_game_domain")]

    operations = [migrations.RunPython(say_one, migrations.RunPython.noop)]
