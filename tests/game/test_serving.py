"""Photos as browsers get them: the size and format that fits, at an address that runs out, with nothing else said."""

import io
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from geogame import derivatives, photos, pictures, play
from geogame.models import Doubt, Game, Person, Photo, PhotoSet, Round
from geogame.pictures import Developed
from geogame.rules.sphere import Point
from geogame.snapshots import snapshot
from geogame.sources import Item
from tests.conftest import CARD, add_photo, jpeg
from tests.game.conftest import browser_of, photo_address

MODERN = "image/avif,image/webp,image/png,*/*;q=0.8"
WEBP = "image/webp,*/*"
HERE = Point(10.5, 20.25)


@pytest.fixture(scope="module")
def developed() -> Developed:
    """A photo of 1400 pixels across, in all its sizes."""
    return pictures.develop(jpeg((1400, 900)), 10_000_000)


@pytest.fixture
def large(db: None, developed: Developed) -> Photo:
    made = PhotoSet.objects.create(name="Large", slug="large", published=True)
    return photos.keep(made, Item("secret.jpg", bytes, HERE, {}), developed, "0" * 64)


@pytest.fixture
def game(large: Photo, ana: Person) -> Game:
    now = timezone.now()
    made = play.open_game(large.photo_set, [CARD], 1, 60, now)
    play.join(made, ana, "Ana", now)
    return made


@pytest.fixture
def opened(game: Game) -> Round:
    made = play.start_round(game, timezone.now())
    assert made is not None
    return made


def body(answer: Any) -> bytes:
    return b"".join(answer)


def token(photo: Photo) -> str:
    return str(photo.file.name).rsplit("/", 1)[-1].removesuffix(".jpg")


@pytest.mark.parametrize(
    ("accept", "width", "size"),
    [
        (MODERN, None, (1400, "webp")),  # there is no AVIF as large
        (MODERN, 5000, (1400, "webp")),
        (MODERN, 1281, (1400, "webp")),
        (MODERN, 1280, (1280, "avif")),
        (MODERN, 641, (1280, "avif")),
        (MODERN, 640, (640, "avif")),
        (MODERN, 300, (320, "jpeg")),
        (WEBP, 640, (640, "webp")),
        ("image/avif;q=0,image/webp", 640, (640, "webp")),
        ("*/*", 640, (640, "jpeg")),  # says what every old browser says
        ("image/*", None, None),
        ("", 1280, (1280, "jpeg")),
        ("no such thing", None, None),
    ],
)
def test_a_browser_gets_the_narrowest_that_is_wide_enough_in_a_format_that_it_names(
    accept: str, width: int | None, size: tuple[int, str] | None, large: Photo, opened: Round, ana: Person
) -> None:
    asked = {} if width is None else {"width": width}
    answer = browser_of(ana).get(photo_address(opened), asked, headers={"accept": accept})
    kept = str(large.file.name)
    with default_storage.open(derivatives.name(kept, *size) if size else kept) as file:
        stored = file.read()
    served = body(answer)
    assert served == stored
    assert answer["Content-Type"] == f"image/{size[1] if size else 'jpeg'}"
    assert int(answer["Content-Length"]) == len(stored)
    seen = Image.open(io.BytesIO(served))
    assert (seen.width, seen.format) == (size[0] if size else 1400, (size[1] if size else "jpeg").upper())


def test_a_photo_from_before_there_were_sizes_is_served_as_it_is(large: Photo, opened: Round, ana: Person) -> None:
    Photo.objects.update(derived=[])
    answer = browser_of(ana).get(photo_address(opened), {"width": 640}, headers={"accept": MODERN})
    assert (answer["Content-Type"], Image.open(io.BytesIO(body(answer))).width) == ("image/jpeg", 1400)


def test_a_width_that_is_none_is_refused(opened: Round, ana: Person) -> None:
    for wrong in ("-1", "x", "1e3", "", "9" * 5000):
        assert browser_of(ana).get(photo_address(opened), {"width": wrong}).status_code == 400


@pytest.mark.parametrize("accept", [MODERN, WEBP, "*/*"])
def test_headers_tell_caches_what_they_need_and_nobody_else_anything(
    accept: str, large: Photo, opened: Round, ana: Person
) -> None:
    answer = browser_of(ana).get(photo_address(opened), headers={"accept": accept})
    assert answer.streaming  # in parts
    body(answer)
    assert answer["Cache-Control"] == "private, max-age=3600, immutable"
    assert "Accept" in answer["Vary"].split(", ")
    assert not {"ETag", "Last-Modified", "Content-Disposition", "Set-Cookie"} & set(answer.headers)
    told = "\n".join(f"{name}: {value}" for name, value in answer.items())
    assert token(large) not in told
    assert "secret" not in told


