"""Pages and posts, as browsers use and abuse them."""

import json
import re
import uuid
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.sessions.models import Session
from django.templatetags.static import static
from django.test import Client
from django.utils import timezone

from geogame import photos, play, rooms, seats, tasks
from geogame.models import Doubt, Draft, Exhibit, Game, Guess, Person, Photo, PhotoSet, Round
from geogame.rules import rounds
from geogame.rules.sphere import Point
from geogame.views import setup
from predictor import opponents
from tests.conftest import CARD, NOON
from tests.game.conftest import browser_of, photo_address

Says = Callable[..., None]


@pytest.fixture
def running(toy_set: PhotoSet, ana: Person) -> Round:
    """Ana's game with its first round open, by the real clock."""
    now = timezone.now()
    game = play.open_game(toy_set, [CARD], 2, 60, now)
    play.join(game, ana, "Ana", now)
    opened = play.start_round(game, now)
    assert opened is not None
    return opened


def post(browser: Client, running: Round, verb: str, body: object) -> Any:
    text = body if isinstance(body, str) else json.dumps(body)
    return browser.post(f"/rounds/{running.pk}/{verb}/", text, content_type="application/json")


def test_home_offers_the_published_sets_only(toy_set: PhotoSet, client: Client) -> None:
    PhotoSet.objects.create(name="Hidden treasure", slug="hidden")
    page = client.get("/").content.decode()
    assert "Toy" in page
    assert "Hidden treasure" not in page


def test_home_counts_what_a_game_may_show(toy_set: PhotoSet, client: Client) -> None:
    def counted() -> list[int]:
        return [each["exhibits"] for each in client.get("/").context["sets"]]

    doubted, rejected, last = toy_set.photos.all()
    assert counted() == [3]
    Doubt.objects.create(photo=doubted, kind="blank", severity=Doubt.GRAVE)
    Photo.objects.filter(pk=rejected.pk).update(review=Photo.Review.REJECTED)
    assert counted() == [1]
    photos.withdraw([last], NOON)
    assert counted() == []  # of a set with nothing to show there is nothing to choose


def test_home_without_any_set_says_what_to_do(client: Client, db: None) -> None:
    assert client.get("/").status_code == 200


def test_starting_a_game_leads_to_its_first_round(toy_set: PhotoSet, client: Client) -> None:
    form = {"photo_set": "toy", "rounds": 2, "time_limit": 60, "name": "  Ana\u202e  Maria "}
    page = client.post("/games/", form, follow=True)
    assert page.status_code == 200
    game = Game.objects.get()
    assert page.redirect_chain[-1][0] == f"/games/{game.code}/"
    assert game.rounds.filter(opened_at__isnull=False).count() == 1
    assert game.players.get(kind="human").name == "Ana Maria"
    assert page.context["snapshot"]["phase"] == "showing"


