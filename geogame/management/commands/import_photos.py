"""Import photos from a folder, a zip, or a CSV beside its files, into a photo set."""

import itertools
import json
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from tqdm import tqdm

from geogame import doubts, experiments, photos
from geogame.darkroom import Darkroom
from geogame.language import sentence
from geogame.models import Domain, Experiment, PhotoSet
from geogame.rules.refusals import Refused
from geogame.sources import Entry, entries


class Command(BaseCommand):
    help = (
        "Import photos into a set: from a folder, a zip, or a CSV beside its files (columns filename, latitude, "
        "longitude and, if you like, credit, licence, source_url, title, album; others are kept aside). Without a CSV "
        "each photo's place is read from its EXIF data. What cannot be used is reported file by file."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("source", type=Path, help="folder, .zip or .csv")
        parser.add_argument(
            "--set", required=True, dest="set_name", help="name of the photo set; made if there is none"
        )
        parser.add_argument("--domain", choices=Domain.values, help="what a new set shows (default: real)")
        parser.add_argument("--publish", action="store_true", help="let players choose the set")
        parser.add_argument("--json", action="store_true", help="print the report as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        found = entries(options["source"])  # read one by one: what a zip holds can be read only while it is open
        try:
            found = itertools.chain([next(found)], found)  # a source that cannot be read makes no set
            photo_set, made = photos.set_named(options["set_name"], options["domain"] or Domain.REAL)
        except StopIteration:
            raise CommandError(f"{options['source']} holds no picture.") from None
        except Refused as refusal:
            raise CommandError(sentence(refusal)) from refusal
        if options["domain"] and photo_set.domain != options["domain"]:
            raise CommandError(f"The set {photo_set.name} holds {photo_set.domain}, not {options['domain']}.")
        try:
            with Darkroom() as darkroom:
                shown = self._with_progress(found, quiet=options["json"])
                report = photos.take_in_all(photo_set, shown, darkroom.develop)
            doubts.look_through(photo_set)
        except Refused as refusal:
            raise CommandError(sentence(refusal)) from refusal
        if options["publish"]:
            photo_set.published = True
            photo_set.save(update_fields=["published"])
        self._warn(experiments.published(PhotoSet.objects.filter(pk=photo_set.pk, published=True), timezone.now()))
        self._print(report, photo_set.name, made, as_json=options["json"])

    def _with_progress(self, found: Iterator[Entry], quiet: bool) -> Iterator[Entry]:
        yield from tqdm(found, desc="Importing", unit="photo", disable=None if not quiet else True)

    def _warn(self, running: list[Experiment]) -> None:
        for each in running:
            self.stderr.write(
                f"The sealed experiment {each.name} is running with photographs that players can now meet."
            )

    def _print(self, report: photos.Report, set_name: str, made: bool, as_json: bool) -> None:
        refused = [{"file": each.file, "reason": sentence(each.reason)} for each in report.refused]
        if as_json:
            self.stdout.write(json.dumps({"imported": report.imported, "refused": refused}, ensure_ascii=False))
            return
        for each in refused:
            self.stdout.write(f"not used: {each['file']}: {each['reason']}")
        into = f"the new set {set_name}" if made else f"the set {set_name}"
        self.stdout.write(f"{report.imported} photos imported into {into}, {len(refused)} not used.")
