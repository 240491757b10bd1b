"""The cast and the smallest world that can be wrong: ana, ben, the machine, one photo set of three photos."""

import io
import itertools
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings
from PIL import Image, ImageOps

from geogame import photos, play
from geogame.models import Exhibit, Game, Person, PhotoSet, Player, Round
from geogame.rules.sphere import Point
from geogame.sources import single

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
settings.register_profile("unhurried", deadline=None)  # other tests want the processor too
settings.load_profile("unhurried")
# Distinctive in every digit, so that a leak of them cannot be a coincidence.
PLACES = [Point(48.1371934, 11.5754821), Point(-33.8567844, 151.2152967), Point(64.1465712, -21.9426354)]


@dataclass(frozen=True)
class Card:
    """The machine as the game knows it."""

    name: str = "planet"
    label: str = "PlaNet"
    weights: str = "0123456789ab"
    domain: str = "toy-earth"
    painter: int = 0
    explains: bool = True


CARD = Card()
_shades = itertools.count()


def jpeg(size: tuple[int, int] = (320, 240), **save: object) -> bytes:
    """Return a JPEG whose bytes differ from call to call; light and dark, so that nobody takes it for blank."""
    shade = next(_shades)
    colour = (shade * 37 % 256, shade * 91 % 256, shade * 13 % 256)
    image = ImageOps.colorize(Image.linear_gradient("L"), "black", "white", colour).resize(size)
    out = io.BytesIO()
    image.save(out, "JPEG", **save)
    return out.getvalue()


def add_photo(photo_set: PhotoSet, place: Point, **words: str) -> Exhibit:
    """Take a photo at this place into a set and return its exhibit."""
    item = single(f"IMG_{next(_shades)}_secret.jpg", jpeg())
    photo = photos.take_in(photo_set, type(item)(item.name, item.read, place, words))
    return photo.exhibits.get()


@pytest.fixture
def toy_set(db: None) -> PhotoSet:
    made = PhotoSet.objects.create(name="Toy", slug="toy", domain="toy-earth", published=True)
    for number, place in enumerate(PLACES, start=1):
        add_photo(made, place, title=f"Place {number}", credit="Painter", licence="CC0-1.0")
    return made


@pytest.fixture
def ana(db: None) -> Person:
    return Person.objects.create(name="Ana")


@pytest.fixture
def ben(db: None) -> Person:
    return Person.objects.create(name="Ben")


@pytest.fixture
def game(toy_set: PhotoSet, ana: Person) -> Game:
    """Ana against the machine, three rounds of a minute, not yet started."""
    made = play.open_game(toy_set, [CARD], 3, 60, NOON)
    play.join(made, ana, "Ana", NOON)
    return made


@pytest.fixture
def ana_seat(game: Game) -> Player:
    return game.players.get(kind="human")


@pytest.fixture
def machine(game: Game) -> Player:
    return game.players.get(kind="machine")


@pytest.fixture
def first_round(game: Game, ana_seat: Player) -> Round:
    opened = play.start_round(game, NOON)
    assert opened is not None
    return opened


def answer(point: Point) -> photos.Answer:
    """Return what a machine would say: this point, all its belief in three of the six faces of the globe."""
    faces = np.array([0x1000000000000000, 0x3000000000000000, 0x5000000000000000], dtype="<u8")
    belief = np.array([0.5, 0.3, 0.2], dtype="<f2")
    return photos.Answer(point, "d" * 64, faces.tobytes(), belief.tobytes())


@pytest.fixture
def machine_says() -> Callable[[Round, Point | str], None]:
    """Let the machine answer a round: its prediction is stored and its guess made, as the worker would do it."""

    def says(this_round: Round, what: Point | str, now: datetime = NOON) -> None:
        stored = what if isinstance(what, str) else answer(what)
        photos.record_prediction(this_round.exhibit, CARD.name, CARD.weights, stored)
        play.answer_for_machines(this_round, now)

    return says


@pytest.fixture(scope="session")
def trial_photos() -> Path:
    """The folder of real photographs, or a skip that says so."""
    folder = Path(os.environ.get("TRIAL_PHOTOS", ""))
    if not os.environ.get("TRIAL_PHOTOS") or not (folder / "photos.csv").is_file():
        pytest.skip("real photographs are not here: TRIAL_PHOTOS names no folder with a photos.csv")
    return folder
