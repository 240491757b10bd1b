"""Print the comparison of people and machines over a selection of games."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from geogame import records
from geogame.language import sentence
from geogame.management.commands import _selection
from geogame.rules.refusals import Refused
from geogame.statistics.comparison import PAPER, Comparison

KEYS = (
    "duels",
    "rounds",
    "people_won",
    "machine_won",
    "ties",
    "missing_people",
    "missing_machine",
    "people_median_km",
    "machine_median_km",
)


class Command(BaseCommand):
    help = (
        "Print duels, rounds, who won how many, ties, missing answers and both median errors, for all games or a "
        "selection. A duel is one person's first exposure to an exhibit against one machine. A missing answer ranks "
        "behind every distance. Machines on pictures of another kind than they were trained on are left out."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        _selection.add_arguments(parser)
        parser.add_argument("--include-seen", action="store_true", help="count exhibits met before, too")
        parser.add_argument("--include-out-of-domain", action="store_true", help="count machines out of their domain")
        parser.add_argument("--json", action="store_true", help="print JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        more = {name: options[name] for name in ("include_seen", "include_out_of_domain")}
        chosen = _selection.selection(options, **more)
        try:
            result = records.comparison(chosen)
        except Refused as refusal:
            raise CommandError(sentence(refusal)) from refusal
        if options["json"]:
            self.stdout.write(json.dumps({key: result.as_dict()[key] for key in KEYS}))
            return
        for line in lines(result):
            self.stdout.write(line)


def lines(result: Comparison) -> list[str]:
    """Return the comparison as lines of text."""
    return [
        f"duels             {result.duels}   (rounds: {result.rounds}; neither answered: {result.no_duel})",
        f"won by people     {result.people_won}",
        f"won by machine    {result.machine_won}",
        f"ties              {result.ties}",
        f"missing answers   people {result.missing_people}, machine {result.missing_machine}",
        f"median error      people {_km(result.people_median_km)}, machine {_km(result.machine_median_km)}",
        f"  of answers only people {_km(result.people_median_answered_km)}, "
        f"machine {_km(result.machine_median_answered_km)}",
        f"the paper (2016)  machine won {PAPER['machine_won']} of {PAPER['rounds']}; median error people "
        f"{PAPER['people_median_km']} km, machine {PAPER['machine_median_km']} km (Street View, other photos)",
    ]


def _km(value: float | None) -> str:
    return "none" if value is None else f"{value:,.1f} km"
