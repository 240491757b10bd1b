"""Eight players at once lose nothing, whichever database."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.game.test_large_setup import installed, nothing
from tests.servers import ROOT, postgres_server


@pytest.mark.slow
@pytest.mark.parametrize("database", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def test_eight_players_guess_at_once_and_every_guess_is_kept(database: str, tmp_path: Path) -> None:
    with postgres_server(tmp_path) if database == "postgres" else nothing() as url:
        env = installed(tmp_path, **({"DATABASE_URL": url} if url else {}))
        command = [sys.executable, "-m", "tests.game.eight_players"]
        done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    for game in json.loads(done.stdout):
        assert game["errors"] == []
        # Eight guesses and one closing: each announced once, however often it was sent.
        assert (game["guesses"], game["closed"], game["news"]) == (8, True, 9)
