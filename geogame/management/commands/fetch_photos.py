"""Ask Wikimedia Commons or Mapillary for photos of a place, an area or a country; broken off it goes on."""

import time
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext
from tqdm import tqdm

from geogame import imports, tasks
from geogame.darkroom import Darkroom
from geogame.imports import Reader
from geogame.management.commands import _importing
from geogame.models import Arrival, Import

OF_A_SPOT = 5  # photos, unless somebody wants more: a country is not to be its capital
LOOK_S = 0.5  # between two looks at a file that a worker of the game has in hand


def up_to(most: int) -> Callable[[str], int]:
    def number(text: str) -> int:
        if not text.isdecimal() or not 1 <= int(text) <= most:
            raise ArgumentTypeError(f"from 1 to {most}")
        return int(text)

    return number


class Command(BaseCommand):
    help = (
        "Ask a service for photos, with their places, authors and licences, and bring them into a set. Wikimedia "
        "Commons (COMMONS_CONTACT says who asks) is asked around a place, in an area or around the towns of a country; "
        "Mapillary (MAPILLARY_TOKEN) in an area. What cannot be used is reported file by file. What was broken off "
        "goes on when the same command is run again."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        service = parser.add_mutually_exclusive_group(required=True)
        service.add_argument(
            "--commons", dest="service", action="store_const", const=imports.COMMONS, help="ask Wikimedia Commons"
        )
        service.add_argument(
            "--mapillary", dest="service", action="store_const", const=imports.MAPILLARY, help="ask Mapillary"
        )
        place = parser.add_mutually_exclusive_group(required=True)
        place.add_argument("--place", nargs=2, type=float, metavar=("LAT", "LNG"), help="within 10 km; Commons only")
        place.add_argument("--box", nargs=4, type=float, metavar=("SOUTH", "WEST", "NORTH", "EAST"), help="in degrees")
        place.add_argument("--where", help="a country (FR) or a continent (+AF); Commons only")
        parser.add_argument(
            "--most", type=up_to(imports.MOST_ASKED), default=100, help="so many photos at most (default: 100)"
        )
        parser.add_argument(
            "--each", type=up_to(imports.MOST_OF_A_SPOT),
            help=f"so many from one spot at most; Commons only (default: {OF_A_SPOT}, around a --place all)",
        )  # fmt: skip
        _importing.add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        asked = _question(options)
        with _importing.telling():
            tasks.network_of(Import(kind=options["service"], asked=asked))  # what cannot be asked makes no set
            photo_set, made = _importing.set_of(options)
            source = imports.resumed(photo_set, options["service"], asked, timezone.now())
            _bring(source, quiet=options["json"])
        told = Import.objects.select_related("photo_set").filter(pk=source.pk).first()
        if told is None:
            raise CommandError("The set was deleted meanwhile.")
        _importing.finish(self, told, made, options)
        if told.failure:
            words, values = told.failure
            raise CommandError(gettext(words) % values)


def _question(options: dict[str, Any]) -> dict[str, Any]:
    """Return what is asked, as `tasks.network_of` reads it; no worker of the game asks it, too. Raises CommandError."""
    asked = {name: options[name] for name in ("most", "each", "place", "box", "where") if options[name]}
    if options["service"] == imports.MAPILLARY and asked.keys() & {"each", "place", "where"}:
        raise CommandError("Mapillary is asked for a --box, and knows no --each.")
    if options["service"] == imports.COMMONS and not options["place"]:
        asked.setdefault("each", OF_A_SPOT)
    return {**asked, "command": "fetch_photos"}


def _bring(source: Import, quiet: bool) -> None:
    """Ask page by page, and make photos of what comes, until all is done."""
    with Darkroom() as room:
        for _arrival in tqdm(_fetched(source), desc="Fetching", unit="photo", disable=None if not quiet else True):
            _develop(room)
        while imports.progress(source)["counts"]["waiting"]:
            if not _develop(room):
                time.sleep(LOOK_S)
    imports.end_what_is_done(timezone.now())


def _fetched(source: Import) -> Iterator[Arrival]:
    while imports.is_open(source):
        yield from imports.fetched(source, partial(tasks.network_of, source), timezone.now)


def _develop(room: Reader) -> int:
    """Work at what has arrived, as a worker does; return how many files that were."""
    count = 0
    while arrival := imports.take_up(timezone.now()):
        imports.work(arrival, room, timezone.now())
        count += 1
    return count
