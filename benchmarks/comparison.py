"""The comparison of people and machine over a record of a million guesses, on both databases."""

import json
import os
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from benchmarks.measure import Result
from tests.servers import ROOT, postgres_server

LARGE, SMALL = 1_000_000, 50_000


def large() -> list[Result]:
    """A million guesses, on PostgreSQL and on SQLite."""
    return [*compared("PostgreSQL", LARGE), *compared("SQLite", LARGE)]


def short() -> list[Result]:
    """What `make bench` runs: a twentieth of that, on SQLite."""
    return compared("SQLite", SMALL)


def compared(database: str, guesses: int) -> list[Result]:
    """Run benchmarks/comparing.py with a database of its own."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = f"sqlite:///{folder}/db.sqlite3"
        if database == "PostgreSQL":
            url = stack.enter_context(postgres_server(folder))
        env = {
            **os.environ,
            "DATABASE_URL": url,
            "MEDIA_ROOT": f"{folder}/photos",
            "SECRET_KEY": "for a benchmark only, but long enough for it",
            "DJANGO_SETTINGS_MODULE": "geogame.settings",
        }
        command = [sys.executable, "-m", "benchmarks.comparing", database, str(guesses)]
        done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"The comparison's benchmark failed:\n{done.stderr}")
    return [Result(**each) for each in json.loads(done.stdout.splitlines()[-1])]
