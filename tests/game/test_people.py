"""Accounts, what a person may ask for, and seats that count no more."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.db import connection, transaction
from django.db.models import QuerySet
from django.test import Client
from django.test.utils import CaptureQueriesContext

from geogame import comparisons, people, photos, play, records, rooms, seats, voiding
from geogame.models import Comparison, Draft, Experiment, Game, Guess, Person, PhotoSet, Player, Round, Slot
from geogame.rules.refusals import BadInput, NotNow, NotYours, Refused
from geogame.rules.sphere import Point
from geogame.selections import Selection
from geogame.snapshots import snapshot
from tests.conftest import CARD, NOON, answer
from tests.game.conftest import browser_of
from tests.leaks import Secrets, find

LATER = NOON + timedelta(seconds=20)
PASSWORD = "seven red balloons"


@pytest.fixture
def room(toy_set: PhotoSet, ana: Person, ben: Person) -> Game:
    """Ana's room with her, Ben and the machine, and the first of its three rounds showing."""
    made = play.open_game(toy_set, [CARD], 3, None, NOON, ana, is_room=True)
    for person in (ana, ben):
        play.join(made, person, person.name, NOON)
    rooms.go_on(made, ana, NOON)
    return made


@pytest.fixture
def ben_alone(toy_set: PhotoSet, ben: Person) -> Game:
    """A game of Ben's own, its only round played."""
    made = play.open_game(toy_set, [CARD], 1, None, NOON, ben)
    play.join(made, ben, "Ben", NOON)
    play_round(made, Point(1, 2))
    return made


def seat(game: Game, person: Person) -> Player:
    return game.players.get(person=person)


def play_round(game: Game, *pins: Point) -> Round:
    """Play a round to its end: each person's pin in the order of their seats, the machine far off."""
    this_round = game.rounds.filter(opened_at__isnull=False, closed_at=None).first() or play.start_round(game, NOON)
    assert this_round is not None
    photos.record_prediction(this_round.exhibit, CARD.name, CARD.weights, answer(Point(-this_round.lat, 0)))
    people_here = game.players.filter(kind="human", removed_at=None)
    for player, pin in zip(people_here, pins, strict=True):
        play.guess(player, this_round, pin, "k", NOON)
    play.answer_for_machines(this_round, NOON)
    this_round.refresh_from_db()
    assert this_round.closed_at is not None
    return this_round


def sign_up(browser: Client, name: str = "anna1990", **more: str) -> Any:
    return browser.post("/account/new/", {"username": name, "password1": PASSWORD, "password2": PASSWORD, **more})


def sign_in(browser: Client, name: str = "anna1990", password: str = PASSWORD, **more: str) -> Any:
    return browser.post("/account/", {"username": name, "password": password, **more})


def person_in(browser: Client) -> Person | None:
    cookie = browser.cookies.get(seats.COOKIE)
    return seats.person_from(cookie.value if cookie else None)


# Accounts


def test_signing_up_keeps_the_games_of_this_browser(game: Game, ana: Person) -> None:
    browser = browser_of(ana)
    old = browser.cookies[seats.COOKIE].value
    assert sign_up(browser).headers["location"] == "/you/"
    assert person_in(browser) == ana
    ana.refresh_from_db()
    assert (ana.user and ana.user.username, ana.name) == ("anna1990", "Ana")
    assert seats.person_from(old) is None  # whoever else had the guest's cookie is not the account
    assert browser.get(f"/games/{game.code}/snapshot/").json()["own"]["seat"] == seat(game, ana).pk


def test_who_has_not_played_yet_can_have_an_account_too(client: Client, db: None) -> None:
    sign_up(client)
    person = person_in(client)
    assert person is not None
    assert person.name == "anna1990"


def test_on_another_device_the_account_is_the_same_person(ana: Person, ben: Person, ben_alone: Game) -> None:
    sign_up(browser_of(ana))
    device = browser_of(ben)
    page = device.get("/account/")
    assert "A guest has played one game in this browser, as Ben" in page.content.decode()
    assert sign_in(device).status_code == 302
    assert person_in(device) == ana
    assert list(ben.seats.values_list("game", flat=True)) == [ben_alone.pk]  # stays the guest's


def test_signing_out_makes_the_browser_a_new_guest(ana: Person) -> None:
    browser = browser_of(ana)
    sign_up(browser)
    assert browser.get("/account/out/").status_code == 405  # a link signs nobody out
    assert browser.post("/account/out/").headers["location"] == "/"
    assert person_in(browser) is None
    assert "has not played yet" in browser.get("/you/").content.decode()


