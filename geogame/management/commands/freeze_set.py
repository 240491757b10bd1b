"""Freeze a photo set, or tell whether a frozen one still is what it was."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from geogame import freezes
from geogame.language import sentence
from geogame.models import PhotoSet
from geogame.rules.refusals import Refused


class Command(BaseCommand):
    help = "Freeze a photo set for good and print its hash; of a set that is frozen, tell whether it still holds."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("set_name", help="name of the photo set")

    def handle(self, *args: Any, **options: Any) -> None:
        photo_set = PhotoSet.objects.filter(name__iexact=options["set_name"]).first()
        if photo_set is None:
            names = ", ".join(PhotoSet.objects.values_list("name", flat=True))
            raise CommandError(f"There is no set {options['set_name']}. There are: {names}.")
        try:
            digest = freezes.freeze(photo_set, timezone.now())
        except Refused as refusal:
            raise CommandError(sentence(refusal)) from refusal
        photo_set.refresh_from_db()
        if not freezes.holds(photo_set):
            raise CommandError(f"The set is no longer what was frozen as {digest}.")
        self.stdout.write(f"{digest}  {photo_set.name}, frozen {photo_set.frozen_at:%Y-%m-%d}")
