"""Let eight people and the bell act on one round at the same moment, on the database that DATABASE_URL names; print
as JSON what was kept. Run by `test_concurrency.py`: `python -m tests.game.eight_players`."""

import json
import threading
from collections.abc import Callable
from datetime import timedelta

from tests.game import standalone  # noqa: F401  # first: it sets Django up  # isort: skip

from django.db import connection
from django.utils import timezone

from geogame import play
from geogame.models import Game, Guess, Person, PhotoSet, Player, Round
from geogame.rules.sphere import Point

PEOPLE, TIMES = 8, 3


def at_once(jobs: list[Callable[[], object]]) -> list[str]:
    """Run the jobs in threads that start together; return what went wrong."""
    gate = threading.Barrier(len(jobs))
    errors: list[str] = []

    def run(job: Callable[[], object]) -> None:
        try:
            gate.wait()
            job()
        except Exception as error:  # whatever it is, the test shall see it
            errors.append(f"{type(error).__name__}: {error}")
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return errors


def one_game(photo_set: PhotoSet) -> dict[str, object]:
    now = timezone.now()
    game = play.open_game(photo_set, [], 1, 60, now)
    seats = [play.join(game, Person.objects.create(name=f"P{n}"), f"P{n}", now) for n in range(PEOPLE)]
    opened = play.start_round(game, now)
    assert opened is not None
    version = Game.objects.get(pk=game.pk).version

    def guesser(seat: Player) -> Callable[[], object]:
        return lambda: play.guess(seat, opened, Point(seat.pk % 80, 10), f"k{seat.pk}", now + timedelta(seconds=1))

    # Everybody sends twice, as impatient people do; the bell rings in between.
    jobs = [guesser(seat) for seat in seats for _ in range(2)]
    jobs += [lambda: play.close_if_due(opened, now + timedelta(seconds=2)) for _ in range(4)]
    errors = at_once(jobs)
    return {
        "guesses": Guess.objects.filter(round=opened, lat__isnull=False).count(),
        "closed": Round.objects.get(pk=opened.pk).closed_at is not None,
        "news": Game.objects.get(pk=game.pk).version - version,
        "errors": errors,
    }


if __name__ == "__main__":
    print(json.dumps([one_game(PhotoSet.objects.get()) for _ in range(TIMES)]))
