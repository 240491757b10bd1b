"""What a report says, in words: each number as it is printed, a sentence for each chart, a table behind each.

Page, socket and alternative texts take theirs from here, so that they cannot disagree.
"""

from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from geogame.statistics.errors import THRESHOLDS_KM
from geogame.statistics.paper import PAPER
from geogame.statistics.resampling import share_name

Report = dict[str, Any]
SHOWN_DUELS = 50  # one by one, in chart and table
EVERY = 4  # point of a curve stands in its table


@dataclass(frozen=True)
class Cell:
    """A number as it is printed, and how sure it is."""

    name: str
    text: str
    interval: str = ""


@dataclass(frozen=True)
class Finding:
    """A chart in words: its heading, what it shows in a sentence, the numbers behind it, where its method is told."""

    name: str
    title: str
    sentence: str
    head: list[str]
    rows: list[list[str]]
    methods: list[str] = field(default_factory=list)


def km(value: float | None) -> str:
    """Print a distance: 850 m, 12.4 km, 1,131 km; none where a median falls on a missing answer."""
    if value is None:
        return str(_("none"))
    if value < 1:
        return f"{value * 1000:.0f} m"
    return f"{value:.1f} km" if value < 100 else f"{value:,.0f} km"


def signed_km(value: float | None) -> str:
    if value is None:
        return str(_("cannot be told"))
    return f"{'+' if value > 0 else '−' if value < 0 else ''}{km(abs(value))}"


def share(value: float | None) -> str:
    return "–" if value is None else f"{value * 100:.1f} %"


def _between(ends: dict[str, Any], printed: Any) -> str:
    """Print an interval; an end that nothing bounds reads "none", and without any end nothing is said."""
    low, high = ends["low"], ends["high"]
    if low is None and high is None:
        return ""
    return str(_("%(low)s to %(high)s") % {"low": _end(low, printed), "high": _end(high, printed)})


def _end(value: float | None, printed: Any) -> str:
    return str(_("no bound")) if value is None else str(printed(value))


def figures(report: Report) -> dict[str, Cell]:
    """Return all numbers of the page by name."""
    seen, ends = report["figures"], report["intervals"]
    printed: dict[str, Any] = {
        "win_rate": share,
        "win_rate_ties_half": share,
        "people_median_km": km,
        "machine_median_km": km,
        "difference_of_medians_km": signed_km,
        "median_of_paired_differences_km": signed_km,
    }
    cells = [Cell(name, f"{count:,}") for name, count in seen["counts"].items()]
    cells += [Cell(name, show(seen[name]), _between(ends[name], show)) for name, show in printed.items()]
    cells += [Cell(name, km(seen[name])) for name in ("people_median_answered_km", "machine_median_answered_km")]
    cells += [Cell(name, share(value), _between(ends[name], share)) for name, value in seen["within"].items()]
    cells.append(Cell("anytime", _between(report["anytime"], share)))
    cells.append(Cell("design_effect", _number(report["clustering"]["design_effect"])))
    cells += [Cell(_enough_name(each), f"{each['duels']:,}") for each in report["enough"]]
    return {cell.name: cell for cell in cells}


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def _enough_name(each: dict[str, Any]) -> str:
    return f"enough_{each['rate'] * 100:.0f}"


def enough(report: Report) -> list[dict[str, Any]]:
    """Return what would be needed to notice each of the rates that were fixed in advance."""
    cells = figures(report)
    return [
        {"rate": f"{each['rate'] * 100:.0f} %", "units": f"{each['units']:,}", "duels": cells[_enough_name(each)]}
        for each in report["enough"]
    ]


def thresholds(report: Report) -> list[dict[str, Any]]:
    """Return both sides' shares at the five thresholds."""
    cells = figures(report)
    return [
        {"name": name, "km": f"{at:,.0f} km", **{side: cells[share_name(side, at)] for side in ("people", "machine")}}
        for at, name in zip(THRESHOLDS_KM, _scales(), strict=True)
    ]


def _scales() -> list[str]:
    return [_("street"), _("city"), _("region"), _("country"), _("continent")]


def tests(report: Report) -> dict[str, Any] | None:
    """Return the tests of a sealed experiment; None where nothing was sealed."""
    told = report.get("significance")
    if not told:
        return None
    unit = _("exhibits") if told["unit"] == "exhibit" else _("people")
    names = ("sign_flips_p", "sign_test_p", "wilcoxon_p")
    return told | {"unit_name": unit, "holds_for": _holds_for(told), **{name: p_value(told[name]) for name in names}}


def _holds_for(told: dict[str, Any]) -> str:
    """Say of whom the tests speak, and whether they can be believed."""
    if told["unit"] == "exhibit":
        return _("They are taken for independent of each other, and the tests speak of these people before other "
                 "photographs like these.")  # fmt: skip
    if told.get("too_small"):
        return _("But some photographs were met by several people, so that these are not independent of each other: "
                 "the p-values are too small, and are no proof.")  # fmt: skip
    return _("They are taken for independent of each other, and the tests speak of other people like these.")


