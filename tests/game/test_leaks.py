"""The answer leaves through the reveal or not at all: everything that is sent before it is searched."""

import base64
import io
import struct
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.utils import timezone
from PIL import Image

from geogame import photos, play, snapshots
from geogame.asgi import application
from geogame.models import Game, Person, PhotoSet, Round
from geogame.rules.sphere import Point
from tests.conftest import CARD, answer
from tests.game.conftest import Socket, browser_of, photo_address
from tests.leaks import Secrets, Wire, find

MACHINE_SAYS = Point(51.2345678, -7.6543219)
TRUTH = Point(48.1371934, 11.5754821)
SECRETS = Secrets([TRUTH, MACHINE_SAYS], ["IMG_secret.jpg"])
EXIF = Image.Exif()
EXIF[0x010E] = "somewhere"


def picture_with_exif() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (20, 20)).save(out, "JPEG", exif=EXIF)
    return out.getvalue()


@pytest.mark.parametrize(
    "leak",
    [
        b'{"lat": 48.1371934}', b'{"lng": "11.575482"}', b"lat=48.14", b"seen at 48.1, 11.6 today", b"(48,12)",
        b"481371934", b"x" + base64.b64encode(b"ab48.1371934"), base64.b64encode(b"48.137193,11.575482"),
        struct.pack("<d", TRUTH.lat), b"..." + struct.pack(">f", TRUTH.lng),
        base64.b64encode(b"?" + struct.pack("<f", TRUTH.lat)), struct.pack("<d", MACHINE_SAYS.lng).hex().encode(),
        base64.urlsafe_b64encode(struct.pack("<dd", *TRUTH)), b"/photos/IMG_secret.jpg", picture_with_exif(),
        b"7.65432", b"-7.6543219", b"0.840153",
    ],
)  # fmt: skip
def test_the_search_finds_a_planted_leak_of_each_kind(leak: bytes) -> None:
    assert find(b"padding " + leak if leak[:2] != b"\xff\xd8" else leak, SECRETS)


@pytest.mark.parametrize("clean", [b"", b'{"closesInMs": 48000, "version": 11}', b"480 px, 115 px"])
def test_the_search_is_silent_on_clean_bytes(clean: bytes) -> None:
    assert find(clean, SECRETS) == []


def opened_game(toy_set: PhotoSet, ana: Person, ben: Person) -> tuple[Game, Round]:
    """Ana and Ben against the machine; the first round is open and the machine has answered."""
    now = timezone.now()
    game = play.open_game(toy_set, [CARD], 3, 60, now)
    play.join(game, ana, "Ana", now)
    ben_seat = play.join(game, ben, "Ben", now)
    opened = play.start_round(game, now)
    assert opened is not None
    photos.record_prediction(opened.exhibit, CARD.name, CARD.weights, answer(MACHINE_SAYS))
    play.answer_for_machines(opened, now)
    play.guess(ben_seat, opened, Point(-12.9186453, 98.7654321), "ben", now + timedelta(seconds=1))
    return game, opened


def everything_sent(game: Game, opened: Round, ana: Person) -> Wire:
    """Be Ana's browser before her guess, and keep every byte that arrives."""
    wire = Wire()
    browser = browser_of(ana)
    for address in (
        f"/games/{game.code}/", f"/games/{game.code}/snapshot/", photo_address(opened), "/", "/leaderboard/",
        photo_address(opened, 2), f"/sets/{game.photo_set.slug}/cover/", "/jsi18n/", "/healthz",
    ):  # fmt: skip
        _keep(wire, f"GET {address}", browser.get(address))
    for verb, body in (
        ("draft", {"lat": 1, "lng": 2}),
        ("bell", {}),
        ("why", {}),
        ("guess", {"lat": "x"}),
        ("guess", {"lat": 99, "lng": 0}),
    ):
        _keep(wire, f"POST {verb}", browser.post(f"/rounds/{opened.pk}/{verb}/", body, content_type="application/json"))
    _keep(wire, "POST next", browser.post(f"/games/{game.code}/next/"))
    for frame in frames_of(game, browser):
        wire.add("frame", frame)
    return wire


def _keep(wire: Wire, where: str, response: Any) -> None:
    body = b"".join(response.streaming_content) if response.streaming else response.content
    cookies = [("Set-Cookie", cookie.OutputString()) for cookie in response.cookies.values()]
    wire.add(where, body, [*response.items(), *cookies])


