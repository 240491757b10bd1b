"""Export one row for each guess of the closed rounds."""

import os
import sys
from argparse import ArgumentParser
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from geogame.export import columns, facts, formats
from geogame.export.dictionary import markdown
from geogame.language import sentence
from geogame.management.commands import _selection
from geogame.rules.refusals import Refused

STANDARD = Path("-")  # output, as other programs call it


class Command(BaseCommand):
    help = (
        "Write one row for each guess of all closed rounds, missing guesses included. Distances are in kilometres. "
        "People bear pseudonyms. Left out are skipped rounds, seats that staff voided, experiments whose sealed number "
        "is not reached and what their rules exclude. The rows tell the places of photos in play: they are not to be "
        "published; `release` writes what may be."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--format", choices=list(formats.FORMATS), default="csv")
        parser.add_argument("--output", type=Path, help="file to write; -, as is the default: standard output")
        parser.add_argument("--names", action="store_true", help="people's names in place of pseudonyms")
        parser.add_argument("--voided", action="store_true", help="with the rows of seats that staff voided")
        parser.add_argument("--dictionary", action="store_true", help="print what the columns mean, and nothing else")
        _selection.add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        if options["dictionary"]:
            self.stdout.write("\n".join(markdown(columns.COLUMNS)))
            return
        tally = formats.Tally()
        try:
            chosen = _selection.selection(options)
            pages = tally.count(facts.pages(chosen, timezone.now(), voided=options["voided"]))
        except Refused as refusal:
            raise CommandError(sentence(refusal)) from refusal
        wanted = columns.NAMED if options["names"] else columns.COLUMNS
        parts = formats.FORMATS[options["format"]].parts(wanted, pages)
        if options["output"] in (None, STANDARD):
            _print(parts, options["format"])
            return
        _save(parts, options["output"])
        self.stdout.write(f"{tally.rows} rows written to {options['output']}.")


def _print(parts: Iterable[bytes], kind: str) -> None:
    if kind == "parquet" and sys.stdout.isatty():
        raise CommandError("Parquet is no text; name a file with --output.")
    try:
        _write(parts, sys.stdout.buffer)
        sys.stdout.buffer.flush()
    except BrokenPipeError:  # whoever read has enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _save(parts: Iterable[bytes], path: Path) -> None:
    try:
        with path.open("wb") as out:
            _write(parts, out)
    except OSError as error:
        raise CommandError(f"{path} cannot be written: {error.strerror}.") from error


def _write(parts: Iterable[bytes], out: IO[bytes]) -> None:
    for part in parts:
        out.write(part)
