"""Doubts: what is found in a set as a whole, that it is found once, and that nothing is found where nothing is odd."""

from collections.abc import Callable
from datetime import timedelta

import numpy as np
import pytest
from django.utils import timezone

from geogame import doubts, play
from geogame.doubts import Found
from geogame.models import Doubt, Exhibit, ExhibitPhoto, Experiment, Game, Person, Photo, PhotoSet
from geogame.rules.sphere import Point
from tests.conftest import CARD, NOON

_hashes = np.random.default_rng(11)


def photo(photo_set: PhotoSet, lat: float | None = 48.1, lng: float | None = 11.5, **fields: object) -> Photo:
    """Return a row without a file: nothing here looks at pixels."""
    number = Photo.objects.count()
    told = {
        "original_name": f"{number}.jpg",
        "phash": int(_hashes.integers(-(2**63), 2**63)),
        "taken_at": NOON + timedelta(days=number),
        **fields,
    }
    return Photo.objects.create(
        photo_set=photo_set,
        width=800,
        height=600,
        colour="#000000",
        lat=lat,
        lng=lng,
        original_sha256=str(number),
        **told,
    )


@pytest.fixture
def photo_set(db: None) -> PhotoSet:
    return PhotoSet.objects.create(name="Trip", slug="trip")


def kinds(of: Photo) -> list[str]:
    return sorted(of.doubts.values_list("kind", flat=True))


def test_where_nothing_is_odd_nothing_is_found(photo_set: PhotoSet) -> None:
    for number in range(12):
        photo(photo_set, 48.1 + number / 100)
    doubts.look_through(photo_set)
    assert not Doubt.objects.exists()


def test_an_empty_set_and_photos_without_a_place_are_no_trouble(photo_set: PhotoSet) -> None:
    doubts.look_through(photo_set)
    photo(photo_set, None, None, phash=None)
    photo(photo_set, None, None, phash=None)
    doubts.look_through(photo_set)
    assert not Doubt.objects.exists()


def test_the_later_of_two_copies_is_doubted_once(photo_set: PhotoSet) -> None:
    first = photo(photo_set, phash=0b1111)
    second = photo(photo_set, 10.0, 20.0, phash=0b0110)
    doubts.look_through(photo_set)
    doubts.look_through(photo_set)
    assert kinds(first) == []
    (doubt,) = second.doubts.all()
    assert (doubt.kind, doubt.other, doubt.severity) == ("alike", first, Doubt.DOUBT)
    assert doubts.KINDS["alike"].sentence % doubt.detail == f"It looks like {first.original_name}."


def test_what_was_settled_stays_settled(photo_set: PhotoSet) -> None:
    photo(photo_set, phash=1)
    second = photo(photo_set, phash=1)
    doubts.look_through(photo_set)
    second.doubts.update(verdict=Doubt.Verdict.FINE)
    doubts.look_through(photo_set)
    assert second.doubts.get().verdict == Doubt.Verdict.FINE


def test_two_cuts_are_related_only_where_they_are_near(photo_set: PhotoSet) -> None:
    photo(photo_set, 48.1, 11.5, phash=0)
    near = photo(photo_set, 48.101, 11.5, phash=0b11_1111_1111)
    far = photo(photo_set, 49.1, 11.5, phash=0b11_1111_1111 << 20)
    doubts.look_through(photo_set)
    assert (kinds(near), kinds(far)) == (["related"], [])


def test_photos_of_one_trip_are_meant_to_be_alike(photo_set: PhotoSet) -> None:
    one, two = photo(photo_set, phash=0), photo(photo_set, phash=1)
    trip = Exhibit.objects.create(photo_set=photo_set, album="Walk", lat=48.1, lng=11.5)
    for position, each in enumerate((one, two), start=1):
        ExhibitPhoto.objects.create(exhibit=trip, photo=each, position=position)
    doubts.look_through(photo_set)
    assert two.doubts.get().severity == Doubt.HINT


def test_a_copy_in_another_set_is_told_by_name(photo_set: PhotoSet) -> None:
    other = PhotoSet.objects.create(name="Museum", slug="museum")
    twin = photo(other, phash=7, original_name="bridge.jpg")
    mine = photo(photo_set, phash=7)
    doubts.look_through(photo_set)
    doubt = mine.doubts.get()
    assert doubts.KINDS[doubt.kind].sentence % doubt.detail == "It looks like bridge.jpg of the set Museum."
    assert not twin.doubts.exists()


def test_rejected_photos_are_held_against_nothing(photo_set: PhotoSet) -> None:
    photo(photo_set, phash=7, review=Photo.Review.REJECTED)
    mine = photo(photo_set, phash=7)
    doubts.look_through(photo_set)
    assert kinds(mine) == []


def test_odd_places_are_found(photo_set: PhotoSet) -> None:
    at_sea = photo(photo_set, 0.0, -30.0)
    coarse = photo(photo_set, 48.0, 11.0, precision_m=111_000.0)
    default = photo(photo_set, 48.85692, 2.34121)
    doubts.look_through(photo_set)
    assert (kinds(at_sea), kinds(coarse), kinds(default)) == (["sea"], ["coarse"], ["default"])


