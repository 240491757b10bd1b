"""What many do at once loses nothing, whichever database."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError

from geogame import play
from geogame.models import Guess, Player, Round
from geogame.rules.sphere import Point
from tests.conftest import NOON
from tests.game.test_large_setup import installed, nothing
from tests.servers import ROOT, postgres_server

DATABASES = pytest.mark.parametrize("database", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])


def told_by(program: str, database: str, folder: Path) -> list[dict[str, Any]]:
    """Run a program of many threads on a database of its own; return what it prints for each game."""
    with postgres_server(folder) if database == "postgres" else nothing() as url:
        env = installed(folder, **({"DATABASE_URL": url} if url else {}))
        command = [sys.executable, "-m", program]
        done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    told: list[dict[str, Any]] = json.loads(done.stdout)
    return told


@pytest.mark.slow
@DATABASES
def test_eight_players_guess_at_once_and_every_guess_is_kept(database: str, tmp_path: Path) -> None:
    for game in told_by("tests.game.eight_players", database, tmp_path):
        assert game["errors"] == []
        # Seven guesses, and the eighth that closes the round: each announced once, however often it was sent.
        assert (game["guesses"], game["closed"], game["news"]) == (8, True, 8)


@pytest.mark.slow
@DATABASES
def test_guesses_are_kept_while_others_leave_and_return_and_the_host_presses_everything(
    database: str, tmp_path: Path
) -> None:
    games = told_by("tests.game.coming_and_going", database, tmp_path)
    assert [game["errors"] for game in games] == [[]] * len(games)
    assert [game["lost"] for game in games] == [[]] * len(games)
    assert sum(game["kept"] for game in games) > 0


def test_the_places_of_many_photos_are_named_whoever_else_writes(tmp_path: Path) -> None:
    """On SQLite: an open read is an old state of things there, from which nothing can be written."""
    (told,) = told_by("tests.game.many_names", "sqlite", tmp_path)
    assert told["named"] == told["photos"]


@pytest.mark.slow
@DATABASES
def test_a_set_is_deleted_while_a_service_is_asked_for_its_photos(database: str, tmp_path: Path) -> None:
    assert told_by("tests.game.deleting_while_asking", database, tmp_path) == [{"sets": 0, "files": [], "errors": []}]


@pytest.mark.django_db(transaction=True)
def test_a_batch_that_the_database_undid_is_tried_again(
    first_round: Round, ana_seat: Player, monkeypatch: pytest.MonkeyPatch
) -> None:
    failures = [deadlock(), deadlock()]
    write = play._write

    def unlucky(*args: Any) -> None:
        if failures:
            raise failures.pop()
        write(*args)

    monkeypatch.setattr(play, "_write", unlucky)
    assert play.guess(ana_seat, first_round, Point(1, 2), "k", NOON).point() == Point(1, 2)
    assert not failures
    failures += [deadlock() for _ in range(play.TRIES)]
    Guess.objects.all().delete()
    with pytest.raises(OperationalError):
        play.guess(ana_seat, first_round, Point(1, 2), "k", NOON)


def deadlock() -> OperationalError:
    class Detected(Exception):
        sqlstate = "40P01"

    error = OperationalError("deadlock detected")
    error.__cause__ = Detected()
    return error
