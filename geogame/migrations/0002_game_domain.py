"""A game keeps what its set showed when it was opened."""

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def copy_from_sets(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Games from before took it from their set as it is now: so do we, once."""
    sets = apps.get_model("geogame", "PhotoSet").objects.filter(pk=models.OuterRef("photo_set"))
    apps.get_model("geogame", "Game").objects.update(domain=models.Subquery(sets.values("domain")))


class Migration(migrations.Migration):
    dependencies = [("geogame", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="game",
            name="domain",
            field=models.CharField(
                choices=[("toy-earth", "Toy Earth"), ("real", "real photographs")], default="", max_length=16
            ),
            preserve_default=False,
        ),
        migrations.RunPython(copy_from_sets, migrations.RunPython.noop),
    ]