def test_the_session_is_another_after_signing_in(ana: Person) -> None:
    sign_up(browser_of(ana))
    victim = Client()
    victim.get("/account/")
    victim.session["planted"] = True
    victim.session.save()
    before = victim.cookies["sessionid"].value if "sessionid" in victim.cookies else ""
    sign_in(victim)
    assert victim.cookies["sessionid"].value != before


def test_a_password_that_is_changed_ends_all_other_browsers(ana: Person) -> None:
    here, there = browser_of(ana), Client()
    sign_up(here)
    sign_in(there)
    new = "eight blue balloons"
    form = {"old_password": PASSWORD, "new_password1": new, "new_password2": new}
    assert here.post("/account/password/", form).headers["location"] == "/you/"
    assert person_in(here) == ana
    assert person_in(there) is None
    assert "anna1990" not in there.get("/you/").content.decode()
    assert sign_in(there, password=new).status_code == 302


@pytest.mark.parametrize("password", ["12345678", "anna1990", "short"])
def test_a_poor_password_is_refused_in_words(client: Client, db: None, password: str) -> None:
    page = client.post("/account/new/", {"username": "anna1990", "password1": password, "password2": password})
    assert page.status_code == 400
    assert b'role="alert"' in page.content
    assert not User.objects.exists()


@pytest.mark.parametrize(
    "away",
    ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)", "http:///evil.example"],
)
def test_signing_in_leads_to_no_other_site(client: Client, db: None, away: str) -> None:
    assert sign_up(client, next=away).headers["location"] == "/you/"
    client.post("/account/out/")
    assert sign_in(client, next=away).headers["location"] == "/you/"
    assert client.get("/account/", {"next": away}).headers["location"] == "/you/"  # who is signed in already


def test_signing_in_leads_back_to_the_door_of_the_room(room: Game, client: Client) -> None:
    door = client.get(f"/games/{room.code}/").content.decode()
    assert f"/account/?next=/games/{room.code}/" in door
    sign_up(client, next=f"/games/{room.code}/")
    assert "Playing as <strong>anna1990</strong>" in client.get(f"/games/{room.code}/").content.decode()
    assert "Playing as <strong>anna1990</strong>" in client.get("/").content.decode()


def test_other_sites_cannot_send_the_forms(ana: Person) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = browser_of(ana).cookies
    for address in ("/account/", "/account/new/", "/account/out/", "/account/play/", "/you/delete/"):
        assert strict.post(address, {"name": "Ana"}).status_code == 403
    assert Person.objects.filter(pk=ana.pk).exists()


def test_passwords_cannot_be_tried_out(ana: Person) -> None:
    sign_up(browser_of(ana))
    thief = Client()
    assert [sign_in(thief, password=f"guess {n}").status_code for n in range(10)] == [400] * 10
    page = sign_in(thief)
    assert page.status_code == 429  # the right one too, by then
    assert b"a little fast" in page.content
    assert person_in(thief) is None
    assert sign_in(Client(), name="somebody else").status_code == 400  # others are not held up


def test_passwords_cannot_be_tried_out_at_the_admins_door_either(client: Client, db: None) -> None:
    User.objects.create_superuser("boss", password=PASSWORD)
    spellings = ["boss", "BOSS", " boss ", "ｂｏｓｓ", " " * 200 + "boss"]
    for n in range(10):
        tried = {"username": spellings[n % 5], "password": f"guess {n}"}
        assert client.post("/admin/login/" if n % 2 else "/account/", tried).status_code in (200, 400)
    page = client.post("/admin/login/", {"username": "boss", "password": PASSWORD})
    assert page.status_code == 429
    assert b"a little fast" in page.content
    assert client.get("/admin/").status_code == 302
    assert client.get("/admin/login/").status_code == 200
    User.objects.create_superuser("chief", password=PASSWORD)
    assert client.post("/admin/login/", {"username": "chief", "password": PASSWORD}).status_code == 302
    assert client.get("/admin/").status_code == 200


def test_an_account_has_a_name_that_can_be_seen(client: Client, db: None) -> None:
    page = sign_up(client, "\u1160")
    assert page.status_code == 400
    assert b"Nobody could see this name" in page.content
    assert not User.objects.exists()


def test_staff_play_too(toy_set: PhotoSet, client: Client) -> None:
    staff = User.objects.create_superuser("teacher", password=PASSWORD)
    client.force_login(staff)
    client.post("/games/", {"photo_set": "toy", "rounds": 1, "time_limit": 60, "name": ""})
    assert Person.objects.get().user == staff
    assert person_in(client) == staff.person


