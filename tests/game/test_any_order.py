"""Whatever people do, in whatever order: nobody is shown what they must not see, and the record stays whole."""

import json
from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from geogame import photos, play, rooms
from geogame.models import Commitment, Game, Guess, Person, PhotoSet, Player, Round
from geogame.rules import commitments
from geogame.rules.refusals import Refused
from geogame.rules.sphere import Point
from geogame.snapshots import board, forget_boards, headline, snapshot
from tests.conftest import CARD, NOON, answer

Verb = Callable[[], object]
LIMIT_S = 60
PEOPLE = st.integers(0, 2)


def digits(point: Point) -> list[str]:
    """The ways in which a place could stand in a text: degrees, and whole numbers of 1e-7 of them."""
    return [f"{value:.5f}" for value in point] + [str(round(value * 1e7)) for value in point]


class Room(RuleBasedStateMachine):
    """Three people, a machine, a room of three rounds, and a clock."""

    photo_set: PhotoSet

    def __init__(self) -> None:
        super().__init__()
        forget_boards()
        self.undone = transaction.atomic()
        self.undone.__enter__()
        self.now = NOON
        self.people = [Person.objects.create(name=name) for name in ("Ana", "Ben", "Eve")]
        self.game = play.open_game(
            self.photo_set, [CARD], 3, LIMIT_S, NOON, self.people[0], is_room=True, countdown_s=20
        )
        for person in self.people[:2]:
            play.join(self.game, person, person.name, NOON)
        self.places = 0
        self.said: dict[int, Point] = {}  # by exhibit: the machine's answers
        self.record: dict[int, tuple[object, ...]] = {}  # guesses of closed rounds, as they were first seen
        self.promises: dict[int, str] = {}
        self.closed: dict[object, set[int]] = {}  # by round: whose guesses it closed with
        self.played: dict[object, set[int]] = {}  # by round: who was seen playing in it while it was open
        self.version = -1

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.undone.__exit__(None, None, None)
        forget_boards()

    # What can be done. Whatever the rules refuse changes nothing.

    def may(self, verb: Verb) -> None:
        try:
            with transaction.atomic():
                verb()
        except Refused:
            pass

    def seat(self, who: int) -> Player | None:
        return self.game.players.filter(person=self.people[who]).first()

    def shown(self) -> Round | None:
        return self.game.rounds.filter(opened_at__isnull=False).order_by("number").last()

    def somewhere(self) -> Point:
        """A place that nobody has named before: wherever its digits turn up, it is this one."""
        self.places += 1
        return Point(20.7654321 + self.places * 0.1002003, -70.1234567 - self.places * 0.2003001)

    def verb(self, name: str, who: int, other: int) -> Verb:
        """What this person does, told now and done later: to whatever is there by then."""
        person, now = self.people[who], self.now

        def seated(do: Callable[[Player], object], whom: int = who) -> Verb:
            return lambda: (seat := self.seat(whom)) and do(seat)

        def showing(do: Callable[[Round], object]) -> Verb:
            return lambda: (this_round := self.shown()) and do(this_round)

        def playing(do: Callable[[Player, Round], object]) -> Verb:
            return seated(lambda seat: (this_round := self.shown()) and do(seat, this_round))

        place, key = self.somewhere(), f"k{self.places % 3}"
        verbs: dict[str, Verb] = {
            "join": partial(play.join, self.game, person, person.name, now),
            "leave": seated(lambda seat: rooms.leave(seat, now)),
            "remove": seated(lambda seat: rooms.remove(seat, person, now), other),
            "hand over": seated(lambda seat: rooms.hand_over(self.game, person, seat, now), other),
            "take over": seated(lambda seat: rooms.take_over(seat, now)),
            "lock": partial(rooms.lock, self.game, person, who != other, now),
            "go on": partial(rooms.go_on, self.game, person, now),
            "end": showing(lambda this_round: rooms.end_round(this_round, person, now)),
            "skip": showing(lambda this_round: rooms.skip_round(this_round, person, now)),
            "draft": playing(lambda seat, this_round: play.draft(seat, this_round, place, now)),
            "guess": playing(lambda seat, this_round: play.guess(seat, this_round, place, key, now)),
            "bell": showing(lambda this_round: play.close_if_due(this_round, now)),
            "machine": self.machine_answers,
        }
        return verbs[name]

    def machine_answers(self) -> None:
        for each in self.game.rounds.filter(wanted_at__isnull=False):
            place = self.said.setdefault(each.exhibit_id, self.somewhere())
            photos.record_prediction(each.exhibit, CARD.name, CARD.weights, answer(place))
        if this_round := self.shown():
            play.answer_for_machines(this_round, self.now)

    names = st.sampled_from(
        ["join", "leave", "remove", "hand over", "take over", "lock", "go on", "end", "skip", "draft", "guess", "bell",
         "machine"]
    )  # fmt: skip

    # Rules of their own: what makes a game go on must happen often, or few sequences get anywhere.

    @initialize(begun=st.sampled_from([True, True, False]))
    def the_game_may_have_begun(self, begun: bool) -> None:
        if begun:
            self.the_host_goes_on()

    @rule()
    def the_host_goes_on(self) -> None:
        host = Game.objects.get(pk=self.game.pk).host
        if (this_round := self.shown()) and this_round.closed_at is None:
            self.may(lambda: rooms.end_round(this_round, host, self.now))
        self.may(lambda: rooms.go_on(self.game, host, self.now))

    @rule(who=PEOPLE)
    def somebody_guesses(self, who: int) -> None:
        self.may(self.verb("guess", who, who))

    @rule(who=PEOPLE)
    def somebody_goes_and_comes_back(self, who: int) -> None:
        for name in ("leave", "join"):
            self.may(self.verb(name, who, who))

    @rule(who=PEOPLE, guesses=st.booleans())
    def the_time_runs_out(self, who: int, guesses: bool) -> None:
        self.now += timedelta(seconds=LIMIT_S + 2)
        self.may(self.verb("guess" if guesses else "bell", who, who))

    @rule(name=names, who=PEOPLE, other=PEOPLE)
    def somebody_does_something(self, name: str, who: int, other: int) -> None:
        self.may(self.verb(name, who, other))

    @rule(seconds=st.sampled_from([1, 5, 21, 62, 130]))
    def time_passes(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @rule(first=st.tuples(names, PEOPLE, PEOPLE), second=st.tuples(names, PEOPLE, PEOPLE))
    def two_do_something_at_once(self, first: tuple[str, int, int], second: tuple[str, int, int]) -> None:
        """Locks let one of them be first, whoever that is: either way what comes out is legal."""
        verbs = [self.verb(*first), self.verb(*second)]
        before = (dict(self.said), dict(self.record), dict(self.promises), dict(self.closed), self.version)
        played = {each: set(seats) for each, seats in self.played.items()}
        point = transaction.savepoint()
        for each in reversed(verbs):
            self.may(each)
        self.check()
        transaction.savepoint_rollback(point)
        forget_boards()  # built of what has not happened after all
        self.said, self.record, self.promises, self.closed, self.version = before
        self.played = played
        self.game.refresh_from_db()
        for each in verbs:
            self.may(each)

    # What must be so at all times.

    @invariant()
    def check(self) -> None:
        self.the_record_is_whole()
        for person in [*self.people, None]:
            self.sees_no_more_than_allowed(person)

    def the_record_is_whole(self) -> None:
        game = Game.objects.get(pk=self.game.pk)
        assert game.version >= self.version
        self.version = game.version
        rounds = list(game.rounds.order_by("number"))
        states = ["closed" if each.closed_at else "open" if each.opened_at else "to come" for each in rounds]
        assert states == sorted(states, key=["closed", "open", "to come"].index)
        assert states.count("open") <= 1
        for each in rounds:
            self.the_round_is_whole(each)

    def the_round_is_whole(self, each: Round) -> None:
        guesses = {guess.player_id: guess for guess in each.guesses.select_related("player")}
        if each.opened_at is None:
            assert not guesses
            return
        for made in each.commitments.select_related("player"):
            assert self.promises.setdefault(made.pk, made.digest) == made.digest
            assert commitments.digest(str(each.pk), *self.promised(made, guesses), made.salt) == made.digest
        assert each.commitments.filter(player=None).count() == 1
        for guess in guesses.values():
            in_time = each.closes_at is None or guess.created_at < each.closes_at
            assert guess.lat is None or guess.auto or in_time, "a guess came too late and counts"
        seats = each.game.players
        if each.closed_at is None:
            here = seats.filter(from_round__lte=each.number, removed_at=None).values_list("pk", flat=True)
            self.played.setdefault(each.pk, set()).update(here)
            return
        assert self.closed.setdefault(each.pk, set(guesses)) == set(guesses), "a closed round was guessed in"
        if not each.skipped:
            due = seats.filter(from_round__lte=each.number, removed_at=None, joined_at__lt=each.closed_at)
            assert set(due.values_list("pk", flat=True)) <= set(guesses)
            taken_out = set(seats.filter(removed_at__isnull=False, left=False).values_list("pk", flat=True))
            assert self.played.get(each.pk, set()) - taken_out <= set(guesses), "somebody dodged a round"
        for guess in guesses.values():
            assert (guess.lat is None) == (guess.error_km is None) == (guess.points is None)
            now = (guess.player_id, guess.lat, guess.lng, guess.error_km, guess.points, guess.key, guess.auto)
            assert self.record.setdefault(guess.pk, now) == now, "a closed round changed"

    def promised(self, made: Commitment, guesses: dict[int, Guess]) -> tuple[str, Point | None]:
        if made.player is None:
            return "place", made.round.truth()
        return f"{made.player.opponent}@{made.player.weights}", guesses[made.player.pk].point()

    def sees_no_more_than_allowed(self, person: Person | None) -> None:
        seat = self.game.players.filter(person=person, removed_at=None).first() if person else None
        seat_pk, person_pk = seat and seat.pk, person and person.pk
        fresh = snapshot(self.game.pk, seat_pk, self.now, person_pk)
        told = json.loads(headline(board(self.game.pk, self.now), seat_pk, self.now, person_pk))
        draft = fresh["own"].pop("draft")
        assert told == json.loads(json.dumps(fresh, default=str)), "a headline says something else than a snapshot"
        text = json.dumps(fresh, default=str)
        for secret in self.secrets(person, seat):
            assert secret not in text, f"{person} is shown {secret} in {fresh['phase']}"
        if draft:
            assert seat is not None
            assert seat.drafts.filter(lat=draft["lat"], lng=draft["lng"]).exists()

    def secrets(self, person: Person | None, seat: Player | None) -> list[str]:
        """What this viewer must not be shown now."""
        game = Game.objects.get(pk=self.game.pk)
        secrets = [] if person is not None and game.host_id == person.pk else [game.host_key]
        hidden = list(game.rounds.filter(closed_at=None)) + list(game.rounds.filter(skipped=True))
        for each in hidden:
            secrets += digits(each.truth())
            secrets += list(each.commitments.values_list("salt", flat=True))
            if each.exhibit_id in self.said:
                secrets += digits(self.said[each.exhibit_id])
            for guess in each.guesses.exclude(player=seat):
                if point := guess.point():
                    secrets += digits(point)
            for draft in each.drafts.exclude(player=seat):
                secrets += digits(draft.point())
        return secrets


@pytest.mark.django_db
def test_whatever_people_do_nobody_sees_too_much_and_the_record_stays_whole(toy_set: PhotoSet) -> None:
    class HereRoom(Room):
        photo_set = toy_set

    run_state_machine_as_test(
        HereRoom,
        settings=settings(
            max_examples=40,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.explicit, Phase.reuse, Phase.generate],  # 25 steps can be read; to shorten them takes minutes
        ),
    )
