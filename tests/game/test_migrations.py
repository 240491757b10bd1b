"""What becomes of an installation that is older than the code."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.apps.registry import Apps
from django.db import connection
from django.db.migrations.executor import MigrationExecutor


def at(migration: str) -> Apps:
    """Bring the database to a migration and return the models as they were then."""
    executor = MigrationExecutor(connection)
    executor.migrate([("geogame", migration)])
    return executor.loader.project_state([("geogame", migration)]).apps


@pytest.fixture(autouse=True)
def _newest_again(transactional_db: None) -> Iterator[None]:
    """Other tests, in whatever order they run, find the tables of today."""
    yield
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes())


@pytest.mark.django_db(transaction=True)
def test_games_that_were_played_before_keep_the_kind_of_pictures_of_their_set() -> None:
    before = at("0001_initial")
    for domain in ("real", "toy-earth"):
        photo_set = before.get_model("geogame", "PhotoSet").objects.create(name=domain, slug=domain, domain=domain)
        before.get_model("geogame", "Game").objects.create(photo_set=photo_set, code=domain)
    games = at("0002_game_domain").get_model("geogame", "Game").objects
    assert dict(games.values_list("code", "domain")) == {"real": "real", "toy-earth": "toy-earth"}


@pytest.mark.django_db(transaction=True)
def test_starter_photos_from_before_say_that_the_first_painter_painted_them() -> None:
    before = at("0002_game_domain")
    photos = (("toy-earth", "Toy Earth", {"a": "b"}), ("toy-earth", "Ana", {}), ("real", "Toy Earth", {}))
    for number, (domain, credit, extra) in enumerate(photos):
        sets = before.get_model("geogame", "PhotoSet").objects
        photo_set, _ = sets.get_or_create(slug=domain, defaults={"name": domain, "domain": domain})
        before.get_model("geogame", "Photo").objects.create(
            photo_set=photo_set, credit=credit, extra=extra, width=1, height=1, colour="#000000", lat=0, lng=0,
            original_sha256=str(number),
        )  # fmt: skip
    after = at("0003_painter_of_old_starters").get_model("geogame", "Photo").objects.order_by("pk")
    assert [photo.extra for photo in after] == [{"a": "b", "painter": "1"}, {}, {}]


@pytest.mark.django_db(transaction=True)
def test_what_old_predictions_took_is_not_made_up() -> None:
    before = at("0003_painter_of_old_starters")
    photo_set = before.get_model("geogame", "PhotoSet").objects.create(name="Old", slug="old")
    exhibit = before.get_model("geogame", "Exhibit").objects.create(photo_set=photo_set, lat=1, lng=2)
    before.get_model("geogame", "Prediction").objects.create(exhibit=exhibit, opponent="p", weights="w", lat=1, lng=2)
    (old,) = at("0004_what_predictions_took").get_model("geogame", "Prediction").objects.all()
    assert (old.seconds, old.device, old.waited_s) == (None, None, None)


@pytest.mark.django_db(transaction=True)
def test_machines_that_sat_down_before_are_not_asked_why() -> None:
    before = at("0004_what_predictions_took")
    photo_set = before.get_model("geogame", "PhotoSet").objects.create(name="Old", slug="old")
    game = before.get_model("geogame", "Game").objects.create(photo_set=photo_set)
    before.get_model("geogame", "Player").objects.create(game=game, kind="machine", opponent="planet", weights="w")
    (seat,) = at("0005_explanations").get_model("geogame", "Player").objects.all()
    assert not seat.explains


@pytest.mark.django_db(transaction=True)
def test_answers_that_games_in_play_wait_for_are_still_wanted() -> None:
    before = at("0006_rooms")
    photo_set = before.get_model("geogame", "PhotoSet").objects.create(name="Old", slug="old")
    exhibit = before.get_model("geogame", "Exhibit").objects.create(photo_set=photo_set, lat=1, lng=2)
    game = before.get_model("geogame", "Game").objects.create(photo_set=photo_set)
    opened = game.created_at + timedelta(minutes=1)
    for number in (1, 2, 3, 4):
        before.get_model("geogame", "Round").objects.create(
            game=game, number=number, exhibit=exhibit, lat=1, lng=2,
            opened_at=opened if number < 3 else None, closed_at=opened if number < 2 else None,
        )  # fmt: skip
    after = at("0007_wanted_at").get_model("geogame", "Round").objects.order_by("number")
    assert [each.wanted_at for each in after] == [game.created_at, game.created_at, opened, None]