def test_staff_who_came_by_the_admins_door_as_a_guest_can_change_over(ana: Person) -> None:
    staff = User.objects.create_superuser("teacher", password=PASSWORD)
    browser = browser_of(ana)
    browser.force_login(staff)
    assert person_in(browser) == ana
    assert "Play as teacher from now on" in browser.get("/you/").content.decode()
    browser.post("/account/play/")
    assert person_in(browser) == staff.person
    browser.post("/admin/logout/")
    assert person_in(browser) is None  # whoever comes next at this computer is not the teacher


# What is stored


def test_the_page_says_what_is_stored(ben_alone: Game, ben: Person) -> None:
    page = browser_of(ben).get("/you/").content.decode()
    assert "What is stored about you" in page
    assert ben_alone.code in page
    assert people.figures(ben).rounds == 1


def test_own_figures_are_those_of_the_leaderboard(ben_alone: Game, ben: Person) -> None:
    (line,), _machines = records.leaderboard()
    mine = people.figures(ben)
    assert (mine.rounds, mine.median_km) == (line.rounds, line.median_km)
    assert mine.won + mine.lost + mine.tied == 1


def test_the_file_has_everything_of_its_person_and_nothing_of_others(room: Game, ana: Person, ben: Person) -> None:
    this_round = room.rounds.get(number=1)
    play.draft(seat(room, ana), this_round, Point(11.25, 12.5), NOON)
    play.guess(seat(room, ben), this_round, Point(21.75, 22.125), "bens-key", NOON, looked_away=3)
    answered = browser_of(ana).get("/you/data/")
    assert "attachment" in answered.headers["content-disposition"]
    text, told = answered.content.decode(), answered.json()
    assert told["person"]["name"] == "Ana"
    assert told["games"][0]["pins"][0] | {"updated_at": None} == {
        "round": 1, "lat": 11.25, "lng": 12.5, "updated_at": None
    }  # fmt: skip
    assert not [word for word in ("Ben", "21.75", "22.125", "bens-key", str(ben.key)) if word in text]
    bens = json.loads(browser_of(ben).get("/you/data/").content)
    assert bens["games"][0]["guesses"][0]["looked_away"] == 3
    assert (told["leads"], bens["leads"]) == ([room.code], [])


def test_the_file_does_not_give_a_place_away(room: Game, ana: Person) -> None:
    this_round = room.rounds.get(number=1)
    made = play.guess(seat(room, ana), this_round, Point(1, 2), "k", NOON)
    text = browser_of(ana).get("/you/data/").content
    assert find(text, Secrets([this_round.truth()])) == []
    assert b"error_km" not in text
    assert str(made.error_km).encode() not in text
    play.end_round(this_round, LATER)
    play.close_if_due(this_round, LATER + timedelta(seconds=15))  # the machine has been waited for
    assert str(made.error_km).encode() in browser_of(ana).get("/you/data/").content


def test_the_distance_of_a_skipped_round_is_never_told(room: Game, ana: Person) -> None:
    this_round = room.rounds.get(number=1)
    play.guess(seat(room, ana), this_round, Point(1, 2), "k", NOON)
    rooms.skip_round(this_round, ana, LATER)
    assert b"error_km" not in browser_of(ana).get("/you/data/").content


def test_every_column_that_refers_to_a_person_is_in_the_file() -> None:
    """A new table or column that refers to a person must be shown, and deleted, or said here why not."""
    known = {"seats", "hosted"}
    assert {each.get_accessor_name() for each in Person._meta.related_objects} == known
    assert {each.get_accessor_name() for each in Player._meta.related_objects} == {"guesses", "drafts", "commitments"}
    columns = {each.name for each in Person._meta.concrete_fields}
    assert columns == {"id", "key", "name", "user", "group", "created_at"}


def test_nobody_sees_an_account_by_its_cookie_alone(ana: Person, game: Game) -> None:
    browser = browser_of(ana)
    sign_up(browser)
    browser.cookies.pop("sessionid")
    page = browser.get("/you/").content.decode()
    assert "Ana" not in page
    assert game.code not in page
    assert browser.get("/you/data/").headers["location"] == "/account/?next=%2Fyou%2F"
    assert browser.post("/you/delete/", {"name": "Ana"}).status_code == 302
    assert Person.objects.filter(pk=ana.pk).exists()


