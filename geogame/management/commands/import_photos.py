"""Import photos from a folder, a zip, or a table beside its files, into a photo set; broken off it goes on."""

import itertools
import json
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext
from tqdm import tqdm

from geogame import experiments, imports, photos
from geogame.darkroom import Darkroom
from geogame.language import sentence
from geogame.models import Arrival, Domain, Doubt, Experiment, Import, PhotoSet
from geogame.rules.refusals import Refused
from geogame.sources import TABLES, Entry, SourceError, entries


class Command(BaseCommand):
    help = (
        "Import photos into a set: from a folder, a zip, or a table (CSV, TSV, Parquet) beside its files (columns "
        "filename, latitude, longitude and, if you like, credit, licence, source_url, title, album; others are kept "
        "aside). Without a table each photo's place is read from its own data. What cannot be used is reported file by "
        "file. An import that was broken off goes on when the same command is run again."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("source", type=Path, help="folder, .zip, .csv, .tsv or .parquet")
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
            source = self._bring(photo_set, options["source"], self._with_progress(found, quiet=options["json"]))
        except Refused as refusal:
            raise CommandError(sentence(refusal)) from refusal
        except photos.NotKept as error:
            raise CommandError(f"{error}. What is in the set stays; the same command goes on from there.") from error
        if options["publish"]:
            photo_set.published = True
            photo_set.save(update_fields=["published"])
        self._warn(experiments.published(PhotoSet.objects.filter(pk=photo_set.pk, published=True), timezone.now()))
        self._print(source, photo_set.name, made, as_json=options["json"])

    def _bring(self, photo_set: PhotoSet, path: Path, found: Iterator[Entry]) -> Import:
        """Bring everything in, and end the import. Raises Refused where the source cannot be read to its end."""
        kind = imports.FOLDER if path.is_dir() else imports.TABLE if path.suffix.lower() in TABLES else imports.ZIP
        source = imports.resumed(photo_set, kind, {"path": str(path.resolve())}, timezone.now())
        try:
            with Darkroom() as darkroom:
                for _arrival in imports.from_entries(source, found, darkroom, timezone.now):
                    pass
            imports.close(source, timezone.now())
        except SourceError as error:
            imports.give_up(source, error, timezone.now())
            raise
        finally:
            imports.end_what_is_done(timezone.now())
        return source

    def _with_progress(self, found: Iterator[Entry], quiet: bool) -> Iterator[Entry]:
        yield from tqdm(found, desc="Importing", unit="photo", disable=None if not quiet else True)

    def _warn(self, running: list[Experiment]) -> None:
        for each in running:
            self.stderr.write(
                f"The sealed experiment {each.name} is running with photographs that players can now meet."
            )

    def _print(self, source: Import, set_name: str, made: bool, as_json: bool) -> None:
        refused = [{"file": each.name, "reason": _why(each)} for each in source.arrivals.filter(reason__isnull=False)]
        taken = source.arrivals.filter(imports.FATES["taken"])
        grave = Doubt.objects.filter(photo__in=taken.values("photo"), severity=Doubt.GRAVE, verdict="")
        imported, held = taken.count(), grave.values("photo").distinct().count()
        if as_json:
            told = {"imported": imported, "held": held, "refused": refused}
            self.stdout.write(json.dumps(told, ensure_ascii=False))
            return
        for each in refused:
            self.stdout.write(f"not used: {each['file']}: {each['reason']}")
        into = f"the new set {set_name}" if made else f"the set {set_name}"
        self.stdout.write(f"{imported} photos imported into {into}, {len(refused)} not used.")
        if held:
            self.stdout.write(f"{held} of them are shown to nobody until somebody has looked at them: see the admin.")


def _why(arrival: Arrival) -> str:
    words, values = arrival.reason or ("", {})
    return gettext(words) % values
