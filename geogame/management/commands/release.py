"""Write an open release."""

import secrets
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from geogame import comparisons
from geogame.language import sentence
from geogame.management.commands import _selection
from geogame.release import writing
from geogame.release.words import LICENCES
from geogame.rules.refusals import Refused

SALT_BYTES = 32


class Command(BaseCommand):
    help = (
        "Write a directory that may be published: the duels of a selection with one machine (the one named, or the "
        "one that played most), data dictionary, licence, figures, a Frictionless data package and a script that "
        "recomputes the figures. People have pseudonyms that no other release has; what fewer than five people share "
        "(a group, a set, a country, a day …, or several of them together) is blank, and counts of so few are left "
        "out; no name is in it. Places and guesses are left out but for the sets named by --coordinates. Its README "
        "says what can still be linked."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("directory", type=Path, help="to write: must not be there yet, or be empty")
        parser.add_argument("--licence", choices=list(LICENCES), default="CC0-1.0")
        parser.add_argument(
            "--coordinates", action="append", default=[], metavar="SET",
            help="tell places and guesses of this set: only where everybody may know them; may be repeated",
        )  # fmt: skip
        parser.add_argument(
            "--coarse", action="store_true",
            help="round errors to two digits and no finer than 100 m, so that who knows one finds many rows",
        )  # fmt: skip
        parser.add_argument("--include-seen", action="store_true", help="with exhibits met before, too")
        parser.add_argument(
            "--include-out-of-domain", action="store_true",
            help="with machines out of their domain; an experiment keeps to what was sealed",
        )  # fmt: skip
        _selection.add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        more = {name: options[name] for name in ("include_seen", "include_out_of_domain")}
        chosen, folder = comparisons.meant(_selection.selection(options, **more)), options["directory"]
        salt = secrets.token_bytes(SALT_BYTES)  # kept nowhere
        try:
            told = writing.write(
                folder,
                chosen,
                options["licence"],
                options["coordinates"],
                salt,
                timezone.now(),
                coarse=options["coarse"],
            )
        except Refused as refusal:
            raise CommandError(sentence(refusal)) from refusal
        except OSError as error:
            raise CommandError(f"{folder} cannot be written: {error.strerror}.") from error
        counts = told["figures"]["counts"]
        self.stdout.write(f"{counts['duels']} duels of {counts['people']} people in {folder}.")
        self.stdout.write(f"Whoever gets it can check it: python3 -I {folder / 'recompute.py'}")
        for path in writing.left_over(folder):
            self.stdout.write(f"{path} is left of a release that was cut short, if none is being written: delete it.")
