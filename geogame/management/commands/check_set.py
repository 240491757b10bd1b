"""Hold a photo set against what an opponent was trained on."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from geogame import contamination
from geogame.language import sentence
from geogame.management.commands import _sets
from geogame.rules.refusals import Refused


class Command(BaseCommand):
    help = (
        "Tell how many photos of a set look like one that an opponent was trained on, or were taken within 1 km. "
        "The result is kept with the set, and each photo that was met is put forward for review."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("set_name", help="name or short name of the photo set")
        parser.add_argument("--index", type=Path, required=True, help="what index_photos wrote")
        parser.add_argument("--opponent", required=True, help="whose training photos these are")
        parser.add_argument("--weights", default="", help="and of which version")

    def handle(self, *args: Any, **options: Any) -> None:
        photo_set = _sets.called(options["set_name"])
        try:
            index = contamination.read(options["index"])
        except Refused as refusal:
            raise CommandError(sentence(refusal)) from refusal
        made = contamination.check(photo_set, index, options["opponent"], options["weights"], timezone.now())
        self.stdout.write(
            f"Of {made.photos} photos {made.alike} look like one that {made.opponent} was trained on, and {made.near} "
            f"were taken within 1 km of one. Index: {len(index.phash)} photos, SHA-256 {index.sha256}."
        )
