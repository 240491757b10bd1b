"""What a report says, in words: each number as it is printed, a sentence for each chart, a table behind each.

Page, socket, command and alternative texts take theirs from here, so that they cannot disagree.
"""

from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from geogame.statistics.errors import THRESHOLDS_KM
from geogame.statistics.paper import PAPER
from geogame.statistics.resampling import share_name

Report = dict[str, Any]
SHOWN_DUELS = 50  # one by one, in chart and table
EVERY = 4  # point of a curve stands in its table


BARS = gettext_noop("Bars: 95 % intervals, each for one look.")


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
    marks: str = ""  # what is drawn, where no word in the drawing says it


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


def paper() -> dict[str, str]:
    """Return the paper's own figures as they are printed beside ours."""
    people, machine = PAPER["people_median_km"], PAPER["machine_median_km"]
    return {
        "people_median_km": f"{people:,} km",
        "machine_median_km": f"{machine:,} km",
        "win_rate": share((PAPER["rounds"] - PAPER["machine_won"]) / PAPER["rounds"]),
        "difference_of_medians_km": signed_km(people - machine),
    }


def share(value: float | None) -> str:
    return "–" if value is None else f"{value * 100:.1f} %"


def _or_none(count: int) -> str:
    """Print a count within a sentence: none, 1, 2, …"""
    return f"{count:,}" if count else _("none")


def _between(value: float | None, ends: dict[str, Any], printed: Any) -> str:
    """Print a figure's interval; an end that nothing bounds reads "no bound". Without a figure nothing is said."""
    low, high = ends["low"], ends["high"]
    if value is None:
        return ""
    if ends.get("alike"):
        return str(_("too few different answers to tell"))
    if (low is None and high is None) or (printed is share and low == 0 and high == 1):
        return str(_("too few to tell"))
    return str(_("%(low)s to %(high)s") % {"low": _end(low, printed), "high": _end(high, printed)})


def _told(name: str, value: float | None, intervals: dict[str, Any], printed: Any) -> str:
    """Print the interval of that name; of who won there is none while anybody may look again and again."""
    return _between(value, intervals[name], printed) if name in intervals else ""


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
    cells += [Cell(name, show(seen[name]), _told(name, seen[name], ends, show)) for name, show in printed.items()]
    cells += [Cell(name, km(seen[name])) for name in ("people_median_answered_km", "machine_median_answered_km")]
    cells += [Cell(name, share(value), _between(value, ends[name], share)) for name, value in seen["within"].items()]
    watched = report["watched"]
    cells.append(Cell("watched", share(watched["mean"]), _between(watched["mean"], watched["interval"], share)))
    cells.append(Cell("watched_units", f"{watched['units']:,}"))
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


P_VALUES = ("sign_flips_p", "sign_test_p", "wilcoxon_p")


def tests(report: Report) -> dict[str, Any] | None:
    """Return the tests of a sealed experiment, and which of them was sealed; None where nothing was sealed."""
    told = report.get("significance")
    if not told:
        return None
    by_exhibit, rule = told["unit"] == "exhibit", told.get("sealed", {})
    unit = ngettext("exhibit", "exhibits", told["units"]) if by_exhibit else ngettext("person", "people", told["units"])
    titles = (_("flipping signs, p"), _("sign test, p"), _("Wilcoxon, p"))
    sealed = rule.get("p_value")
    found = [
        {"anchor": name.removesuffix("_p"), "title": title, "p": p_value(told[name]), "is_sealed": name == sealed}
        for name, title in zip(P_VALUES, titles, strict=True)
    ]
    ordered = sorted(found, key=lambda each: not each["is_sealed"])
    return told | {
        "unit_name": unit,
        "holds_for": f"{_holds_for(told)} {cannot_decide(told['units'], rule.get('level_percent'))}".strip(),
        "found": ordered,
        "level": rule.get("level_percent"),
    }


def _holds_for(told: dict[str, Any]) -> str:
    """Say of whom the tests speak, and whether they can be believed."""
    if told["units"] < 2:
        return _("Of so few nothing can be told of others.")
    if told["unit"] == "exhibit":
        return _("They are taken for independent of each other, and the tests speak of these people before other "
                 "photographs like these.")  # fmt: skip
    if told.get("too_small"):
        return _("But some photographs were met by several people, so that these are not independent of each other: "
                 "the p-values are too small, and are no proof.")  # fmt: skip
    return _("They are taken for independent of each other, and the tests speak of other people like these.")