def test_five_photos_at_one_place_are_a_pile_up_but_not_of_one_hour(photo_set: PhotoSet) -> None:
    piled = [photo(photo_set, 10.0, 20.0) for _ in range(5)]
    tripod = [photo(photo_set, 11.0, 21.0, taken_at=NOON + timedelta(minutes=n)) for n in range(5)]
    unknown = [photo(photo_set, 12.0, 22.0, taken_at=None) for _ in range(5)]
    few = [photo(photo_set, 13.0, 23.0) for _ in range(4)]
    doubts.look_through(photo_set)
    found = [{tuple(kinds(each)) for each in some} for some in (piled, tripod, unknown, few)]
    assert found == [{("pile-up",)}, {()}, {("pile-up",)}, {()}]


def test_places_get_names_and_a_table_s_country_stays(photo_set: PhotoSet) -> None:
    plain, told = photo(photo_set, 48.137, 11.575), photo(photo_set, 48.137, 11.575, extra={"country": "Bavaria"})
    doubts.look_through(photo_set)
    for each in (plain, told):
        each.refresh_from_db()
    assert plain.extra == {"near": "Munich", "country": "DE"}
    assert told.extra == {"near": "Munich", "country": "Bavaria"}


def test_every_kind_has_a_sentence_that_its_values_fill() -> None:
    values = {
        "why": "x",
        "km": 3.0,
        "count": 5,
        "town": "Paris",
        "name": "a",
        "set": "b",
        "width": 1,
        "height": 2,
        "opponent": "c",
        "told": "0, 0",
        "percent": 40,
        "lat": 48.0,
        "lng": 11.0,
    }
    for kind in doubts.KINDS.values():
        assert "%" not in kind.sentence % values
    assert doubts.KINDS.keys() >= doubts.OF_PLACE
    assert doubts.of_size(639, 300) == [Found("small", {"width": 639, "height": 300})]
    assert doubts.of_size(300, 640) == []


Guesses = Callable[[Exhibit, list[Point]], None]


def played(exhibit: Exhibit, answers: dict[str, Point]) -> None:
    """Let people answer an exhibit in a game of its own each."""
    for name, point in answers.items():
        person = Person.objects.get_or_create(name=name)[0]
        game = play.open_game(exhibit.photo_set, [CARD], 1, None, NOON, person)
        game.rounds.update(exhibit=exhibit, lat=exhibit.lat, lng=exhibit.lng)
        seat = play.join(game, person, name, NOON)
        opened = play.start_round(game, NOON)
        assert opened is not None
        play.guess(seat, opened, point, "k", timezone.now())
        play.close_if_due(opened, timezone.now() + timedelta(minutes=1))


def agreed_far_from(toy_set: PhotoSet, monkeypatch: pytest.MonkeyPatch) -> Photo:
    """Let five strong players agree on a place some 2,200 km from the label of a photo, and return it."""
    monkeypatch.setattr(doubts, "STRONG_ROUNDS", 1)
    wrong, right, _ = toy_set.exhibits.all()
    strong = [f"strong {n}" for n in range(5)]
    known = toy_set.exhibits.create(lat=0, lng=0)  # where it shows who is strong
    ExhibitPhoto.objects.create(exhibit=known, photo=photo(toy_set, 0, 0), position=1)
    weak = {f"weak {n}": Point(-60, -100) for n in range(15)}
    played(known, {**dict.fromkeys(strong, Point(0, 0)), **weak})
    played(right, dict.fromkeys(strong, Point(right.lat, right.lng)))
    played(wrong, {name: Point(wrong.lat - 20 + n / 10, wrong.lng) for n, name in enumerate(strong)})
    monkeypatch.setattr(doubts, "STRONG", 0.25)
    return wrong.photos.get()


def test_a_label_is_doubted_where_strong_players_agree_far_from_it(
    toy_set: PhotoSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = agreed_far_from(toy_set, monkeypatch)
    assert doubts.doubt_labels(toy_set) == 1
    doubt = Doubt.objects.get(kind="label")
    assert doubt.photo == wrong
    assert doubt.detail["count"] == 5
    assert 2_000 < doubt.detail["km"] < 2_300


def test_what_was_guessed_in_an_experiment_doubts_nothing_before_its_end(
    toy_set: PhotoSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    agreed_far_from(toy_set, monkeypatch)
    running = Experiment.objects.create(slug="e", name="E", photo_set=toy_set, opponent="planet", weights="w")
    Game.objects.update(experiment=running)
    assert doubts.doubt_labels(toy_set) == 0
    Experiment.objects.update(finished_at=timezone.now())
    assert doubts.doubt_labels(toy_set) == 1


@pytest.mark.parametrize("points", [[Point(0, 0)] * 4, [Point(0, n * 40) for n in range(5)], [Point(50, 10)] * 6])
def test_few_people_people_who_disagree_and_people_who_are_right_doubt_nothing(points: list[Point]) -> None:
    assert doubts._agreed_km(points, Point(50.1, 10.1)) is None
