"""Let people guess while others leave, come back and are taken out, bells ring and the host presses everything, on the
database that DATABASE_URL names; print as JSON what went wrong. Run by `test_concurrency.py`."""

import contextlib
import json
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from tests.game import standalone  # noqa: F401  # first: it sets Django up  # isort: skip

from django.utils import timezone

from geogame import play, rooms
from geogame.models import Game, Guess, Person, PhotoSet, Player, Round
from geogame.rules.refusals import Refused
from geogame.rules.sphere import Point
from tests.game.eight_players import at_once

PEOPLE, TIMES = 12, 4
PATIENCE_S = 10.0
WINDOW_S = 0.05  # so long each guess is being written: whoever locks in another order meets it

Job = Callable[[], object]


def refusable(job: Job) -> Job:
    """A refusal is an answer; whatever else is raised is an error."""

    def run() -> None:
        with contextlib.suppress(Refused):
            job()

    return run


def slowly(write: Callable[..., None]) -> Callable[..., None]:
    def writing(*args: object) -> None:
        time.sleep(WINDOW_S)
        write(*args)

    return writing


def one_game(photo_set: PhotoSet) -> dict[str, object]:
    now = timezone.now()
    host = Person.objects.create(name="Host")
    game = play.open_game(photo_set, [], 4, 60, now, host, is_room=True)
    people = [Person.objects.create(name=f"P{number}") for number in range(PEOPLE)]
    seats = [play.join(game, person, person.name, now) for person in people]
    opened = rooms.go_on(game, host, now)
    assert opened is not None
    kept: list[int] = []
    errors = at_once([*moves(game, opened, seats, kept, now), *presses(game, opened, host, kept, now)])
    stored = set(Guess.objects.filter(round=opened, lat__isnull=False).values_list("player", flat=True))
    return {"errors": errors, "lost": sorted(set(kept) - stored), "kept": len(kept)}


def moves(game: Game, opened: Round, seats: list[Player], kept: list[int], now: datetime) -> list[Job]:
    """What people do: of each three one guesses, one goes, one goes and comes back."""

    def guess(seat: Player) -> None:
        play.guess(seat, opened, Point(10, 20), f"k{seat.pk}", now + timedelta(seconds=1))
        kept.append(seat.pk)

    def returns(seat: Player) -> None:
        rooms.leave(seat, now)
        assert seat.person is not None
        play.join(game, seat.person, seat.name, now)

    def job(seat: Player, do: Callable[[Player], object]) -> Job:
        return refusable(lambda: do(seat))

    doings = (guess, lambda seat: rooms.leave(seat, now), returns)
    return [job(seat, doings[number % 3]) for number, seat in enumerate(seats)]


def presses(game: Game, opened: Round, host: Person, kept: list[int], now: datetime) -> list[Job]:
    """What the host and the clock do meanwhile."""
    newcomer = Person.objects.create(name="New")
    last = game.players.last()
    assert last is not None

    def after_a_guess() -> None:
        """What ends the round comes when somebody has guessed: on a busy machine it would come first, and end all."""
        until = time.monotonic() + PATIENCE_S
        while not kept and time.monotonic() < until:
            time.sleep(WINDOW_S)

    pressed: list[Job] = [
        lambda: rooms.remove(last, host, now),
        lambda: rooms.lock(game, host, False, now),
        lambda: play.join(game, newcomer, "New", now),
        lambda: play.close_if_due(opened, now + timedelta(seconds=2)),
        lambda: rooms.skip_round(game.rounds.get(number=2), host, now),
        lambda: after_a_guess() or rooms.end_round(opened, host, now + timedelta(seconds=2)),
        lambda: after_a_guess() or rooms.go_on(game, host, now + timedelta(seconds=90)),
        lambda: after_a_guess() or rooms.go_on(game, host, now + timedelta(seconds=90)),
    ]
    return [refusable(each) for each in pressed]


if __name__ == "__main__":
    play.TRIES = 1  # that they wait for each other without end must not happen, not be mended
    play._write = slowly(play._write)  # type: ignore[assignment]
    print(json.dumps([one_game(PhotoSet.objects.get()) for _ in range(TIMES)]))
