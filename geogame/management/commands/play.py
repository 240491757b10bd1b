"""Serve the game: everything in one process, ready to play."""

import io
import threading
from argparse import ArgumentParser
from typing import Any

import segno
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from geogame import oneprocess, photos
from geogame.models import Domain, PhotoSet
from geogame.sources import entries
from geogame.views import setup
from predictor import opponents

STARTER = settings.BASE_DIR / "geogame" / "starter"
# Folder of STARTER: name of the set, and what people read of it.
STARTER_SETS = {
    "first-steps": (
        "First steps",
        "A hundred pictures by daylight that tell much: a made-up world at real positions, painted by this project.",
    ),
    "trips": ("Trips", "Thirty trips of several pictures. The place to find is that of the last one."),
    "the-fifty": (
        "The fifty",
        "Fifty pictures as they come, clear or not, for the comparison that the paper made with ten people.",
    ),
}
WARM_UP_S = 180  # how long to wait for the worker before saying that the game is up


class Command(BaseCommand):
    help = "Serve the game in one process: prepares the database, the starter photos and the worker, then serves."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--host", default="127.0.0.1", help="0.0.0.0 serves the whole local network")
        parser.add_argument("--no-worker", action="store_true", help="Celery workers run as processes of their own")

    def handle(self, *args: Any, **options: Any) -> None:
        host, port = options["host"], options["port"]
        if not 0 < port < 65536:
            raise CommandError(f"{port} is not a port; try PORT=8000.")
        if trouble := oneprocess.why_not(host, port):
            raise CommandError(trouble)
        if options["no_worker"] and not settings.REDIS_URL:
            raise CommandError("--no-worker needs a broker that other processes can reach: set REDIS_URL.")
        self._opponents()
        with oneprocess.one_at_a_time(settings.VAR_DIR / "starting.lock"):
            self._prepare()
        addresses = self._addresses(host, port)
        server = oneprocess.Server(host, port)
        worker = None if options["no_worker"] else oneprocess.start_worker()
        warm = worker and worker.is_warm
        threading.Thread(target=self._welcome, args=(server, warm, addresses), daemon=True).start()
        oneprocess.serve(server, worker)

    def _opponents(self) -> None:
        """Refuse to start without an opponent: its file is missing or damaged, and the sentence says which."""
        try:
            opponents.available()
        except opponents.Unavailable as error:
            raise CommandError(str(error)) from error

    def _prepare(self) -> None:
        call_command("migrate", verbosity=0, interactive=False)
        if not settings.DEBUG:
            call_command("collectstatic", verbosity=0, interactive=False)
        if not PhotoSet.objects.exists():
            self.stdout.write("Loading the starter photos…")
            with transaction.atomic():  # interrupted, the next start begins again
                imported = sum(self._load(folder) for folder in STARTER_SETS)
            self.stdout.write(f"{imported} starter photos are in.")

    def _load(self, folder: str) -> int:
        """Take in one of the sets that ship; return how many of its photos are new."""
        name, description = STARTER_SETS[folder]
        starter, _ = photos.set_named(name, Domain.TOY_EARTH)
        report = photos.take_in_all(starter, entries(STARTER / folder))
        starter.description, starter.published = description, True
        starter.save(update_fields=["published", "description"])
        return report.imported

    def _addresses(self, host: str, port: int) -> list[str]:
        """Return the addresses to print, the one to open last, and let Django answer to them."""
        if host in {"127.0.0.1", "::1", "localhost"}:
            return [f"http://localhost:{port}"]
        shown = oneprocess.local_address() if host in {"0.0.0.0", "::"} else f"[{host}]" if ":" in host else host
        settings.ALLOWED_HOSTS = [*settings.ALLOWED_HOSTS, *([shown] if shown else [])]
        return [f"http://localhost:{port}", *([f"http://{shown}:{port}"] if shown else [])]

    def _welcome(self, server: oneprocess.Server, warm: threading.Event | None, addresses: list[str]) -> None:
        server.is_up.wait()
        if warm is not None and not warm.wait(WARM_UP_S):
            self.stderr.write("The worker is not ready yet; rounds will show no answer of the machine until it is.")
        if len(addresses) > 1:
            picture = io.StringIO()
            segno.make(addresses[-1], error="m").terminal(picture, compact=True)
            self.stdout.write(picture.getvalue())
        if setup.is_needed():
            self.stdout.write(f"Make the first admin here (works once, for a day): {addresses[-1]}{setup.link()}")
        self.stdout.write("The game is at " + " and ".join(addresses))
        self.stdout.flush()