def p_value(p: float | None) -> str:
    return "–" if p is None else "< 0.001" if p < 0.001 else f"{p:.3f}"


def live(report: Report) -> dict[str, Any]:
    """Return what a page that is open needs to become this report: numbers and sentences as they are printed."""
    cells = figures(report).values()
    counts, told = report["figures"]["counts"], all_of(report)
    return {
        "figures": {cell.name: cell.text for cell in cells},
        "intervals": {cell.name: cell.interval for cell in cells},
        "findings": {each.name: each.sentence for each in told},
        "drawn": [each.name for each in told if each.rows],
        "bar": {name: counts[name] for name in ("people_won", "ties", "machine_won")},
    }


def all_of(report: Report) -> list[Finding]:
    """Return every chart in words, in the page's order."""
    return [
        wins(report), medians(report), curves(report), near(report), pairs(report), crowds(report), squares(report),
        calibration(report),
    ]  # fmt: skip


def wins(report: Report) -> Finding:
    cells, counts = figures(report), report["figures"]["counts"]
    rate, decided = cells["win_rate"], counts["people_won"] + counts["machine_won"]
    words = ngettext(
        "People won %(won)s of %(n)s decided duel, %(rate)s.", "People won %(won)s of %(n)s decided duels, %(rate)s.",
        decided,
    ) % {"won": cells["people_won"].text, "n": f"{decided:,}", "rate": rate.text}  # fmt: skip
    if not decided:
        words = _("No duel is decided yet.")
    sure = _(" With 95 %% confidence it lies from %(interval)s.") % {"interval": rate.interval} if rate.interval else ""
    paper = _("2016 (Street View, other photos)")
    return Finding(
        "wins", _("Who won how many duels"), words + sure, ["", _("duels")],
        [
            [_("won by people"), cells["people_won"].text],
            [_("won by the machine"), cells["machine_won"].text],
            [_("ties"), cells["ties"].text],
            [_("neither answered: no duel"), cells["no_duel"].text],
            [_("share of decided duels won by people"), _sure(rate)],
            [_("the same, may be watched all the time"), cells["anytime"].text or "–"],
            [paper, _("28 of 50 won by the machine")],
        ],
        ["win_rate", "outcomes", "bootstrap", "anytime"],
    )  # fmt: skip


def _sure(cell: Cell) -> str:
    return f"{cell.text} ({cell.interval})" if cell.interval else cell.text


def medians(report: Report) -> Finding:
    cells = figures(report)
    people, machine = cells["people_median_km"], cells["machine_median_km"]
    words = " ".join([_half(_("people"), people, report), _half(_("the machine"), machine, report)])
    return Finding(
        "medians", _("How far off: the answer in the middle"), words, ["", _("People"), _("Machine")],
        [
            [_("median error"), _sure(people), _sure(machine)],
            [_("of given answers only"), cells["people_median_answered_km"].text,
             cells["machine_median_answered_km"].text],
            [_("2016 (Street View, other photos)"), f"{PAPER['people_median_km']:,} km",
             f"{PAPER['machine_median_km']:,} km"],
        ],
        ["median", "machine_once", "bootstrap"],
    )  # fmt: skip


def _half(side: str, median: Cell, report: Report) -> str:
    """Say how far half of a side's answers were, or that so many are missing."""
    if report["figures"][median.name] is None:
        return _("Of %(side)s half of the answers or more are missing.") % {"side": side}
    return _("Half of the answers of %(side)s were within %(km)s.") % {"side": side, "km": median.text}


def curves(report: Report) -> Finding:
    told, cells = report["curves"], figures(report)
    name = {side: cells[share_name(side, 750)].text for side in ("people", "machine")}
    words = _("Within 750 km lay %(people)s of people's answers and %(machine)s of the machine's.")
    rows = [
        [km(at), share(people), share(machine)]
        for at, people, machine in zip(told["km"], told["people"], told["machine"], strict=True)
    ]
    return Finding(
        "curves", _("How many answers were how near"), words % name,
        [_("at most so far off"), _("People"), _("Machine")], rows[::EVERY], ["curve"],
    )  # fmt: skip


def near(report: Report) -> Finding:
    rows = thresholds(report)
    words = [
        _("Within %(km)s (%(name)s) were %(people)s of people's answers and %(machine)s of the machine's.")
        % {**row, "people": row["people"].text, "machine": row["machine"].text}
        for row in rows
    ]
    return Finding(
        "thresholds", _("Street, city, region, country, continent"), " ".join(words[1:3]),
        [_("within"), _("People"), _("Machine")],
        [[f"{row['km']} ({row['name']})", _sure(row["people"]), _sure(row["machine"])] for row in rows],
        ["share_within", "bootstrap"],
    )  # fmt: skip