def cannot_decide(units: int, level_percent: float | None) -> str:
    """Say so where all signs alike would not be enough: people may have withdrawn since the number was sealed."""
    least = 2 * 0.5**units
    if not units or level_percent is None or least <= level_percent / 100:
        return ""
    return _("With so few the least p that there can be is %(p)s: no result could reach the sealed level.") % {
        "p": p_value(least)
    }


def p_value(p: float | None) -> str:
    return "–" if p is None else "< 0.001" if p < 0.001 else f"{p:.3f}"


def live(report: Report) -> dict[str, Any]:
    """Return what a page that is open needs to become this report: numbers and sentences as they are printed."""
    cells = figures(report).values()
    counts, told = report["figures"]["counts"], all_of(report)
    return {
        "figures": {cell.name: cell.text for cell in cells},
        "intervals": {cell.name: cell.interval for cell in cells},
        "labels": labels(report),
        "findings": {each.name: each.sentence for each in told},
        "drawn": [each.name for each in told if each.rows],
        "bar": {name: counts[name] for name in ("people_won", "ties", "machine_won")},
    }


def labels(report: Report) -> dict[str, str]:
    """Return what stands below each count, by the count's name: one duel, two duels."""
    counts = report["figures"]["counts"]
    return {
        "duels": ngettext("duel", "duels", counts["duels"]),
        "rounds": ngettext("round", "rounds", counts["rounds"]),
        "people": ngettext("person", "people", counts["people"]),
        "exhibits": ngettext("place", "places", counts["exhibits"]),
        "ties": ngettext("tie", "ties", counts["ties"]),
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
    words = _("People won %(won)s of %(n)s decided duels, %(rate)s.") % {
        "won": _or_none(counts["people_won"]), "n": f"{decided:,}", "rate": rate.text,
    }  # fmt: skip
    if decided == 1:
        won, lost = _("People won the only decided duel."), _("The machine won the only decided duel.")
        words = won if counts["people_won"] else lost
    if not decided:
        words = _("No duel is decided yet.")
    paper = _("2016 (Street View, other photos)")
    return Finding(
        "wins", _("Who won how many duels"), f"{words} {_how_sure(report, cells)}".strip(), ["", _("duels")],
        [
            [_("won by people"), cells["people_won"].text],
            [_("won by the machine"), cells["machine_won"].text],
            [_("ties"), cells["ties"].text],
            [_("neither answered: no duel"), cells["no_duel"].text],
            [_("share of decided duels won by people"), _sure(rate)],
            [_("the same, a tie being half"), _sure(cells["win_rate_ties_half"])],
            *([] if is_sealed(report) else [[_("mean share by game, a tie being half"), _sure(cells["watched"])]]),
            [paper, _("28 of 50 won by the machine")],
        ],
        ["win_rate", "outcomes", "win_rate_ties_half"]
        + (["bootstrap"] if is_sealed(report) else ["settled_shares", "anytime"]),
        _(BARS) if is_sealed(report) else _("Bar: 95 % interval, which holds however often one looks."),
    )  # fmt: skip


def is_sealed(report: Report) -> bool:
    """Tell whether this is an experiment that is finished, so that one look was agreed on beforehand."""
    return "significance" in report


def _how_sure(report: Report, cells: dict[str, Cell]) -> str:
    """Give the one interval that this report may give of who won, and say of what it is."""
    if is_sealed(report):
        words = _("With 95 %% confidence the share of decided duels lies from %(interval)s.")
        return words % {"interval": cells["win_rate"].interval} if _is_bounded(cells["win_rate"]) else ""
    watched = cells["watched"]
    if not _is_bounded(watched):
        return _("Too few games are over to tell more.")
    words = ngettext(
        "In %(n)s game that is over it was %(share)s, a tie being half; with 95 %% confidence, however often one "
        "looks, its mean over such games lies from %(interval)s.",
        "In the %(n)s games that are over and count here it was %(share)s on average, a tie being half; with 95 %% "
        "confidence, however often one looks, that mean lies from %(interval)s.", report["watched"]["units"],
    )  # fmt: skip
    return words % {"n": cells["watched_units"].text, "share": watched.text, "interval": watched.interval}


def _is_bounded(cell: Cell) -> bool:
    return cell.interval not in ("", _("too few to tell"))


def _sure(cell: Cell) -> str:
    return f"{cell.text} ({cell.interval})" if cell.interval else cell.text


def medians(report: Report) -> Finding:
    cells = figures(report)
    people, machine = cells["people_median_km"], cells["machine_median_km"]
    counts = report["figures"]["counts"]
    asked = counts["duels"] + counts["no_duel"]
    words = " ".join([
        _half(_("people"), people, report, asked), _half(_("the machine"), machine, report, counts["exhibits"])
    ])  # fmt: skip
    if _is_empty(report):
        words = _("There is no answer yet.")
    return Finding(
        "medians", _("How far off: the answer in the middle"), words, ["", _("People"), _("Machine")],
        [
            [_("median error"), _sure(people), _sure(machine)],
            [_("of given answers only"), cells["people_median_answered_km"].text,
             cells["machine_median_answered_km"].text],
            [_("2016 (Street View, other photos)"), f"{PAPER['people_median_km']:,} km",
             f"{PAPER['machine_median_km']:,} km"],
        ],
        ["median", "machine_once", "bootstrap"], _(BARS),
    )  # fmt: skip


def _is_empty(report: Report) -> bool:
    """Tell whether nobody was asked anything; where they were, a missing answer is one as well."""
    counts = report["figures"]["counts"]
    return not counts["duels"] + counts["no_duel"]


def _half(side: str, median: Cell, report: Report, answers: int) -> str:
    """Say how far half of a side's answers were, or that so many are missing."""
    is_missing = report["figures"][median.name] is None
    if answers == 1:
        missing, given = _("The only answer of %(side)s is missing."), _("The only answer of %(side)s was %(km)s off.")
        return (missing if is_missing else given) % {"side": side, "km": median.text}
    if is_missing:
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
        "curves", _("How many answers were how near"),
        _("There is no answer yet.") if _is_empty(report) else words % name,
        [_("at most so far off"), _("People"), _("Machine")], rows[::EVERY], ["curve"],
        _("Marks on the lines: the five distances of street, city, region, country, continent."),
    )  # fmt: skip


