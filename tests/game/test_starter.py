"""The photos that ship, through the import that everybody uses."""

import json
from io import StringIO

import pytest
from django.core.management import call_command

from geogame import play
from geogame.management.commands.play import STARTER, STARTER_SETS
from geogame.models import Domain, Exhibit, Photo, PhotoSet
from predictor import opponents
from tests.conftest import NOON

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
SIZES = {"first-steps": (100, 100), "trips": (None, 30), "the-fifty": (50, 50)}  # photos, exhibits


def take_in(folder: str) -> dict[str, object]:
    out = StringIO()
    call_command(
        "import_photos",
        STARTER / folder,
        set_name=STARTER_SETS[folder][0],
        domain=Domain.TOY_EARTH,
        json=True,
        stdout=out,
    )
    return json.loads(out.getvalue())


@pytest.mark.parametrize("folder", STARTER_SETS)
def test_a_starter_set_is_taken_in_whole_and_only_once(folder: str) -> None:
    photos, exhibits = SIZES[folder]
    first = take_in(folder)
    assert first["refused"] == []
    assert photos in (None, first["imported"])
    before = list(Photo.objects.order_by("pk").values_list("pk", "file", "original_sha256"))
    again = take_in(folder)
    assert again["imported"] == 0
    assert list(Photo.objects.order_by("pk").values_list("pk", "file", "original_sha256")) == before
    assert (Photo.objects.count(), Exhibit.objects.count()) == (first["imported"], exhibits)
    for photo in Photo.objects.all():
        assert (photo.credit, photo.licence) == ("Toy Earth", "CC0-1.0")
        assert photo.title.startswith("Toy Earth: near ")


def test_the_opponent_that_ships_plays_the_sets_that_ship() -> None:
    take_in("the-fifty")
    game = play.open_game(PhotoSet.objects.get(), opponents.available(), 50, None, NOON)
    assert game.rounds.count() == 50


def test_the_place_of_a_trip_is_that_of_its_last_picture() -> None:
    take_in("trips")
    for exhibit in Exhibit.objects.all():
        last = exhibit.ordered_photos()[-1]
        assert (exhibit.lat, exhibit.lng) == (last.lat, last.lng)
        assert len(exhibit.ordered_photos()) >= 4