def frames_of(game: Game, browser: Client) -> list[bytes]:
    """Return the frames that a socket gets at connection and after a headline."""
    cookie = "; ".join(f"{name}={morsel.value}" for name, morsel in browser.cookies.items())
    headers = [(b"cookie", cookie.encode()), (b"origin", b"http://testserver"), (b"host", b"testserver")]

    async def listen() -> list[bytes]:
        socket = Socket(application, f"/ws/games/{game.code}/", headers=headers)
        assert (await socket.connect())[0]
        frames = [(await socket.receive_from()).encode()]
        from channels.layers import get_channel_layer

        await get_channel_layer().group_send(
            f"game.{game.pk}", {"type": "headline", "headline": "guessed", "game": game.pk}
        )
        frames.append((await socket.receive_from()).encode())
        await socket.disconnect()
        return frames

    return async_to_sync(listen)()


def secrets_of(opened: Round) -> Secrets:
    photo = opened.exhibit.ordered_photos()[-1]
    return Secrets([opened.truth(), MACHINE_SAYS, Point(-12.9186453, 98.7654321)], [photo.original_name, photo.title,
                   photo.file.name.rsplit("/", 1)[-1]])  # fmt: skip


@pytest.fixture
def scene(transactional_db: None, toy_set: PhotoSet, ana: Person, ben: Person) -> tuple[Game, Round, Person]:
    game, opened = opened_game(toy_set, ana, ben)
    return game, opened, ana


def test_nothing_sent_before_the_reveal_holds_an_answer(scene: tuple[Game, Round, Person]) -> None:
    game, opened, ana = scene
    wire = everything_sent(game, opened, ana)
    assert len(wire.parts) > 30
    assert wire.leaks(secrets_of(opened)) == []


def test_the_reveal_itself_would_be_found(scene: tuple[Game, Round, Person]) -> None:
    """The search is not blind: the same bytes after the reveal hold the answer."""
    game, opened, ana = scene
    play.close_if_due(opened, timezone.now() + timedelta(seconds=61))
    assert everything_sent(game, opened, ana).leaks(secrets_of(opened))


def leaky_snapshot(leak: Callable[[Round], object]) -> Callable[..., snapshots.Json]:
    """Return a snapshot function that tells too much."""
    honest = snapshots.snapshot

    def leaking(game_pk: int, *rest: Any) -> snapshots.Json:
        opened = Round.objects.filter(game=game_pk, opened_at__isnull=False).latest("number")
        return {**honest(game_pk, *rest), "hint": leak(opened)}

    return leaking


PLANTS = {
    "decimal text": lambda opened: opened.lat,
    "rounded": lambda opened: f"{opened.lat:.1f}/{opened.lng:.1f}",
    "base64": lambda opened: base64.b64encode(struct.pack("<dd", *opened.truth())).decode(),
    "machine's guess": lambda opened: opened.guesses.get(player__kind="machine").lat,
    "file name": lambda opened: opened.exhibit.ordered_photos()[-1].file.name,
}


@pytest.mark.parametrize("kind", PLANTS)
@pytest.mark.parametrize(
    "where", ["geogame.views.answers.snapshot", "geogame.consumers.snapshot", "geogame.views.games.snapshot"]
)
def test_a_leak_planted_in_page_answer_or_frame_is_found(
    kind: str, where: str, scene: tuple[Game, Round, Person], monkeypatch: pytest.MonkeyPatch
) -> None:
    game, opened, ana = scene
    monkeypatch.setattr(where, leaky_snapshot(PLANTS[kind]))
    assert everything_sent(game, opened, ana).leaks(secrets_of(opened))


@pytest.mark.parametrize("kind", ["header", "float bytes", "EXIF"])
def test_a_leak_planted_in_the_photo_is_found(
    kind: str, scene: tuple[Game, Round, Person], monkeypatch: pytest.MonkeyPatch
) -> None:
    game, opened, ana = scene

    def leaking(request: HttpRequest, round_id: object, position: int, key: str) -> HttpResponse:
        if kind == "EXIF":
            return HttpResponse(picture_with_exif(), content_type="image/jpeg")
        response = HttpResponse(b"\xff\xd8\xff" + struct.pack("<f", opened.lat) if kind == "float bytes" else b"")
        if kind == "header":
            response["X-Place"] = f"{opened.lat:.3f}"
        return response

    from geogame import urls

    pattern = next(each for each in urls.urlpatterns if each.name == "round-photo")
    monkeypatch.setattr(pattern, "callback", leaking)
    assert everything_sent(game, opened, ana).leaks(secrets_of(opened))