def near(report: Report) -> Finding:
    rows = thresholds(report)
    words = [
        _("Within %(km)s (%(name)s) were %(people)s of people's answers and %(machine)s of the machine's.")
        % {**row, "people": row["people"].text, "machine": row["machine"].text}
        for row in rows
    ]
    return Finding(
        "thresholds", _("Street, city, region, country, continent"),
        _("There is no answer yet.") if _is_empty(report) else " ".join(words[1:3]),
        [_("within"), _("People"), _("Machine")],
        [[f"{row['km']} ({row['name']})", _sure(row["people"]), _sure(row["machine"])] for row in rows],
        ["share_within", "bootstrap"], _(BARS),
    )  # fmt: skip


def pairs(report: Report) -> Finding:
    last = report["pairs"][-SHOWN_DUELS:]
    rows = [[f"{number}", km(p), km(m), _nearer(p, m)] for number, (p, m) in enumerate(last, start=1)]
    ahead, behind = (sum(row[3] == side for row in rows) for side in (_("people"), _("machine")))
    words = _(
        "Of the last %(n)s duels people were nearer in %(ahead)s, the machine in %(behind)s, and %(even)s were even."
    ) % {"n": len(last), "ahead": _or_none(ahead), "behind": _or_none(behind),
         "even": _or_none(len(last) - ahead - behind)}  # fmt: skip
    if len(last) == 1:
        words = _whose(
            ahead, behind, _("In the only duel so far people were nearer."),
            _("In the only duel so far the machine was nearer."), _("The only duel so far is even."),
        )  # fmt: skip
    return Finding(
        "pairs", _("Duel by duel"), words if last else _("There is no duel yet."),
        [_("duel, oldest first"), _("person"), _("machine"), _("nearer")], rows,
        ["outcomes", "median_of_paired_differences"],
        _("Each line joins the two answers of a duel, in the colour of whoever was nearer."),
    )  # fmt: skip


def _whose(people: int, machine: int, ahead: str, behind: str, even: str) -> str:
    """Choose the sentence on whoever has more."""
    return ahead if people > machine else behind if people < machine else even


