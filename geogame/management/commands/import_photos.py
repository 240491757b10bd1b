"""Import photos from a folder, a zip, or a table beside its files, into a photo set; broken off it goes on."""

import itertools
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from tqdm import tqdm

from geogame import imports
from geogame.darkroom import Darkroom
from geogame.management.commands import _importing
from geogame.models import Import, PhotoSet
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
        _importing.add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        found = entries(options["source"])  # read one by one: what a zip holds can be read only while it is open
        with _importing.telling():
            try:
                found = itertools.chain([next(found)], found)  # a source that cannot be read makes no set
            except StopIteration:
                raise CommandError(f"{options['source']} holds no picture.") from None
            photo_set, made = _importing.set_of(options)
            source = self._bring(photo_set, options["source"], self._with_progress(found, quiet=options["json"]))
        _importing.finish(self, source, made, options)

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
