"""Print the comparison of people and a machine over a selection of games."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from geogame import comparisons, findings
from geogame.language import sentence
from geogame.management.commands import _selection
from geogame.rules.refusals import Refused
from geogame.statistics.paper import PAPER

COUNTS = ("duels", "rounds", "people_won", "machine_won", "ties", "missing_people", "missing_machine")
KEYS = (*COUNTS, "people_median_km", "machine_median_km")


class Command(BaseCommand):
    help = (
        "Print duels, rounds, who won how many, ties, missing answers and both median errors with their 95 % "
        "intervals, for all games or a selection. A duel is one person's first exposure to an exhibit against one "
        "machine: the one that is named, or the one that played most. A missing answer ranks behind every distance. "
        "Machines on pictures of another kind than they were trained on are left out."
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
            report = comparisons.build(chosen)
        except Refused as refusal:
            raise CommandError(sentence(refusal)) from refusal
        if options["json"]:
            self.stdout.write(json.dumps(as_json(report)))
            return
        for line in lines(report):
            self.stdout.write(line)


def as_json(report: findings.Report) -> dict[str, Any]:
    """Return the headline numbers, all intervals, and the machine they are about."""
    seen = report["figures"]
    return {
        **{key: seen["counts"][key] if key in COUNTS else seen[key] for key in KEYS},
        **{key: report[key] for key in ("intervals", "machine", "machines")},
    }


def lines(report: findings.Report) -> list[str]:
    """Return the comparison as lines of text."""
    seen, cells = report["figures"], findings.figures(report)
    counts = seen["counts"]

    def sure(name: str) -> str:
        cell = cells[name]
        return f"{cell.text} ({cell.interval})" if cell.interval else cell.text

    return [
        *_machines(report),
        f"duels             {counts['duels']}   (rounds: {counts['rounds']}; neither answered: {counts['no_duel']})",
        f"won by people     {counts['people_won']}   {sure('win_rate')} of those decided",
        f"won by machine    {counts['machine_won']}",
        f"ties              {counts['ties']}",
        f"missing answers   people {counts['missing_people']}, machine {counts['missing_machine']}",
        f"median error      people {sure('people_median_km')}, machine {sure('machine_median_km')}",
        f"  of answers only people {cells['people_median_answered_km'].text}, "
        f"machine {cells['machine_median_answered_km'].text}",
        f"difference        of medians {sure('difference_of_medians_km')}, "
        f"median of paired ones {sure('median_of_paired_differences_km')}",
        f"the paper (2016)  machine won {PAPER['machine_won']} of {PAPER['rounds']}; median error people "
        f"{PAPER['people_median_km']} km, machine {PAPER['machine_median_km']} km (Street View, other photos)",
        "In brackets: 95 % intervals.",
    ]


def _machines(report: findings.Report) -> list[str]:
    """Say which machine this is about, and which others there are."""
    first, *others = [
        f"{each['name']} ({each['opponent']}, weights {each['weights']}; {each['guesses']} guesses)"
        for each in report["machines"]
    ] or ["none"]
    more = [f"  not compared    {name}" for name in others]
    return [f"the machine       {first}", *more, *(["  name one by --opponent and --weights"] if more else [])]
