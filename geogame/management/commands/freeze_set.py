"""Freeze a photo set, or tell whether a frozen one still is what it was."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from geogame import freezes
from geogame.language import sentence
from geogame.management.commands import _sets
from geogame.rules.refusals import Refused


class Command(BaseCommand):
    help = "Freeze a photo set for good and print its hash; of a set that is frozen, tell whether it still holds."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("set_name", help="name or short name of the photo set")

    def handle(self, *args: Any, **options: Any) -> None:
        photo_set = _sets.called(options["set_name"])
        try:
            digest = freezes.freeze(photo_set, timezone.now())
        except Refused as refusal:
            raise CommandError(sentence(refusal)) from refusal
        photo_set.refresh_from_db()
        if not freezes.holds(photo_set):
            raise CommandError(f"The set is no longer what was frozen as {digest}.")
        self.stdout.write(f"{digest}  {photo_set.name}, frozen {photo_set.frozen_at:%Y-%m-%d}")
