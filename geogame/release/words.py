"""What a release says of itself: how it was played and reckoned, what is not in it, what its columns mean."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from string import Template
from typing import Any

from geogame.export.dictionary import markdown
from geogame.methods import SECTIONS
from geogame.release.anonymity import SMALLEST, Disguise
from geogame.release.facts import Gathered
from geogame.release.tables import SHARED, TABLES

LICENCES = {  # by SPDX name: title, address
    "CC0-1.0": ("Creative Commons Zero v1.0 Universal", "https://creativecommons.org/publicdomain/zero/1.0/"),
    "CC-BY-4.0": ("Creative Commons Attribution 4.0 International", "https://creativecommons.org/licenses/by/4.0/"),
}
TEXT = Path(__file__).parent / "README.md"
BEFORE = (
    '"Before" are the figures with everything that staff or an experiment\'s sealed rules took out afterwards. What '
    "people withdrew is deleted and in neither."
)
NO_BEFORE = (
    "The figures from before staff or an experiment's sealed rules took anything out are not told: what they took out "
    f"is that of fewer than {SMALLEST} people, or hides what is, and the difference would tell of them."
)
TIES = " Errors that are rounded so make more ties than there were in the game."
UNSEALED = (
    "There is no p-value here, and no interval of who won: these games were sealed by no experiment, so nobody had "
    "promised when to stop, or which of them to look at."
)
SEALED = (
    "This is an experiment, whole, that was sealed before its first round. Its test is `significance.$p`; the other "
    "p-values were not sealed and are descriptive only."
)
TOO_SMALL = (
    "Here several people met some of the same photographs, but not all the same ones: people are then not independent "
    "of each other, and the p-values are too small (see `units` below)."
)
REPORTED = 5  # of the sections on methods: the others tell of figures that a release does not have


def dictionary(disguise: Disguise) -> str:
    """Return what all columns of a release mean."""
    parts = [
        "# What the columns mean\n\nAn empty cell is no value. `since` is the version of the tables. Whatever the "
        f"columns {_listed(SHARED)} tell of an answer, one of them or all together, they tell of answers of {SMALLEST} "
        "people or more: else the value in the latter column is not told, nor, where what is missing would still tell "
        "of so few, the rarest value beside it.\n"
    ]
    for table in TABLES:
        lines = "\n".join(markdown(table.columns(disguise)))
        parts.append(f"## {table.file}\n\n{table.title}. One row for each {' and '.join(table.key)}.\n\n{lines}\n")
    return "\n".join(parts)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def readme(told: dict[str, Any], gathered: Gathered, disguise: Disguise, licence: str) -> str:
    """Return the release's README."""
    title, address = LICENCES[licence]
    counts = told["figures"]["counts"]
    return Template(TEXT.read_text(encoding="utf-8")).substitute(
        made=told["made"],
        machine=told["machine"]["name"],
        opponent=told["machine"]["opponent"],
        weights=told["machine"]["weights"],
        selection=", ".join(f"{name}: {value}" for name, value in told["selection"].items()) or "all games",
        people=counts["people"],
        exhibits=counts["exhibits"],
        rounds=counts["rounds"],
        duels=counts["duels"],
        public=", ".join(sorted(disguise.public)) or "none",
        least=SMALLEST,
        shared=_listed(SHARED),
        precision=disguise.precision,
        examples=disguise.examples,
        beat=disguise.beat,
        ties=TIES if disguise.coarse else "",
        before=BEFORE if told["before"] else NO_BEFORE,
        p_values=_p_values(told),
        withheld="\n".join(_withheld(gathered)),
        figures="\n".join(_figures(told)),
        recomputed="\n".join(f"- `{name}`" for name in told["recomputed"]),
        stated="\n".join(f"- `{name}`" for name in _stated(told)),
        methods="\n".join(_methods()),
        licence=f"{title} ({licence}), {address}",
    )


def _p_values(told: dict[str, Any]) -> str:
    """Say whether there are p-values, which of them decides, and whether it can be believed."""
    if told["sealed"] is None:
        return UNSEALED
    sealed = Template(SEALED).substitute(p=told["sealed"]["p_value"])
    return " ".join([sealed, *([TOO_SMALL] if told["significance"]["too_small"] else [])])


def _withheld(gathered: Gathered) -> Iterator[str]:
    yield "| reason | answers | seats | meaning |"
    yield "|---|---|---|---|"
    for each in gathered.withheld:
        answers, seats = ("" if number is None else number for number in (each.answers, each.seats))
        yield f"| {each.reason} | {answers} | {seats} | {each.meaning} |"


def _figures(told: dict[str, Any]) -> Iterator[str]:
    """Compare the release's figures with those before anything was taken out."""
    now, before = told["figures"], told["before"]
    yield "| figure | in this release | before |"
    yield "|---|---|---|"
    for name, value in (now["counts"] | {each: now[each] for each in now if each not in {"counts", "within"}}).items():
        then = before and (before["counts"] if name in now["counts"] else before)[name]
        yield f"| `{name}` | {_number(value)} | {_number(then) if before else 'not told'} |"


def _number(value: Any) -> str:
    return "none" if value is None else f"{value:.6g}" if isinstance(value, float) else str(value)


def _stated(told: dict[str, Any]) -> Iterator[str]:
    yield from (f"stated.{name}" for name in told["stated"])
    yield "before"
    if "significance" in told and "significance.sign_flips_p" not in told["recomputed"]:
        yield "significance.sign_flips_p"


def _methods() -> Iterator[str]:
    for title, methods in SECTIONS[:REPORTED]:
        yield f"### {title}\n"
        for each in methods:
            yield f"**{each.title}** (`{each.anchor}`). " + "\n\n".join(each.paragraphs) + "\n"
