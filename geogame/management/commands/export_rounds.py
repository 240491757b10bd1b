"""Export one row for each guess of the closed rounds."""

import csv
import json
import sys
from argparse import ArgumentParser
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Any

from django.core.management.base import BaseCommand, CommandError

from geogame import records
from geogame.language import sentence
from geogame.management.commands import _selection
from geogame.rules.refusals import Refused

FORMULA = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet would run a text cell that starts so


class Command(BaseCommand):
    help = "Write one row for each guess of all closed rounds, missing guesses included. Distances are in kilometres."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--format", choices=["csv", "ndjson"], default="csv")
        parser.add_argument("--output", type=Path, help="file to write (default: standard output)")
        _selection.add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            rows = records.rows(_selection.selection(options))
        except Refused as refusal:
            raise CommandError(sentence(refusal)) from refusal
        write = write_csv if options["format"] == "csv" else write_ndjson
        try:
            if options["output"] is None:
                write(rows, sys.stdout)
                return
            with options["output"].open("w", encoding="utf-8", newline="") as out:
                count = write(rows, out)
        except Refused as refusal:
            raise CommandError(sentence(refusal)) from refusal
        except OSError as error:
            raise CommandError(f"{options['output']} cannot be written: {error.strerror}.") from error
        self.stdout.write(f"{count} rows written to {options['output']}.")


def write_csv(rows: Iterable[dict[str, Any]], out: IO[str]) -> int:
    """Write rows as CSV; texts that a spreadsheet would run as a formula get an apostrophe in front."""
    writer = csv.DictWriter(out, records.COLUMNS, lineterminator="\n")
    writer.writeheader()
    count = 0
    for row in rows:
        writer.writerow({name: _cell(value) for name, value in row.items()})
        count += 1
    return count


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return str(value).lower()
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value


def write_ndjson(rows: Iterable[dict[str, Any]], out: IO[str]) -> int:
    """Write rows as JSON, one object a line."""
    count = 0
    for row in rows:
        out.write(json.dumps(row, ensure_ascii=False) + "\n")
        count += 1
    return count
