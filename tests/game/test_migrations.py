"""What becomes of an installation that is older than the code."""

import pytest
from django.apps.registry import Apps
from django.db import connection
from django.db.migrations.executor import MigrationExecutor


def at(migration: str) -> Apps:
    """Bring the database to a migration and return the models as they were then."""
    executor = MigrationExecutor(connection)
    executor.migrate([("geogame", migration)])
    return executor.loader.project_state([("geogame", migration)]).apps


@pytest.mark.django_db(transaction=True)
def test_games_that_were_played_before_keep_the_kind_of_pictures_of_their_set() -> None:
    before = at("0001_initial")
    for domain in ("real", "toy-earth"):
        photo_set = before.get_model("geogame", "PhotoSet").objects.create(name=domain, slug=domain, domain=domain)
        before.get_model("geogame", "Game").objects.create(photo_set=photo_set, code=domain)
    games = at("0002_game_domain").get_model("geogame", "Game").objects
    assert dict(games.values_list("code", "domain")) == {"real": "real", "toy-earth": "toy-earth"}
