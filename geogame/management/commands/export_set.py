"""Take a photo set away as a zip, or bring one in that was taken away elsewhere."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from geogame import freezes, taking_away
from geogame.darkroom import Darkroom
from geogame.language import sentence
from geogame.management.commands import _sets
from geogame.models import PhotoSet
from geogame.rules.refusals import Refused


class Command(BaseCommand):
    help = (
        "Write a photo set as a zip: photos, table, credits and licences. With --bring read such a zip instead, and "
        "make the same set here; one that was frozen is frozen here too, where its hash is the same."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("set_name", help="name or short name of the photo set; with --bring the name that it gets")
        parser.add_argument("zip", type=Path, help="the file to write, or to read")
        parser.add_argument("--bring", action="store_true", help="read the zip and make the set")

    def handle(self, *args: Any, **options: Any) -> None:
        name, path = options["set_name"], options["zip"]
        if options["bring"]:
            self._bring(name, path)
            return
        photo_set = _sets.called(name)
        try:
            with path.open("xb") as file:
                for part in taking_away.write(photo_set):
                    file.write(part)
        except FileExistsError:
            raise CommandError(f"{path} is there already.") from None
        except OSError as error:
            path.unlink(missing_ok=True)
            raise CommandError(f"{path} could not be written: {error}") from error
        self.stdout.write(f"{photo_set.photos.count()} photos written to {path}.")

    def _bring(self, name: str, path: Path) -> None:
        try:
            with path.open("rb") as file, Darkroom() as room:
                photo_set, trouble = taking_away.bring(file, room.develop, timezone.now(), name)
                carried = taking_away.carried_sha256(file)
        except OSError as error:
            raise CommandError(f"{path} cannot be read: {error}") from error
        except Refused as refusal:
            raise CommandError(sentence(refusal)) from refusal
        for each in trouble:
            self.stderr.write(f"not used: {each}")
        self.stdout.write(f"{photo_set.photos.count()} photos are now in the set {photo_set.name}.")
        if carried:
            self._freeze(photo_set, carried)

    def _freeze(self, photo_set: PhotoSet, carried: str) -> None:
        """Freeze a set that was frozen where it came from, if it is still the same."""
        here = freezes.digest(photo_set)
        if here != carried:
            self.stderr.write(f"It was frozen as {carried}, and here it is {here}: not the same. It is not frozen.")
            return
        try:
            freezes.freeze(photo_set, timezone.now())
        except Refused as refusal:
            self.stderr.write(
                f"It was frozen as {carried}, and is the same here. It is not frozen: {sentence(refusal)}"
            )
        else:
            self.stdout.write(f"It was frozen as {carried}, is the same here, and is frozen again.")
