"""The worker against its own model: what all around the network (broker, tables, files, news) costs."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.measure import Result
from tests.servers import ROOT, redis_server


def worker() -> list[Result]:
    """Run benchmarks/working.py with a database, photos and a Redis of its own."""
    with tempfile.TemporaryDirectory() as folder, redis_server(Path(folder)) as url:
        env = {
            **os.environ,
            "REDIS_URL": url,
            "DATABASE_URL": f"sqlite:///{folder}/db.sqlite3",
            "MEDIA_ROOT": f"{folder}/photos",
            "SECRET_KEY": "for a benchmark only, but long enough for it",
            "DJANGO_SETTINGS_MODULE": "geogame.settings",
            "OMP_NUM_THREADS": "1",  # as in the one-process set-up; what others do on another core then stops no batch
        }
        command = [sys.executable, "-m", "benchmarks.working"]
        done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"The worker's benchmark failed:\n{done.stderr}")
    return [Result(**each) for each in json.loads(done.stdout.splitlines()[-1])]