def test_a_game_that_cannot_start_leaves_nothing_behind(
    toy_set: PhotoSet, client: Client, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    form = {"photo_set": "toy", "rounds": 2, "time_limit": 60, "name": "Ana"}
    damaged = tmp_path / "weights.safetensors"
    damaged.write_bytes(b"half a file")
    monkeypatch.setattr("predictor.opponents.available", lambda: [opponents.Planet().card()])
    monkeypatch.setenv("PLANET_WEIGHTS", str(damaged))
    answer = client.post("/games/", form)
    assert answer.status_code == 400
    assert "its file cannot be read" in answer.content.decode()
    monkeypatch.delenv("PLANET_WEIGHTS")
    Exhibit.objects.update(retired_at=timezone.now())
    assert "no photos in this set" in str(client.post("/games/", form).context["form"].errors)
    assert not Game.objects.exists()
    assert not Person.objects.exists()


@pytest.mark.parametrize("verb", ["again", "new"])
def test_without_the_opponents_file_a_room_says_so(
    verb: str, toy_set: PhotoSet, ana: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    room, browser = play.open_game(toy_set, [CARD], 1, 60, timezone.now(), ana, is_room=True), browser_of(ana)
    play.finish(room, timezone.now())

    def unreadable() -> list[opponents.Card]:
        raise opponents.Unavailable("the file is not there")

    monkeypatch.setattr("predictor.opponents.available", unreadable)
    if verb == "again":
        answer = browser.post(f"/games/{room.code}/again/")
        assert answer.status_code == 409
    else:
        assert browser.get("/rooms/").status_code == 200
        answer = browser.post("/rooms/", {"photo_set": "toy", "rounds": 1, "time_limit": 60, "opponents": "planet"})
        assert answer.status_code == 400
    assert "its file cannot be read" in answer.content.decode()
    assert Game.objects.count() == 1


@pytest.mark.parametrize("name", ["\u3164", "\u2800", "\u115f\u1160", "\u200b"], ids=ascii)
def test_a_name_that_nobody_could_see_is_refused(name: str, toy_set: PhotoSet, ana: Person, client: Client) -> None:
    room = play.open_game(toy_set, [CARD], 1, 60, timezone.now(), ana, is_room=True)
    door = client.post(f"/games/{room.code}/join/", {"name": name})
    start = client.post("/games/", {"photo_set": "toy", "rounds": 1, "time_limit": 60, "name": name})
    for answer in (door, start):
        assert answer.status_code == 400
        assert "Nobody could see this name" in answer.content.decode()
    assert not room.players.filter(kind="human").exists()
    assert Game.objects.count() == 1


def test_a_browser_finds_the_icon_where_a_page_names_none(client: Client, db: None) -> None:
    assert client.get("/favicon.ico").headers["location"] == static("img/favicon.svg")


@pytest.mark.parametrize(
    "wrong", [{"photo_set": "mars"}, {"rounds": 0}, {"rounds": 999}, {"rounds": "x"}, {"time_limit": 7}]
)
def test_a_form_that_does_not_pass_comes_back_with_its_error(
    wrong: dict[str, object], toy_set: PhotoSet, client: Client
) -> None:
    answer = client.post("/games/", {"photo_set": "toy", "rounds": 2, "time_limit": 0, "name": "Ana", **wrong})
    assert answer.status_code == 400
    assert answer.context["form"].errors
    assert "Ana" in answer.content.decode()
    assert not Game.objects.exists()


def test_a_guess_is_kept_where_it_was_dropped(running: Round, ana: Person) -> None:
    answer = post(browser_of(ana), running, "guess", {"lat": 10.5, "lng": 370, "key": "k"})
    assert answer.status_code == 200
    assert answer.json()["own"]["guess"] == {"lat": 10.5, "lng": 10.0}
    assert Guess.objects.get().point() == Point(10.5, 10.0)


@pytest.mark.parametrize(
    "body",
    [
        '{"lat": NaN, "lng": 0}', '{"lat": 1, "lng": Infinity}', '{"lat": 1e999, "lng": 0}', "{", "[]", "null", "", "7",
        {"lat": "1", "lng": "2"}, {"lat": 91, "lng": 0}, {"lat": 1}, {"lat": None, "lng": None},
        {"lat": True, "lng": 1},
        {"lat": 1, "lng": 2, "key": ["a"]}, {"lat": 1, "lng": 2, "key": "x" * 65}, {"lat": 1, "lng": 1e9},
        "[" * 100_000,
    ],
    ids=lambda value: str(value)[:30],
)  # fmt: skip
def test_what_is_no_guess_gets_a_sentence_and_changes_nothing(body: object, running: Round, ana: Person) -> None:
    answer = post(browser_of(ana), running, "guess", body)
    assert answer.status_code == 400
    assert answer.json()["error"].endswith((".", "-90 and 90."))
    assert not Guess.objects.exists()


def test_a_guess_sent_twice_counts_once_and_another_is_refused(running: Round, ana: Person) -> None:
    browser = browser_of(ana)
    for _ in range(2):
        assert post(browser, running, "guess", {"lat": 1, "lng": 2, "key": "same"}).status_code == 200
    other = post(browser, running, "guess", {"lat": 3, "lng": 4, "key": "other"})
    assert (other.status_code, other.json()["error"]) == (409, "You have already guessed in this round.")
    assert Guess.objects.get().point() == Point(1, 2)


def test_a_guess_in_a_game_that_was_deleted_meanwhile_goes_nowhere(running: Round, ana: Person) -> None:
    browser, body = browser_of(ana), {"lat": 1, "lng": 2, "key": "k"}
    assert post(browser, running, "guess", body).status_code == 200
    running.game.delete()
    assert post(browser, running, "guess", body).status_code == 404


def test_a_game_that_is_deleted_while_somebody_leaves_is_not_found(
    running: Round, ana: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    def deleting(game: Game) -> Game:
        Game.objects.filter(pk=game.pk).delete()
        return lock(game)

    lock = play.lock_game
    monkeypatch.setattr(play, "lock_game", deleting)
    leave = f"/games/{running.game.code}/leave/"
    assert browser_of(ana).post(leave, {}, content_type="application/json").status_code == 404


def test_sessions_that_ran_out_do_not_stay(db: None) -> None:
    past, future = timezone.now() - timedelta(days=1), timezone.now() + timedelta(days=1)
    for key, until in (("a", past), ("b", future)):
        Session.objects.create(session_key=key, session_data="", expire_date=until)
    tasks.forget_sessions()
    assert Session.objects.get().session_key == "b"


def test_a_late_guess_is_refused(running: Round, ana: Person) -> None:
    Round.objects.filter(pk=running.pk).update(closes_at=timezone.now() - timedelta(seconds=1))
    answer = post(browser_of(ana), running, "guess", {"lat": 1, "lng": 2, "key": "k"})
    assert (answer.status_code, answer.json()["error"]) == (409, "Time is up: this round has closed.")
    assert not Guess.objects.exists()


def test_nobody_guesses_drafts_or_looks_in_anothers_round(running: Round, ben: Person) -> None:
    for browser in (browser_of(ben), Client()):
        for verb in ("guess", "draft", "bell"):
            assert post(browser, running, verb, {"lat": 1, "lng": 2}).status_code == 403
        for address in (
            photo_address(running),
            f"/games/{running.game.code}/snapshot/",
            f"/games/{running.game.code}/",
        ):
            assert browser.get(address).status_code == 403
    assert not Guess.objects.exists()
    assert not Draft.objects.exists()


def test_a_round_that_is_not_open_yet_does_not_exist_for_players(running: Round, ana: Person) -> None:
    later = running.game.rounds.get(number=2)
    browser = browser_of(ana)
    assert browser.get(photo_address(later)).status_code == 404
    assert post(browser, later, "guess", {"lat": 1, "lng": 2}).status_code == 404
    assert browser.get(photo_address(Round(pk=uuid.uuid4()))).status_code == 404


def test_a_forged_cookie_is_nobody(running: Round, ana: Person) -> None:
    browser = Client()
    for forged in (str(ana.key), f"{ana.key}:AAAA", "", "é"):
        browser.cookies[seats.COOKIE] = forged
        assert browser.get(f"/games/{running.game.code}/snapshot/").status_code == 403


def test_posts_without_the_sites_own_token_are_refused(running: Round, ana: Person) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = browser_of(ana).cookies
    assert post(strict, running, "guess", {"lat": 1, "lng": 2}).status_code == 403
    assert not Guess.objects.exists()


def test_a_photo_is_served_without_anything_to_recognise_it_by(running: Round, ana: Person) -> None:
    answer = browser_of(ana).get(photo_address(running))
    assert answer["Content-Type"] == "image/jpeg"
    assert not {"ETag", "Last-Modified"} & set(answer.headers)
    assert "Content-Disposition" not in answer
    assert answer["Cache-Control"] == "private, max-age=3600, immutable"
    assert browser_of(ana).get(photo_address(running, 2)).status_code == 404


def test_the_same_photo_has_another_address_in_another_game(toy_set: PhotoSet, ana: Person) -> None:
    addresses = set()
    for _ in range(2):
        game = play.open_game(toy_set, [], 3, None, timezone.now())
        addresses |= {str(each.pk) for each in game.rounds.all()}
    assert len(addresses) == 6


def test_a_refresh_comes_back_to_the_same_place_in_every_phase(running: Round, ana: Person, machine_says: Says) -> None:
    browser, code = browser_of(ana), running.game.code

    def shown() -> Any:
        page = browser.get(f"/games/{code}/")
        assert page.status_code == 200
        return page.context["snapshot"]

    assert shown()["phase"] == "showing"
    assert post(browser, running, "draft", {"lat": 5, "lng": 6}).status_code == 204
    assert shown()["own"]["draft"] == {"lat": 5, "lng": 6}
    machine_says(running, Point(1, 1), timezone.now())
    post(browser, running, "guess", {"lat": 7, "lng": 8, "key": "k"})
    assert shown()["phase"] == "reveal"
    assert browser.post(f"/games/{code}/next/").json()["round"]["number"] == 2
    assert shown()["round"]["number"] == 2
    assert browser.post(f"/games/{code}/next/").status_code == 409  # still open
    second = running.game.rounds.get(number=2)
    Round.objects.filter(pk=second.pk).update(closes_at=timezone.now() - rounds.IN_LINE)
    assert post(browser, second, "bell", {}).json()["phase"] == "reveal"
    assert browser.post(f"/games/{code}/next/").json()["phase"] == "over"
    assert shown()["phase"] == "over"
    assert Client().get(f"/games/{code}/").status_code == 200  # a finished game can be shared


def test_a_tile_server_is_used_only_where_one_is_set(running: Round, ana: Person, settings: Any) -> None:
    address = f"/games/{running.game.code}/"
    assert "data-tile-url" not in browser_of(ana).get(address).content.decode()
    settings.TILE_URL, settings.TILE_CREDIT = "https://tiles.example/{z}/{x}/{y}.png", "© Somebody & Sons"
    page = browser_of(ana).get(address).content.decode()
    assert 'data-tile-url="https://tiles.example/{z}/{x}/{y}.png"' in page
    assert 'data-tile-credit="© Somebody &amp; Sons"' in page


def test_two_presses_at_the_door_are_one_seat(toy_set: PhotoSet, ana: Person) -> None:
    room = play.open_game(toy_set, [CARD], 1, 60, timezone.now(), ana, is_room=True)
    door = f"/games/{room.code}/join/"
    key = re.search(r'name="newcomer" value="([^"]+)"', Client().get(door).content.decode())
    assert key
    for _ in range(2):  # before the first answer has brought its cookie
        assert Client().post(door, {"name": "Ben", "newcomer": key[1]}).status_code == 302
    assert [each.name for each in room.players.filter(kind="human")] == ["Ben"]
    Person.objects.filter(name="Ben").update(created_at=timezone.now() - timedelta(hours=1))
    for forged in (key[1], "x", ""):  # an old page may be somebody else's
        assert Client().post(door, {"name": "Cem", "newcomer": forged}).status_code == 302
    assert room.players.filter(kind="human").count() == 4


def test_whoever_watches_finds_the_door(toy_set: PhotoSet, ana: Person, client: Client) -> None:
    room = play.open_game(toy_set, [], 2, 60, timezone.now(), ana, is_room=True)
    for browser in (client, browser_of(ana)):  # a host without a seat as well
        page = browser.get(f"/games/{room.code}/join/")
        assert page.status_code == 200
        assert "Take a seat" in page.content.decode()
    assert browser.post(f"/games/{room.code}/join/", {"name": "Ana"}).status_code == 302
    assert room.players.get(kind="human").name == "Ana"


def test_who_was_taken_out_is_told_so_at_the_door(toy_set: PhotoSet, ana: Person, ben: Person) -> None:
    now = timezone.now()
    room = play.open_game(toy_set, [], 2, 60, now, ana, is_room=True)
    rooms.leave(play.join(room, ben, "Ben", now), now)
    door = browser_of(ben).get(f"/games/{room.code}/").content.decode()
    assert "Take a seat" in door
    rooms.remove(play.join(room, ben, "Ben", now), ana, now)
    door = browser_of(ben).get(f"/games/{room.code}/").content.decode()
    assert "The host has taken you out" in door
    assert "Take a seat" not in door


def test_a_code_in_small_letters_is_an_address_too(toy_set: PhotoSet, ana: Person, client: Client) -> None:
    room = play.open_game(toy_set, [], 2, 60, timezone.now(), ana, is_room=True)
    Game.objects.filter(pk=room.pk).update(code="ABCDE0123Z")
    for typed in ("abcde0123z", "Abcde-O123z"):
        answer = client.get(f"/games/{typed}/?watch")
        assert (answer.status_code, answer.headers["location"]) == (302, "/games/ABCDE0123Z/?watch")
    assert client.get("/games/abcde0123u/").status_code == 404  # no code has a U


def test_whoever_watches_a_room_may_ring_its_bell(toy_set: PhotoSet, ana: Person, ben: Person) -> None:
    now = timezone.now()
    room = play.open_game(toy_set, [], 2, 60, now, ana, is_room=True)
    play.join(room, ana, "Ana", now)
    opened = play.start_round(room, now)
    assert opened is not None
    for browser in (browser_of(ben), Client()):
        assert post(browser, opened, "bell", {}).json()["phase"] == "showing"
    screen = browser_of(ana).post(f"/rounds/{opened.pk}/bell/?screen=1").json()
    assert (screen["own"]["seat"], screen["own"]["hostKey"]) == (None, None)
    Round.objects.filter(pk=opened.pk).update(closes_at=now - rounds.IN_LINE)
    assert post(Client(), opened, "bell", {}).json()["phase"] == "reveal"


SINGLES = "This set has single photographs only, no trips of several."
ROOM = {"photo_set": "toy", "time_limit": 60, "opponents": "planet", "plays": "on", "name": "Ana"}


@pytest.mark.parametrize(
    ("address", "wish", "sentence"),
    [
        ("/games/", {"rounds": 50}, "This set has enough for 3 of 50 rounds. Choose fewer."),
        ("/rooms/", {"rounds": 50}, "This set has enough for 3 of 50 rounds. Choose fewer."),
        ("/rooms/", {"rounds": 50, "photos_each": "one"}, "This set has enough for 3 of 50 rounds. Choose fewer."),
        ("/rooms/", {"rounds": 2, "photos_each": "several"}, SINGLES),
    ],
)
def test_what_a_set_cannot_give_is_said_before(
    address: str, wish: dict[str, object], sentence: str, toy_set: PhotoSet, client: Client
) -> None:
    answer = client.post(address, {**ROOM, **wish})
    assert answer.status_code == 400
    assert answer.context["form"].errors["__all__"] == [sentence]
    assert not Game.objects.exists()


def test_the_bell_rung_early_closes_nothing(running: Round, ana: Person) -> None:
    assert post(browser_of(ana), running, "bell", {}).json()["phase"] == "showing"


@pytest.mark.parametrize("address", ["/", "/leaderboard/", "/comparison/methods/", "/jsi18n/", "/healthz"])
def test_pages_open(address: str, client: Client, toy_set: PhotoSet) -> None:
    assert client.get(address).status_code == 200


@pytest.mark.parametrize(
    "address",
    ["/nowhere/", "/games/NOSUCHGAME/", "/games/%00/", "/games/nosuchgam/", "/rounds/12/guess/", "/setup/forged/"],
)
def test_what_is_not_there_has_a_page_that_belongs_to_the_game(address: str, client: Client, db: None) -> None:
    answer = client.get(address)
    assert answer.status_code == 404
    assert b"<html" in answer.content


def test_no_route_takes_a_picture_from_a_player() -> None:
    from geogame import urls

    names = {pattern.name for pattern in urls.urlpatterns if hasattr(pattern, "name")}
    assert names == {
        "home", "leaderboard", "start", "game", "typed-game", "snapshot", "next", "guess", "draft", "bell", "why",
        "round-photo",
        "new-room", "join-by-code", "join", "screen", "qr", "lead", "again", "verb",
        "sign-in", "sign-up", "sign-out", "password", "play-as-account", "you", "my-data", "delete-me", "deleted",
        "admin-sign-in", "admin-sign-out", "icon",
        "experiments", "experiment", "take-part", "protocol",
        "export", "export-rounds", "comparison", "methods", "chart",
            "cover", "setup", "healthz", "readyz", "metrics", "javascript-catalog", None,
    } - {None}  # fmt: skip


def test_readiness_says_what_is_missing_and_nothing_secret(client: Client, db: None, settings: Any) -> None:
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json() == {"status": "not ready", "database": "ok", "broker": "ok", "worker": "no answer"}


def test_the_first_admin_is_made_once(client: Client, db: None) -> None:
    link = setup.link()
    assert client.get(link).status_code == 200
    weak = client.post(link, {"username": "eve", "password1": "123", "password2": "123"})
    assert weak.status_code == 400
    done = client.post(link, {"username": "eve", "password1": "a long secret 9", "password2": "a long secret 9"})
    assert done["Location"] == "/admin/"
    assert get_user_model().objects.get().is_superuser
    assert Client().get(link).status_code == 404


def staff(client: Client) -> Client:
    client.force_login(get_user_model().objects.create_superuser("boss"))
    return client


@pytest.mark.parametrize("model", ["photoset", "photo", "game", "round", "person"])
def test_the_admin_lists_and_shows_everything(model: str, client: Client, running: Round) -> None:
    browser = staff(client)
    listed = browser.get(f"/admin/geogame/{model}/")
    assert listed.status_code == 200
    kind = {"photoset": PhotoSet, "photo": None, "game": Game, "round": Round, "person": Person}[model]
    first = (kind.objects.first() if kind else PhotoSet.objects.get().photos.first()).pk  # type: ignore[union-attr]
    assert browser.get(f"/admin/geogame/{model}/{first}/change/").status_code == 200


@pytest.mark.parametrize("model", ["game", "round"])
def test_the_record_cannot_be_deleted(model: str, client: Client, running: Round) -> None:
    pk = running.pk if model == "round" else running.game.pk
    assert staff(client).post(f"/admin/geogame/{model}/{pk}/delete/", {"post": "yes"}).status_code == 403
    assert Round.objects.filter(pk=running.pk).exists()


def test_staff_withdraw_photos_and_restore_them(client: Client, toy_set: PhotoSet) -> None:
    photo = toy_set.photos.earliest("pk")
    browser = staff(client)
    for action, in_play in (("withdraw", 2), ("restore", 3)):
        form = {"action": action, "_selected_action": [photo.pk]}
        page = browser.post("/admin/geogame/photo/", form, follow=True)
        assert "1 exhibit changed." in page.content.decode()
        assert toy_set.exhibits.filter(retired_at=None).count() == in_play
        for wanted, count in (("yes", in_play), ("no", 3 - in_play)):
            listed = browser.get(f"/admin/geogame/photo/?in_play={wanted}").context["cl"]
            assert listed.result_count == count


def test_words_of_a_photo_are_mended_in_the_admin_and_its_place_in_the_review(
    client: Client, toy_set: PhotoSet
) -> None:
    photo = toy_set.photos.first()
    assert photo is not None
    form = {"title": "New", "lat": "1.5", "lng": "2.5", "credit": "", "licence": "", "source_url": ""}
    browser, address = staff(client), f"/admin/geogame/photo/{photo.pk}/change/"
    assert f"/review/?photo={photo.pk}" in browser.get(address).content.decode()
    assert browser.post(address, form).status_code == 302
    exhibit, before = photo.exhibits.get(), photo.lat
    photo.refresh_from_db()
    assert (photo.title, photo.lat, exhibit.lat) == ("New", before, before)


def test_a_small_set_plays_all_it_has_where_nobody_asked_for_more(toy_set: PhotoSet, client: Client) -> None:
    assert client.post("/games/", {**ROOM, "rounds": 5}).status_code == 302
    assert Game.objects.get().rounds.count() == 3