def test_an_address_runs_out_and_the_game_tells_another(
    game: Game, opened: Round, ana: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = timezone.now()
    seat = game.players.get(kind="human").pk
    (first,) = snapshot(game.pk, seat, now)["round"]["photos"]
    assert snapshot(game.pk, seat, now)["round"]["photos"] == [first]
    browser = browser_of(ana)
    assert browser.get(first["url"]).status_code == 200
    later = now + timedelta(hours=2)
    (second,) = snapshot(game.pk, seat, later)["round"]["photos"]
    monkeypatch.setattr("django.utils.timezone.now", lambda: later)
    refused = browser.get(first["url"])
    assert refused.status_code == 410
    assert "has run out" in refused.content.decode()
    assert browser.get(second["url"]).status_code == 200


def test_a_guess_in_another_hour_brings_addresses_that_are_good(game: Game, opened: Round) -> None:
    """A board that grows by a guess keeps the addresses that it has, but not past their hour."""
    now = timezone.now()
    seat = game.players.get(kind="human")
    (before,) = snapshot(game.pk, seat.pk, now)["round"]["photos"]
    play.guess(seat, opened, HERE, "k", now)
    view = snapshot(game.pk, seat.pk, now + timedelta(hours=1))
    assert view["phase"] == "showing"  # the machine is waited for
    assert view["round"]["photos"][0]["url"] != before["url"]


def test_a_key_opens_one_photo_of_one_round(large: Photo, opened: Round, ana: Person) -> None:
    browser = browser_of(ana)
    here = photo_address(opened)
    place, key = f"/rounds/{opened.pk}/photos", here.rstrip("/").split("/")[-1]
    assert browser.get(f"{place}/2/{key}/").status_code == 410
    assert browser.get(f"{place}/1/{'0' * 32}/").status_code == 410
    assert browser.get(f"{place}/1/").status_code == 404  # as it was before there were keys
    assert browser.get(photo_address(opened, 2)).status_code == 404


def test_results_that_are_passed_on_show_their_photos_to_everybody(game: Game, opened: Round) -> None:
    address = photo_address(opened)
    assert Client().get(address).status_code == 403
    now = timezone.now()
    play.close_if_due(opened, now + timedelta(seconds=61))
    play.finish(game, now)
    (row,) = Client().get(f"/games/{game.code}/").context["snapshot"]["results"]["rounds"]
    assert Client().get(row["photo"]).status_code == 200


def test_the_results_of_yesterday_have_addresses_of_today(game: Game, opened: Round) -> None:
    now = timezone.now()
    play.close_if_due(opened, now + timedelta(seconds=61))
    play.finish(game, now)
    told = [snapshot(game.pk, None, now + timedelta(hours=hours))["results"]["rounds"][0]["photo"] for hours in (0, 24)]
    assert told[0] != told[1]


def test_a_file_that_is_gone_is_not_found(large: Photo, opened: Round, ana: Person) -> None:
    photos.delete_files(large)
    assert browser_of(ana).get(photo_address(opened)).status_code == 404
    assert Client().get("/sets/large/cover/").status_code == 404


def test_a_file_that_cannot_be_fetched_is_told_and_logged(
    large: Photo, opened: Round, ana: Person, admin_client: Client, monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    def away(name: str, mode: str = "rb") -> None:
        raise ConnectionError(f"nobody answers for {name}")

    monkeypatch.setattr(large.file.storage._wrapped, "_open", away)
    picture = reverse("admin:geogame_photo_picture", args=[large.pk, 320])
    for client, address in (
        (browser_of(ana), photo_address(opened)), (Client(), "/sets/large/cover/"), (admin_client, picture),
    ):  # fmt: skip
        caplog.clear()
        answer = client.get(address)
        assert answer.status_code == 503
        assert "max-age=3600" not in answer.headers.get("Cache-Control", "")
        assert b"cannot be fetched just now" in answer.content
        assert token(large).encode() not in answer.content
        assert f"photo {large.pk} is not in MEDIA_ROOT or S3_BUCKET" in caplog.text


def test_staff_see_a_photo_under_no_name_of_its_own(large: Photo, admin_client: Client) -> None:
    answer = admin_client.get(reverse("admin:geogame_photo_picture", args=[large.pk, 320]))
    assert Image.open(io.BytesIO(body(answer))).width == 320
    assert token(large) not in str(answer.headers)


def test_deletion_deletes_all_that_was_served(large: Photo, django_capture_on_commit_callbacks: Any) -> None:
    names = list(photos.files_of(large))
    assert len(names) > 6
    assert all(default_storage.exists(name) for name in names)
    with django_capture_on_commit_callbacks(execute=True):
        photos.remove(large)
    assert not any(default_storage.exists(name) for name in names)
    assert token(large) not in "".join(default_storage.listdir(names[0].split("/")[0])[1])


def test_a_cover_is_small_and_anybodys_to_keep(large: Photo, client: Client) -> None:
    answer = client.get("/sets/large/cover/", headers={"accept": MODERN})
    assert (answer["Content-Type"], Image.open(io.BytesIO(answer.content)).width) == ("image/avif", 640)
    assert {"public", "max-age=3600"} <= set(answer["Cache-Control"].split(", "))
    assert "Accept" in answer["Vary"].split(", ")
    again = client.get("/sets/large/cover/", headers={"accept": MODERN, "if-none-match": answer["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    other = client.get("/sets/large/cover/", headers={"accept": "*/*", "if-none-match": answer["ETag"]})
    assert (other.status_code, other["Content-Type"]) == (200, "image/jpeg")


def test_no_cover_shows_what_no_game_would(large: Photo, client: Client) -> None:
    assert photos.cover(large.photo_set) == large
    Photo.objects.update(review=Photo.Review.REJECTED)
    assert client.get("/sets/large/cover/").status_code == 404
    second = add_photo(large.photo_set, HERE).photos.get()
    assert photos.cover(large.photo_set) == second
    Doubt.objects.create(photo=second, kind="place-odd", severity=Doubt.GRAVE)
    assert client.get("/sets/large/cover/").status_code == 404