def _nearer(person: float | None, machine: float | None) -> str:
    """As duels are won: to the metre; a missing answer is behind every other."""
    metres = [float("inf") if each is None else round(each * 1000) for each in (person, machine)]
    return _("even") if metres[0] == metres[1] else _("people") if metres[0] < metres[1] else _("machine")


def squares(report: Report) -> Finding:
    found = report["map"]
    people = sum(each["people_won"] > each["machine_won"] for each in found)
    machine = sum(each["people_won"] < each["machine_won"] for each in found)
    words = _("Of %(n)s squares people won more duels in %(people)s, the machine in %(machine)s.") % {
        "n": len(found), "people": _or_none(people), "machine": _or_none(machine),
    }  # fmt: skip
    if len(found) == 1:
        words = _whose(
            people, machine, _("In the only square with five duels or more people won more of them."),
            _("In the only square with five duels or more the machine won more of them."),
            _("In the only square with five duels or more both won as many."),
        )  # fmt: skip
    rows = [
        [_square(each), str(each["people_won"]), str(each["machine_won"]), str(each["ties"])]
        for each in sorted(found, key=lambda each: (-each["lat"], each["lng"]))
    ]
    return Finding(
        "map", _("Where people beat the machine"),
        words if found else _("No square of ten degrees has five duels yet."),
        [_("square"), _("won by people"), _("won by the machine"), _("ties")], rows, ["squares"],
        _("The larger the mark and the stronger the colour, the clearer the lead."),
    )  # fmt: skip


def _square(each: dict[str, Any]) -> str:
    south, west = int(each["lat"]), int(each["lng"])
    return f"{_degrees(south, 'N', 'S')} – {_degrees(south + 10, 'N', 'S')}, {_degrees(west, 'E', 'W')} – {_degrees(west + 10, 'E', 'W')}"  # noqa: E501


def _degrees(value: int, above: str, below: str) -> str:
    return f"{abs(value)}° {above if value > 0 else below if value < 0 else ''}".strip()


def crowds(report: Report) -> Finding:
    told, once = report["crowds"], is_sealed(report)
    rows = [
        [f"{each['people']}", km(each["median_km"]),
         _sure_of(each["win_share"], each["interval"]) if once else share(each["win_share"])]
        for each in (told or {}).get("crowds", [])
    ]  # fmt: skip
    words, methods = _("There are too few guesses yet."), ["crowds", "geometric_median"]
    marks = _("Marks: what crowds of so many people won so far.")
    if told and rows:
        words = f"{_make_one(told) if once else _make_one_so_far(told)} {_drawn_from(told)}"
    if once:
        methods, marks = [*methods, "bootstrap"], _(BARS)
        if told and _can_be_told(told):
            marks += " " + _("Shaded: so many people may make one machine.")
    return Finding(
        "crowds", _("How many people make one %(machine)s") % {"machine": _machine(report)}, words,
        [_("people"), _("median error"), _("duels won")], rows, methods, marks,
    )  # fmt: skip


def _machine(report: Report) -> str:
    """Name the machine that is compared."""
    machine = report["machine"]
    return machine["name"] if machine else str(_("machine"))


def _can_be_told(told: dict[str, Any]) -> bool:
    """Tell whether any number of people, of those that were tried, is ruled out or is surely enough."""
    has_intervals = any(each["interval"]["low"] is not None for each in told["crowds"])
    return has_intervals and not (told["at_least"] == 1 and told["at_most"] is None)


def _make_one_so_far(told: dict[str, Any]) -> str:
    """Say how many people it took, where anybody may look again and again."""
    if all(each["win_share"] is None for each in told["crowds"]):
        return _("How many people make one machine cannot be told yet: no duel is decided.")
    n, most = told["make_one"], len(told["crowds"])
    if n is None:
        words = ngettext(
            "So far one person alone wins less than half of the decided duels against the machine.",
            "So far not even %(n)s people, put together, win half of the decided duels against the machine.", most,
        ) % {"n": most}  # fmt: skip
    else:
        words = ngettext(
            "So far one person alone wins half of the decided duels against the machine or more.",
            "So far it takes %(n)s people, put together, to win half of the decided duels against the machine.", n,
        ) % {"n": n}  # fmt: skip
    why = _("How sure that is, only a finished experiment tells: such an interval holds for one look, and here anybody "
            "may look again and again.")  # fmt: skip
    return f"{words} {why}"


