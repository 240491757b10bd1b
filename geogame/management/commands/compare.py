"""Print the comparison of people and a machine over a selection of games."""

import json
import textwrap
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import ngettext

from geogame import comparisons, findings
from geogame.language import sentence
from geogame.management.commands import _selection
from geogame.rules.refusals import Refused
from geogame.statistics.paper import PAPER

NOT_OF_A_SELECTION = ("boards", "choices")  # what a report of everything holds besides
WIDTH = 100  # of a line of text


class Command(BaseCommand):
    help = (
        "Print what the page on the comparison tells, for all games or a selection: duels, rounds, who won how many, "
        "both median errors, the five distances, how many people make one machine and whether it knows what it knows, "
        "with 95 % intervals; and the tests of an experiment that is finished. A duel is one person's first exposure "
        "to an exhibit against one machine: the one that is named, or the one that played most. A missing answer ranks "
        "behind every distance. Machines on pictures of another kind than they were trained on are left out."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        _selection.add_arguments(parser)
        parser.add_argument("--include-seen", action="store_true", help="count exhibits met before, too")
        parser.add_argument(
            "--include-out-of-domain", action="store_true",
            help="count machines out of their domain; an experiment keeps to what was sealed",
        )  # fmt: skip
        parser.add_argument("--tables", action="store_true", help="print the numbers behind each chart, too")
        parser.add_argument("--json", action="store_true", help="print all of it as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        more = {name: options[name] for name in ("include_seen", "include_out_of_domain")}
        chosen = comparisons.meant(_selection.selection(options, **more))
        try:
            report = comparisons.build(chosen)
        except Refused as refusal:
            raise CommandError(sentence(refusal)) from refusal
        if options["json"]:
            self.stdout.write(json.dumps(as_json(report)))
            return
        for line in lines(report, tables=options["tables"]):
            self.stdout.write(line)


def as_json(report: findings.Report) -> dict[str, Any]:
    """Return the whole report of the selection, its counts and figures by their names at the top."""
    seen = report["figures"]
    rest = {name: value for name, value in report.items() if name not in NOT_OF_A_SELECTION}
    return {**seen["counts"], **{name: value for name, value in seen.items() if name != "counts"}, **rest}


def lines(report: findings.Report, *, tables: bool = False) -> list[str]:
    """Return the comparison as lines of text."""
    counts, cells = report["figures"]["counts"], findings.figures(report)

    def sure(name: str) -> str:
        cell = cells[name]
        return f"{cell.text} ({cell.interval})" if cell.interval else cell.text

    return [
        *_machines(report),
        f"duels             {counts['duels']}   (rounds: {counts['rounds']}; people: {counts['people']}; "
        f"places: {counts['exhibits']}; neither answered: {counts['no_duel']})",
        f"won by people     {counts['people_won']}   {sure('win_rate')} of those decided; a tie being half: "
        f"{sure('win_rate_ties_half')}",
        *([] if findings.is_sealed(report) else [f"  mean by game    {sure('watched')}, however often one looks"]),
        f"won by machine    {counts['machine_won']}",
        f"ties              {counts['ties']}",
        f"missing answers   people {counts['missing_people']}, machine {counts['missing_machine']} (once in a round)",
        f"median error      people {sure('people_median_km')}, machine {sure('machine_median_km')}",
        f"  of answers only people {cells['people_median_answered_km'].text}, "
        f"machine {cells['machine_median_answered_km'].text}",
        f"difference        of medians {sure('difference_of_medians_km')}, "
        f"median of paired ones {sure('median_of_paired_differences_km')}",
        *_distances(report),
        *_tests(report),
        *_enough(report),
        f"the paper (2016)  machine won {PAPER['machine_won']} of {PAPER['rounds']}; median error people "
        f"{PAPER['people_median_km']} km, machine {PAPER['machine_median_km']} km (Street View, other photos)",
        "In brackets: 95 % intervals; but for the mean by game each holds for one look.",
        *(line for each in findings.all_of(report) for line in _finding(each, tables=tables)),
    ]


def _distances(report: findings.Report) -> list[str]:
    told = findings.thresholds(report)

    def sure(cell: findings.Cell) -> str:
        return f"{cell.text} ({cell.interval})" if cell.interval else cell.text

    return [f"within {row['km']:<10} people {sure(row['people'])}, machine {sure(row['machine'])}" for row in told]


def _tests(report: findings.Report) -> list[str]:
    """Return the tests of a sealed experiment, the sealed one first."""
    told = findings.tests(report)
    if not told:
        return []
    ahead = f"people ahead in {told['people_ahead']}, the machine in {told['machine_ahead']}"
    found = [
        f"  {each['title']} = {each['p']} ({'sealed beforehand' if each['is_sealed'] else 'not sealed: descriptive'})"
        for each in told["found"]
    ]
    return [f"tests             of {told['units']} {told['unit_name']}: {ahead}", *found, f"  {told['holds_for']}"]


def _enough(report: findings.Report) -> list[str]:
    return [
        f"to notice {each['rate']:<7} {each['units']} independent duels, {each['duels'].text} as they hang together"
        for each in findings.enough(report)
    ]


def _finding(told: findings.Finding, *, tables: bool) -> list[str]:
    """Return a chart in words, and the numbers behind it."""
    rows = [told.head, *told.rows] if tables and told.rows else []
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    cells = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return ["", told.title, *textwrap.wrap(told.sentence, WIDTH), *(f"  {line}" for line in cells)]


def _machines(report: findings.Report) -> list[str]:
    """Say which machine this is about, and which others there are."""
    first, *others = [
        f"{each['name']} ({each['opponent']}, weights {each['weights']}; {_guesses(each['guesses'])})"
        for each in report["machines"]
    ] or ["none"]
    more = [f"  not compared    {name}" for name in others]
    return [f"the machine       {first}", *more, *(["  name one by --opponent and --weights"] if more else [])]


def _guesses(count: int) -> str:
    return ngettext("%(n)s guess", "%(n)s guesses", count) % {"n": count}