def test_who_has_not_played_has_nothing_stored(client: Client, db: None) -> None:
    assert "nothing is stored about you" in client.get("/you/").content.decode()
    assert client.get("/you/data/").headers["location"] == "/you/"
    assert not Person.objects.exists()
    assert seats.COOKIE not in client.cookies


# Deletion


def test_own_games_are_deleted_whole_and_their_photos_stay(ben_alone: Game, ben: Person, toy_set: PhotoSet) -> None:
    many = toy_set.photos.count()
    people.forget(ben, LATER)
    assert not Game.objects.exists()
    assert not Guess.objects.exists()
    assert not Person.objects.exists()
    assert toy_set.photos.count() == many


def test_deleting_twice_does_no_harm(ben_alone: Game, room: Game, ben: Person) -> None:
    browser = browser_of(ben)
    assert browser.post("/you/delete/", {"name": "ben"}).headers["location"] == "/you/deleted/"
    assert browser.post("/you/delete/", {"name": "ben"}).headers["location"] == "/you/"
    before = list(Player.objects.order_by("pk").values())
    people.forget(ben, LATER)
    assert list(Player.objects.order_by("pk").values()) == before


def test_deleting_asks_for_the_name(ben: Person, ben_alone: Game) -> None:
    browser = browser_of(ben)
    assert "Type your name to confirm: Ben" in browser.get("/you/delete/").content.decode()
    assert browser.post("/you/delete/", {"name": "Ana"}).status_code == 400
    assert browser.post("/you/delete/", {}).status_code == 400
    assert Person.objects.filter(pk=ben.pk).exists()


def test_in_a_room_an_empty_chair_stays_and_the_others_keep_what_they_guessed(
    room: Game, ana: Person, ben: Person
) -> None:
    this_round = play_round(room, Point(1, 2), Point(48, 11))
    kept = list(this_round.guesses.exclude(player__person=ben).order_by("pk").values())
    chair = seat(room, ben)
    people.forget(ben, LATER)
    chair.refresh_from_db()
    assert (chair.name, chair.void_reason, chair.voided_at) == ("withdrawn", "withdrawn", LATER)
    assert chair.person is not None
    assert (chair.person.name, chair.person.user, chair.guesses.count()) == ("", None, 0)
    assert list(this_round.guesses.order_by("pk").values()) == kept
    assert not Person.objects.filter(pk=ben.pk).exists()


def test_nobody_waits_for_who_deletes_their_data_while_a_round_is_showing(room: Game, ana: Person, ben: Person) -> None:
    this_round = room.rounds.get(number=1)
    play.guess(seat(room, ana), this_round, Point(1, 2), "k", NOON)
    play.draft(seat(room, ben), this_round, Point(3, 4), NOON)
    photos.record_prediction(this_round.exhibit, CARD.name, CARD.weights, answer(Point(5, 6)))
    play.answer_for_machines(this_round, NOON)
    people.forget(ben, LATER)
    this_round.refresh_from_db()
    assert this_round.closed_at == LATER
    assert this_round.guesses.count() == 2  # Ana's and the machine's; no missing answer for an empty chair
    assert not Draft.objects.exists()
    play_round(room, Point(1, 2))
    assert room.players.filter(removed_at=None, kind="human").count() == 1


def test_a_round_goes_on_for_who_is_still_thinking(room: Game, ana: Person, ben: Person) -> None:
    this_round = room.rounds.get(number=1)
    play.guess(seat(room, ben), this_round, Point(3, 4), "k", NOON)
    people.forget(ben, LATER)
    this_round.refresh_from_db()
    assert this_round.closed_at is None
    play.end_round(this_round, LATER)
    play.close_if_due(this_round, LATER + timedelta(seconds=15))  # the machine has been waited for
    assert set(this_round.guesses.values_list("player__name", flat=True)) == {"Ana", CARD.label}


def test_every_page_of_a_game_shows_without_the_guess_that_is_gone(room: Game, ana: Person, ben: Person) -> None:
    play_round(room, Point(1, 2), Point(48, 11))
    play.start_round(room, NOON)
    chair = seat(room, ben).pk
    people.forget(ben, LATER)
    browser = browser_of(ana)
    while room.rounds.filter(closed_at=None).exists():
        if room.rounds.filter(opened_at__isnull=False, closed_at=None).exists():
            assert snapshot(room.pk, seat(room, ana).pk, NOON)["phase"] == "showing"
            play_round(room, Point(1, 2))
        assert snapshot(room.pk, seat(room, ana).pk, NOON)["phase"] == "reveal"
        assert browser.get(f"/games/{room.code}/").status_code == 200
        play.start_round(room, NOON)
    play.finish(room, LATER)
    told = snapshot(room.pk, seat(room, ana).pk, NOON)
    assert told["phase"] == "over"
    assert "Ben" not in json.dumps(told)
    assert browser.get(f"/games/{room.code}/").status_code == 200
    assert all(each["player"] != chair for row in told["results"]["rounds"] for each in row["guesses"])


