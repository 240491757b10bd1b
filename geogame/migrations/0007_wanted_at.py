from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import OuterRef, Subquery


def since_when(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    """The first two rounds of a game were wanted when it was made, each other when the one before it opened."""
    rounds = apps.get_model("geogame", "Round").objects.using(editor.connection.alias)
    games = apps.get_model("geogame", "Game").objects.filter(pk=OuterRef("game"))
    before = rounds.filter(game=OuterRef("game"), number=OuterRef("number") - 1)
    rounds.filter(number__lte=2).update(wanted_at=Subquery(games.values("created_at")))
    rounds.filter(number__gt=2).update(wanted_at=Subquery(before.values("opened_at")))


class Migration(migrations.Migration):
    dependencies = [("geogame", "0006_rooms")]

    operations = [
        migrations.AddField("round", "wanted_at", models.DateTimeField(null=True)),
        migrations.RunPython(since_when, migrations.RunPython.noop, elidable=True),
    ]