def pairs(report: Report) -> Finding:
    last = report["pairs"][-SHOWN_DUELS:]
    rows = [[f"{number}", km(p), km(m), _nearer(p, m)] for number, (p, m) in enumerate(last, start=1)]
    ahead = sum(row[3] == _("people") for row in rows)
    words = ngettext(
        "In the only duel so far people were nearer %(ahead)s times.",
        "Of the last %(n)s duels people were nearer in %(ahead)s.", len(last),
    ) % {"n": len(last), "ahead": ahead}  # fmt: skip
    return Finding(
        "pairs", _("Duel by duel"), words if last else _("There is no duel yet."),
        [_("duel, oldest first"), _("person"), _("machine"), _("nearer")], rows,
        ["outcomes", "median_of_paired_differences"],
    )  # fmt: skip


def _nearer(person: float | None, machine: float | None) -> str:
    """As duels are won: to the metre; a missing answer is behind every other."""
    metres = [float("inf") if each is None else round(each * 1000) for each in (person, machine)]
    return _("even") if metres[0] == metres[1] else _("people") if metres[0] < metres[1] else _("machine")


def squares(report: Report) -> Finding:
    found = report["map"]
    people = sum(each["people_won"] > each["machine_won"] for each in found)
    machine = sum(each["people_won"] < each["machine_won"] for each in found)
    words = ngettext(
        "Of %(n)s square people won more duels in %(people)s, the machine in %(machine)s.",
        "Of %(n)s squares people won more duels in %(people)s, the machine in %(machine)s.", len(found),
    ) % {"n": len(found), "people": people, "machine": machine}  # fmt: skip
    rows = [
        [_square(each), str(each["people_won"]), str(each["machine_won"]), str(each["ties"])]
        for each in sorted(found, key=lambda each: (-each["lat"], each["lng"]))
    ]
    return Finding(
        "map", _("Where people beat the machine"),
        words if found else _("No square of ten degrees has five duels yet."),
        [_("square"), _("won by people"), _("won by the machine"), _("ties")], rows, ["squares"],
    )  # fmt: skip


def _square(each: dict[str, Any]) -> str:
    south, west = int(each["lat"]), int(each["lng"])
    return f"{_degrees(south, 'N', 'S')} – {_degrees(south + 10, 'N', 'S')}, {_degrees(west, 'E', 'W')} – {_degrees(west + 10, 'E', 'W')}"  # noqa: E501


def _degrees(value: int, above: str, below: str) -> str:
    return f"{abs(value)}° {above if value > 0 else below if value < 0 else ''}".strip()


def crowds(report: Report) -> Finding:
    told = report["crowds"] or {"crowds": [], "make_one": None}
    rows = [[str(each["people"]), km(each["median_km"]), share(each["win_share"])] for each in told["crowds"]]
    one = told["make_one"]
    if not rows:
        words = _("There are too few guesses yet.")
    elif one is None:
        words = ngettext(
            "One person alone does worse than the machine, and no photo was guessed at by more.",
            "Not even %(n)s people, put together, do as well as the machine.", len(rows),
        ) % {"n": len(rows)}  # fmt: skip
    else:
        words = ngettext(
            "One person does as well as the machine.", "It takes %(n)s people, put together, to make one machine.", one
        ) % {"n": one}
    return Finding(
        "crowds", _("How many people make one PlaNet"), words,
        [_("people"), _("median error"), _("duels won")], rows, ["crowds", "geometric_median"],
    )  # fmt: skip


def calibration(report: Report) -> Finding:
    told = report["calibration"] or {}
    rows = [
        [f"{radius} km", f"{share(each['low'])} – {share(each['high'])}", str(each["answers"]), share(each["said"]),
         f"{share(each['came_true'])} ({_between(each['interval'], share)})"]
        for radius, here in told.items()
        for each in here["bins"]
    ]  # fmt: skip
    return Finding(
        "calibration", _("Does the machine know what it knows?"), _sureness(told),
        [_("distance"), _("it said"), _("answers"), _("it said, on average"), _("came true")], rows,
        ["reliability", "brier_score", "wilson"],
    )  # fmt: skip


def _sureness(told: dict[str, Any]) -> str:
    """On average, how sure it was of the region, and how often it was right."""
    here = told.get("200")
    if not here:
        return _("The machine has not said yet how sure it is.")
    answers = sum(each["answers"] for each in here["bins"])
    said, true = (
        sum(each[name] * each["answers"] for each in here["bins"]) / answers for name in ("said", "came_true")
    )
    words = _("That the place lay within 200 km of its answer it held to be %(said)s probable on average; so it was in "
              "%(true)s of %(n)s answers.")  # fmt: skip
    return words % {"said": share(said), "true": share(true), "n": f"{answers:,}"}
