"""What the commands that bring photos in share: the set that they go into, and the report on every file."""

import json
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext

from geogame import experiments, imports, photos
from geogame.language import sentence
from geogame.models import Arrival, Domain, Doubt, Import, PhotoSet
from geogame.rules.refusals import Refused


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--set", required=True, dest="set_name", help="name of the photo set; made if there is none")
    parser.add_argument("--domain", choices=Domain.values, help="what a new set shows (default: real)")
    parser.add_argument("--publish", action="store_true", help="let players choose the set")
    parser.add_argument("--json", action="store_true", help="print the report as JSON")


@contextmanager
def telling() -> Iterator[None]:
    """Say what is refused, and that photos cannot be kept, as commands do."""
    try:
        yield
    except Refused as refusal:
        raise CommandError(sentence(refusal)) from refusal
    except photos.NotKept as error:
        raise CommandError(f"{error}. What is in the set stays; the same command goes on from there.") from error


def set_of(options: dict[str, Any]) -> tuple[PhotoSet, bool]:
    """Return the set that is meant, and whether it was made. Raises Refused and CommandError."""
    photo_set, made = photos.set_named(options["set_name"], options["domain"] or Domain.REAL)
    if options["domain"] and photo_set.domain != options["domain"]:
        raise CommandError(f"The set {photo_set.name} holds {photo_set.domain}, not {options['domain']}.")
    return photo_set, made


def finish(command: BaseCommand, source: Import, made: bool, options: dict[str, Any]) -> None:
    """Publish the set if that is wanted, and say what became of every file."""
    photo_set = source.photo_set
    if options["publish"]:
        photo_set.published = True
        photo_set.save(update_fields=["published"])
    for each in experiments.published(PhotoSet.objects.filter(pk=photo_set.pk, published=True), timezone.now()):
        command.stderr.write(
            f"The sealed experiment {each.name} is running with photographs that players can now meet."
        )
    _print(command, source, made, as_json=options["json"])


def _print(command: BaseCommand, source: Import, made: bool, as_json: bool) -> None:
    refused = [{"file": each.name, "reason": _why(each)} for each in source.arrivals.filter(reason__isnull=False)]
    taken = source.arrivals.filter(imports.FATES["taken"])
    grave = Doubt.objects.filter(photo__in=taken.values("photo"), severity=Doubt.GRAVE, verdict="")
    imported, held = taken.count(), grave.values("photo").distinct().count()
    if as_json:
        told = {"imported": imported, "held": held, "refused": refused}
        command.stdout.write(json.dumps(told, ensure_ascii=False))
        return
    for each in refused:
        command.stdout.write(f"not used: {each['file']}: {each['reason']}")
    into = f"the new set {source.photo_set.name}" if made else f"the set {source.photo_set.name}"
    command.stdout.write(f"{imported} photos imported into {into}, {len(refused)} not used.")
    if held:
        command.stdout.write(f"{held} of them are shown to nobody until somebody has looked at them: see the admin.")


def _why(arrival: Arrival) -> str:
    words, values = arrival.reason or ("", {})
    return gettext(words) % values