def _make_one(told: dict[str, Any]) -> str:
    """Say how many people it takes, as surely as it can be said."""
    low, high, most, sure = told["at_least"], told["at_most"], len(told["crowds"]), _("With 95 % confidence")
    if all(each["interval"]["low"] is None for each in told["crowds"]):
        return _("How many people make one machine cannot be told yet: too few people or photos.")
    if not _can_be_told(told):
        return ngettext(
            "How many people make one machine cannot be told yet: one person may do as well as it, or worse.",
            "How many people make one machine cannot be told yet: one person may be enough, and of no number up to "
            "%(n)s is it sure that it is.", most,
        ) % {"n": most}  # fmt: skip
    if low is None:
        return ngettext(
            "%(sure)s one person alone does worse than the machine.",
            "%(sure)s not even %(n)s people, put together, do as well as the machine.", most,
        ) % {"n": most, "sure": sure}  # fmt: skip
    if high is None:
        unsure = _("of no number up to %(most)s is it sure that it is enough.") % {"most": most}
        fewest = _("%(sure)s it takes %(n)s people or more, put together, to make one machine;")
        return f"{fewest % {'n': low, 'sure': sure}} {unsure}"
    if low < high:
        words = _("%(sure)s it takes between %(low)s and %(high)s people, put together, to make one machine.")
        return words % {"low": low, "high": high, "sure": sure}
    return ngettext(
        "%(sure)s one person does as well as the machine.",
        "%(sure)s it takes %(n)s people, put together, to make one machine.", low,
    ) % {"n": low, "sure": sure}  # fmt: skip


def _drawn_from(told: dict[str, Any]) -> str:
    """Say before how many photos, and what was left out."""
    most = len(told["crowds"])
    words = [
        ngettext("Counted is %(n)s photo", "Counted are %(n)s photos", told["exhibits"]) % {"n": told["exhibits"]},
        ngettext("that at least %(n)s person met.", "that at least %(n)s people met.", most) % {"n": most},
    ]
    words.append(_("Each weighs alike here, however many met it."))
    if told["left_out"]:
        left_out = ngettext("%(n)s photo that fewer met is left out.", "%(n)s photos that fewer met are left out.",
                            told["left_out"])  # fmt: skip
        words.append(left_out % {"n": told["left_out"]})
    if told["not_drawn"]:
        words.append(_("The photos were drawn by lot: %(n)s more could have been.") % {"n": told["not_drawn"]})
    return " ".join(words)


def _sure_of(value: float | None, ends: dict[str, Any]) -> str:
    """Print a share with its interval."""
    return _sure(Cell("", share(value), _between(value, ends, share)))


def calibration(report: Report) -> Finding:
    told = report["calibration"] or {}
    rows = [
        [f"{radius} km", f"{share(each['low'])} – {share(each['high'])}", str(each["answers"]), share(each["said"]),
         _sure_of(each["came_true"], each["interval"])]
        for radius, here in told.items()
        for each in here["bins"]
    ]  # fmt: skip
    return Finding(
        "calibration", _("Does the machine know what it knows?"), f"{_sureness(told)} {_grades(told)}".strip(),
        [_("distance"), _("it said"), _("answers"), _("it said, on average"), _("came true")], rows,
        ["reliability", "brier_score", "wilson"],
        f"{_(BARS)} {_('Numbers: how many answers; the larger the mark, the more.')}",
    )  # fmt: skip


def _grades(told: dict[str, Any]) -> str:
    """Give the Brier score for each distance."""
    grades = [f"{here['brier']:.2f} ({radius} km)" for radius, here in told.items() if here.get("brier") is not None]
    if not grades:
        return ""
    return _("Its Brier score, of which 0 is perfect and 0.25 what always saying 50 %% gives: %(grades)s.") % {
        "grades": ", ".join(grades)
    }


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
    if answers == 1:
        only = _("That the place lay within 200 km of its only answer it held to be %(said)s probable;")
        words = f"{only} {_('so it was.') if true else _('it was not so.')}"
    return words % {"said": share(said), "true": share(true), "n": f"{answers:,}"}