def test_a_room_passes_to_somebody_else_with_or_without_a_seat_of_the_host(
    room: Game, ana: Person, ben: Person, toy_set: PhotoSet
) -> None:
    watched = play.open_game(toy_set, [CARD], 1, None, NOON, ana, is_room=True)
    play.join(watched, ben, "Ben", NOON)
    people.forget(ana, LATER)
    for game in (room, watched):
        game.refresh_from_db()
        assert game.host == ben


def test_a_room_that_all_have_left_for_good_is_deleted_with_its_empty_chairs(
    room: Game, ana: Person, ben: Person
) -> None:
    people.forget(ana, LATER)
    assert Game.objects.exists()
    people.forget(ben, LATER)
    assert not Game.objects.exists()
    assert not Person.objects.exists()


def test_an_old_cookie_plays_no_more(room: Game, ben: Person) -> None:
    this_round = room.rounds.get(number=1)
    browser = browser_of(ben)
    body = {"lat": 1, "lng": 2, "key": "k"}
    address = f"/rounds/{this_round.pk}/guess/"
    assert browser.post(address, body, content_type="application/json").status_code == 200
    remembered = seats.seat_in(browser.cookies[seats.COOKIE].value, room.pk)
    people.forget(ben, LATER)
    assert browser.post(address, body, content_type="application/json").status_code == 403
    with pytest.raises(Refused):
        play.guess(Player.objects.get(pk=remembered), this_round, Point(1, 2), "k2", LATER)


def test_an_account_goes_with_its_sessions_and_its_name_in_the_admins_history(ana: Person, room: Game) -> None:
    here, there = browser_of(ana), Client()
    sign_up(here)
    sign_in(there)
    ana.refresh_from_db()
    staff = User.objects.create_superuser("teacher", password=PASSWORD)
    LogEntry.objects.log_actions(staff.pk, Person.objects.filter(pk=ana.pk), 2, single_object=True)
    assert here.post("/you/delete/", {"name": "Ana"}).headers["location"] == "/you/deleted/"
    assert list(User.objects.all()) == [staff]
    assert person_in(here) is person_in(there) is None
    assert there.get("/account/").status_code == 200  # who is signed in is led away from there
    assert LogEntry.objects.get().object_repr == "withdrawn"
    assert sign_in(there).status_code == 400


def test_a_deletion_reads_nobodys_sessions(ana: Person) -> None:
    sign_up(browser_of(ana))
    ana.refresh_from_db()
    with CaptureQueriesContext(connection) as asked:
        people.forget(ana, LATER)
    assert not User.objects.exists()
    assert not [each for each in asked if "django_session" in each["sql"]]


def test_a_guest_who_is_deleted_signs_nobody_else_out(ben: Person, ben_alone: Game) -> None:
    browser = browser_of(ben)
    browser.force_login(User.objects.create_user("anna1990"))
    assert browser.post("/you/delete/", {"name": "Ben"}).headers["location"] == "/you/deleted/"
    assert not Person.objects.filter(pk=ben.pk).exists()
    assert browser.get("/account/").headers["location"] == "/you/"


def test_whoever_has_an_old_name_that_cannot_be_seen_can_be_deleted(db: None) -> None:
    person = Person.objects.create(name="\u3164")
    assert browser_of(person).post("/you/delete/", {"name": "\u3164"}).status_code == 302
    assert not Person.objects.exists()


def test_staff_keep_their_account_and_lose_what_they_played(toy_set: PhotoSet, client: Client) -> None:
    staff = User.objects.create_superuser("teacher", password=PASSWORD)
    client.force_login(staff)
    client.post("/games/", {"photo_set": "toy", "rounds": 1, "time_limit": 60, "name": ""})
    assert "looks after this site and stays" in client.get("/you/delete/").content.decode()
    client.post("/you/delete/", {"name": "teacher"})
    assert not Person.objects.exists()
    assert client.get("/admin/").status_code == 200


