"""The address that others come in by, and what a page may load from where."""

from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from geogame import play, policy
from geogame.models import Game, Person, PhotoSet
from tests.conftest import CARD, NOON
from tests.game.conftest import browser_of

IN_THE_NETWORK = "192.168.7.20"


@pytest.fixture
def room(toy_set: PhotoSet, ana: Person) -> Game:
    return play.open_game(toy_set, [CARD], 3, None, NOON, ana, is_room=True)


@pytest.fixture(autouse=True)
def _network(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    monkeypatch.setattr("geogame.oneprocess.local_address", lambda: IN_THE_NETWORK)
    settings.ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]", "game.example"]


def lobby(room: Game, ana: Person, host: str) -> Any:
    return browser_of(ana).get(f"/games/{room.code}/", headers={"host": host}).context


def qr(room: Game, host: str) -> bytes:
    return Client().get(f"/games/{room.code}/qr.svg", headers={"host": host}).content


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "[::1]"])
def test_a_host_at_localhost_is_given_the_address_that_phones_can_use(
    name: str, room: Game, ana: Person, settings: Any
) -> None:
    settings.ALLOWED_HOSTS = [*settings.ALLOWED_HOSTS, IN_THE_NETWORK]  # as HOST=0.0.0.0 makes it
    shown = lobby(room, ana, f"{name}:8000")
    assert shown["join_url"] == f"http://{IN_THE_NETWORK}:8000/games/{room.code}/"
    assert shown["site_url"] == f"http://{IN_THE_NETWORK}:8000/"  # before the host's own link, and the one to share
    assert not shown["only_here"]
    assert qr(room, f"{name}:8000") == qr(room, f"{IN_THE_NETWORK}:8000")


def test_where_there_is_no_such_address_that_is_said(room: Game, ana: Person) -> None:
    shown = lobby(room, ana, "localhost:8000")
    assert shown["join_url"] == f"http://localhost:8000/games/{room.code}/"
    assert shown["only_here"]


def test_a_site_with_a_name_keeps_it(room: Game, ana: Person) -> None:
    shown = lobby(room, ana, "game.example")
    assert shown["join_url"] == f"http://game.example/games/{room.code}/"
    assert not shown["only_here"]


def test_an_address_that_is_not_this_sites_gets_a_policy_too(client: Client) -> None:
    answer = client.get("/", headers={"host": "evil.example"})
    assert answer.status_code == 400
    assert "connect-src 'self';" in answer["Content-Security-Policy"]


def test_pages_load_scripts_from_this_site_alone(room: Game, ana: Person, settings: Any) -> None:
    def told() -> str:
        return str(
            browser_of(ana).get(f"/games/{room.code}/", headers={"host": "localhost"})["Content-Security-Policy"]
        )

    assert "default-src 'self'; img-src 'self' data: blob:;" in told()
    assert "frame-ancestors 'none'" in told()
    assert "connect-src 'self' ws://localhost wss://localhost;" in told()
    assert "script" not in told()  # what default-src says: no inline scripts either
    settings.TILE_URL = "https://{s}.tiles.example/{z}/{x}/{y}.png"
    assert "img-src 'self' data: blob: https://*.tiles.example;" in told()


@pytest.mark.parametrize("address", ["", "login/", "geogame/photo/", "geogame/photoset/add/", "geogame/game/"])
def test_no_page_has_a_script_of_its_own(address: str, room: Game, client: Client) -> None:
    """What the policy forbids must not be there: scripts in the page, and scripts in attributes."""
    client.force_login(get_user_model().objects.create_superuser("boss"))
    pages = [client.get(f"/admin/{address}", headers={"host": "localhost"}, follow=True)]
    pages += [client.get(path, headers={"host": "localhost"}) for path in ("/", f"/games/{room.code}/screen/")]
    for page in pages:
        text = page.content.decode()
        assert page.status_code == 200
        for script in text.split("<script")[1:]:
            head, content = script.split(">", 1)
            assert "src=" in head or 'type="application/json"' in head or not content.split("</script>")[0].strip()
        assert " onclick=" not in text
        assert "javascript:" not in text


@pytest.mark.parametrize(
    ("url", "source"),
    [
        ("https://tiles.example:8080/{z}/{x}/{y}.png", " https://tiles.example:8080"),
        ("https://tile-{s}.example/{z}/{x}/{y}.png", " https:"),
        ("//tiles.example/{z}/{x}/{y}.png", " tiles.example"),
    ],
)
def test_tiles_come_from_where_the_operator_says(url: str, source: str) -> None:
    assert policy.tiles(url) == source