def test_a_game_alone_that_is_being_played_can_be_deleted(game: Game, first_round: Round, ana: Person) -> None:
    browser = browser_of(ana)
    assert browser.post("/you/delete/", {"name": "Ana"}).status_code == 302
    body = {"lat": 1, "lng": 2, "key": "k"}
    assert browser.post(f"/rounds/{first_round.pk}/guess/", body, content_type="application/json").status_code == 404
    assert browser.get(f"/games/{game.code}/").status_code == 404


@pytest.mark.django_db(transaction=True)
def test_who_sits_down_while_being_deleted_is_deleted_all_the_same(
    room: Game, ben: Person, toy_set: PhotoSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    withdraw, late = people._withdraw, []

    def slowly(game: Game, *rest: Any) -> None:
        withdraw(game, *rest)
        if not late:
            late.append(play.open_game(toy_set, [CARD], 1, None, NOON, ben, is_room=True))
            with transaction.atomic():
                play.join(late[0], ben, "Ben", NOON)

    monkeypatch.setattr(people, "_withdraw", slowly)
    people.forget(ben, LATER)
    assert not Person.objects.filter(pk=ben.pk).exists()


@pytest.fixture
def deleted_before_the_lock(monkeypatch: pytest.MonkeyPatch) -> Callable[[Person], None]:
    """Let somebody be deleted when the next verb has read all it was given and is about to lock its game."""
    lock = play.lock_game

    def arrange(person: Person) -> None:
        def late(game: Game) -> Game:
            monkeypatch.setattr(play, "lock_game", lock)
            people.forget(person, LATER)
            return lock(game)

        monkeypatch.setattr(play, "lock_game", late)

    return arrange


Late = Callable[[Person], None]


@pytest.mark.django_db(transaction=True)
def test_a_room_is_not_handed_to_who_is_just_being_deleted(
    room: Game, ana: Person, ben: Person, deleted_before_the_lock: Late
) -> None:
    chair = Player.objects.select_related("person").get(pk=seat(room, ben).pk)
    deleted_before_the_lock(ben)
    with pytest.raises(NotNow, match="sits in this room"):
        rooms.hand_over(room, ana, chair, LATER)
    room.refresh_from_db()
    assert room.host == ana


@pytest.mark.django_db(transaction=True)
def test_nor_does_who_is_just_being_deleted_take_it_over(
    room: Game, ana: Person, ben: Person, deleted_before_the_lock: Late
) -> None:
    chair = Player.objects.select_related("person").get(pk=seat(room, ben).pk)
    deleted_before_the_lock(ben)
    with pytest.raises(NotYours, match="no longer in this room"):
        rooms.take_over(chair, LATER + timedelta(hours=1))
    room.refresh_from_db()
    assert room.host == ana


@pytest.mark.django_db(transaction=True)
def test_nor_does_the_hosts_key_lead_who_is_just_being_deleted(room: Game, deleted_before_the_lock: Late) -> None:
    cem = Person.objects.create(name="Cem")
    deleted_before_the_lock(cem)
    with pytest.raises(NotYours, match="has been deleted"):
        rooms.claim(room, cem, room.host_key, LATER)


@pytest.mark.django_db(transaction=True)
def test_a_host_who_is_just_being_deleted_opens_no_other_game(
    room: Game, ana: Person, deleted_before_the_lock: Late
) -> None:
    play.finish(room, LATER)
    deleted_before_the_lock(ana)
    with pytest.raises(NotYours):
        rooms.again(room, ana, [CARD], LATER)
    assert list(Game.objects.all()) == [room]


@pytest.mark.django_db(transaction=True)
def test_nor_does_anybody_sit_down_who_is_just_being_deleted(room: Game, deleted_before_the_lock: Late) -> None:
    cem = Person.objects.create(name="Cem")
    deleted_before_the_lock(cem)
    answered = browser_of(cem).post(f"/games/{room.code}/join/", {"name": "Cem"})
    assert answered.status_code == 302  # a new person by then: the browser is known to nobody
    assert person_in(browser_of(cem)) is None
    dan = Person.objects.create(name="Dan")
    deleted_before_the_lock(dan)
    with pytest.raises(NotYours, match="has been deleted"):
        play.join(room, dan, "Dan", LATER)


@pytest.mark.parametrize(("address", "more"), [("/rooms/", {"opponents": "planet"}), ("/games/", {})])
def test_nor_does_a_game_open_for_who_is_just_being_deleted(
    address: str, more: dict[str, str], toy_set: PhotoSet, ben: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    called = seats.person_called

    def and_gone(*words: Any) -> Person:
        person = called(*words)
        people.forget(Person.objects.get(pk=person.pk), LATER)
        return person

    monkeypatch.setattr(seats, "person_called", and_gone)
    form = {"photo_set": "toy", "rounds": 1, "time_limit": 60, "name": "Ben", **more}
    page = browser_of(ben).post(address, form)
    assert page.status_code == 400
    assert "has been deleted" in page.content.decode()
    assert not Game.objects.exists()


def test_a_comparison_of_a_game_that_is_gone_goes_with_it(ben_alone: Game, ben: Person) -> None:
    comparisons.ask(Selection(game=ben_alone.code), NOON)
    people.forget(ben, LATER)
    assert not Comparison.objects.exists()


# Experiments


@pytest.fixture
def trial(toy_set: PhotoSet, ben: Person) -> Game:
    """Ben's game in an experiment of one place, its first round showing."""
    shown = list(toy_set.exhibits.values_list("pk", flat=True))
    told = {"photo_set": {"domain": "toy-earth"}, "out_of_domain": False}
    made = Experiment.objects.create(
        slug="trial", name="Trial", photo_set=toy_set, opponent=CARD.name, weights=CARD.weights, people=1,
        exhibits_each=len(shown), protocol=told, seal="5" * 64, sealed_at=NOON,
    )  # fmt: skip
    game = play.open_game(toy_set, [CARD], len(shown), None, NOON)
    Game.objects.filter(pk=game.pk).update(experiment=made)
    Slot.objects.create(experiment=made, number=1, exhibits=shown, game=game, taken_at=NOON)
    game.refresh_from_db()
    play.join(game, ben, "Ben", NOON)
    play_round(game, Point(1, 2))
    play.start_round(game, NOON)
    return game


def slots() -> QuerySet[Slot, Any]:
    return Slot.objects.order_by("attempt").values_list("attempt", "excluded")


def test_who_withdraws_from_an_experiment_is_excluded_and_leaves_an_empty_chair(trial: Game, ben: Person) -> None:
    chair = seat(trial, ben)
    people.forget(ben, LATER)
    chair.refresh_from_db()
    assert (chair.name, chair.guesses.count()) == ("withdrawn", 0)
    assert list(slots()) == [(1, "withdrawn"), (2, "")]


def test_the_experiment_of_a_voided_seat_is_played_again_and_restoring_gives_no_place_back(
    trial: Game, ben: Person
) -> None:
    voiding.void(ben.seats.all(), "played with an atlas", LATER)
    assert list(slots()) == [(1, "voided"), (2, "")]
    assert voiding.restore(ben.seats.all()) == 0
    assert seat(trial, ben).voided_at == LATER


# Voiding


def duels() -> int:
    told = comparisons.build(Selection())
    return int(told["figures"]["counts"]["duels"])


def test_a_voided_seat_counts_nowhere_and_counts_again_once_restored(ben_alone: Game, ben: Person) -> None:
    def told() -> tuple[int, int, int]:
        return len(records.leaderboard()[0]), duels(), people.figures(ben).rounds

    assert told() == (1, 1, 1)
    assert voiding.void(ben.seats.all(), "played with an atlas", LATER) == 1
    assert told() == (0, 0, 0)
    assert voiding.void(ben.seats.all(), "another reason", LATER) == 0
    assert seat(ben_alone, ben).void_reason == "played with an atlas"
    assert voiding.restore(ben.seats.all()) == 1
    assert told() == (1, 1, 1)
    assert voiding.restore(ben.seats.all()) == 0


def test_deletion_changes_leaderboard_and_comparison_at_once(room: Game, ben: Person) -> None:
    play_round(room, Point(1, 2), Point(48, 11))
    assert ([line.name for line in records.leaderboard()[0]].count("Ben"), duels()) == (1, 2)
    people.forget(ben, LATER)
    assert [line.name for line in records.leaderboard()[0]] == ["Ana"]
    assert duels() == 1


def test_voiding_lets_comparisons_be_reckoned_anew(ben_alone: Game, ben: Person) -> None:
    settled, much_later = (LATER + timedelta(minutes=each) for each in (1, 2))
    row = comparisons.ask(Selection(), settled)
    comparisons.reckon(row, settled)
    assert comparisons.due(much_later) == []
    voiding.void(ben.seats.all(), "played with an atlas", much_later)
    assert comparisons.due(much_later) == [row]


def test_a_voided_seat_stays_in_its_game(ben_alone: Game, ben: Person) -> None:
    version = Game.objects.get().version
    voiding.void(ben.seats.all(), "played with an atlas", LATER)
    ben_alone.refresh_from_db()
    assert ben_alone.version > version
    assert "Ben" in json.dumps(snapshot(ben_alone.pk, seat(ben_alone, ben).pk, LATER))
    assert "does not count: played with an atlas" in browser_of(ben).get("/you/").content.decode()


@pytest.mark.parametrize("reason", ["", "   ", "withdrawn"])
def test_a_seat_is_voided_for_a_reason(ben_alone: Game, ben: Person, reason: str) -> None:
    with pytest.raises(BadInput):
        voiding.void(ben.seats.all(), reason, LATER)


def test_machines_are_not_voided_and_who_withdrew_is_not_restored(room: Game, ben: Person) -> None:
    people.forget(ben, LATER)
    assert voiding.restore(room.players.all()) == 0
    assert voiding.void(room.players.all(), "a test", LATER) == 1  # Ana alone


def test_staff_void_with_a_reason_and_restore_in_the_admin(admin_client: Client, ben_alone: Game, ben: Person) -> None:
    for address, keys in (("player", [seat(ben_alone, ben).pk]), ("person", [ben.pk])):
        chosen = {"action": "void", "_selected_action": keys}
        page = admin_client.post(f"/admin/geogame/{address}/", chosen)
        assert "count in no leaderboard" in page.content.decode()
        assert seat(ben_alone, ben).voided_at is None  # asked first
        again = admin_client.post(f"/admin/geogame/{address}/", {**chosen, "decided": "1", "reason": ""})
        assert "required" in again.content.decode()
        admin_client.post(f"/admin/geogame/{address}/", {**chosen, "decided": "1", "reason": "an atlas"})
        assert seat(ben_alone, ben).void_reason == "an atlas"
        shown = admin_client.get(f"/admin/geogame/player/{seat(ben_alone, ben).pk}/change/").content.decode()
        assert "an atlas" in shown
        admin_client.post(f"/admin/geogame/{address}/", {"action": "restore", "_selected_action": keys})
        assert seat(ben_alone, ben).voided_at is None


def test_staff_put_people_in_groups(admin_client: Client, ben_alone: Game, ben: Person) -> None:
    chosen = {"action": "put_in_group", "_selected_action": [ben.pk]}
    admin_client.post("/admin/geogame/person/", {**chosen, "decided": "1", "group": " 3b "})
    assert Person.objects.get(pk=ben.pk).group == "3b"
    assert comparisons.build(Selection(group="3b"))["figures"]["counts"]["duels"] == 1
    admin_client.post(f"/admin/geogame/person/{ben.pk}/change/", {"name": "Ben", "group": ""})
    assert Person.objects.get(pk=ben.pk).group == ""


def test_staff_delete_somebodys_data_on_their_wish(admin_client: Client, room: Game, ben: Person) -> None:
    chosen = {"action": "forget", "_selected_action": [ben.pk]}
    assert "Nobody can undo this" in admin_client.post("/admin/geogame/person/", chosen).content.decode()
    admin_client.post("/admin/geogame/person/", {**chosen, "decided": "1"})
    assert not Person.objects.filter(pk=ben.pk).exists()
    assert "withdrawn" not in admin_client.get("/admin/geogame/person/").content.decode()


def test_staff_set_a_forgotten_password_anew(admin_client: Client, client: Client) -> None:
    sign_up(client)
    user, new = User.objects.get(username="anna1990"), "eight blue balloons"
    form = {"usable_password": "true", "password1": new, "password2": new}
    assert admin_client.post(f"/admin/auth/user/{user.pk}/password/", form).status_code == 302
    assert sign_in(Client(), password=new).status_code == 302


def test_who_may_only_look_voids_nobody(client: Client, ben_alone: Game, ben: Person) -> None:
    viewer = User.objects.create_user("viewer", password=PASSWORD, is_staff=True)
    viewer.user_permissions.add(*Permission.objects.filter(codename__in=["view_player", "view_person"]))
    client.force_login(viewer)
    chosen = {"action": "void", "_selected_action": [seat(ben_alone, ben).pk], "decided": "1", "reason": "x"}
    client.post("/admin/geogame/player/", chosen)
    assert seat(ben_alone, ben).voided_at is None


def test_a_stranger_cannot_come_back_to_an_empty_chair(room: Game, ben: Person) -> None:
    people.forget(ben, LATER)
    somebody = Person.objects.create(name="Ben")
    assert play.join(room, somebody, "Ben", LATER).name == "Ben"
    with pytest.raises(NotYours):
        play.refuse_stranger(room.players.get(name="withdrawn"), room.rounds.get(number=1))
