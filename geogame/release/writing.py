"""The verb of open releases: write a directory that anybody may have, and that recomputes its own figures.

What is in it is what a comparison counts, under names that no other release has. It appears only once the stand-alone
script that is part of it has found everything in order.
"""

import csv
import glob
import hashlib
import json
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np

from geogame.comparisons import SEED, decision, draws_of, leave_out_what_holds_once
from geogame.export import formats
from geogame.export.facts import Fact
from geogame.release import words
from geogame.release.anonymity import SMALLEST, Disguise, day, shared_together
from geogame.release.facts import Gathered, Meeting, gather
from geogame.release.recompute import MOST_FLIPS
from geogame.release.tables import (
    EXHIBITS,
    GUESSES,
    MACHINE,
    PEOPLE,
    ROUNDS,
    SHARED,
    TABLES,
    VERSION,
    WITHHELD,
    Table,
    shown,
)
from geogame.rules.refusals import BadInput, gettext_noop
from geogame.selections import Selection, set_called
from geogame.statistics.duels import Duels
from geogame.statistics.report import figures, plain, report

SOURCES = Path(__file__).parent  # what is copied: the script, the licences
SUMS = "SHA256SUMS"


class Broken(Exception):
    """The release's own script found it out of order: our mistake."""


def write(
    folder: Path,
    selection: Selection,
    licence: str,
    public: Iterable[str],
    salt: bytes,
    now: datetime,
    *,
    coarse: bool = False,
) -> dict[str, Any]:
    """Write a release of a selection and return its figures. Raises BadInput for what may not or cannot be released.

    `public` names the photo sets whose places may be told. The salt makes the names, and must not be kept. Coarse
    errors are rounded so that many guesses could have them.
    """
    folder = folder.resolve()  # "." has no name
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise BadInput(gettext_noop("%(folder)s is there already and holds something."), folder=folder)
    open_sets = frozenset(set_called(name).slug for name in public)
    if coarse and open_sets:
        raise BadInput(gettext_noop("Places and guesses tell every error to the metre: tell them, or round errors."))
    gathered = gather(selection, now)
    disguise = _disguise(gathered, salt, open_sets, coarse=coarse)
    making = work_folder(folder)
    try:
        told = _fill(making, gathered, disguise, selection, licence, now)
        _check(making)
        making.replace(folder)  # at once, and only where nothing is
    finally:
        shutil.rmtree(making, ignore_errors=True)
    return told


def work_folder(folder: Path) -> Path:
    """Make a folder beside a release's own, under a name that nothing has: what is there already is somebody else's."""
    making = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}.making")
    folder.parent.mkdir(parents=True, exist_ok=True)
    making.mkdir()
    return making


def left_over(folder: Path) -> list[Path]:
    """Return the folders of releases to the same place that were cut short, or are being written at this moment."""
    folder = folder.resolve()
    return sorted(folder.parent.glob(f".{glob.escape(folder.name)}.*.making"))


def _disguise(gathered: Gathered, salt: bytes, public: frozenset[str], *, coarse: bool) -> Disguise:
    """Find out what enough people share to be told. Raises BadInput where they are too few for a release, or a set."""
    guesses = list(gathered.guesses())
    if len(set(gathered.duellists())) < SMALLEST:
        raise BadInput(
            gettext_noop("Fewer than %(least)s people have a duel here: a release would tell of each of them."),
            least=SMALLEST,
        )
    cells = {name: [cell(fact) for fact in guesses] for name, cell in SHARED.items()}
    told = shared_together(cells, [fact.answer.person or 0 for fact in guesses])
    for slug in sorted(public - {slug for exhibit, slug in cells["set"] if exhibit in told["set"]}):
        raise BadInput(
            gettext_noop(
                "The places of %(set)s cannot be told: fewer than %(least)s people met its photographs, or those of "
                "another set beside it."
            ),
            set=slug,
            least=SMALLEST,
        )
    return Disguise(salt, told, public, coarse)


def _fill(
    folder: Path, gathered: Gathered, disguise: Disguise, selection: Selection, licence: str, now: datetime
) -> dict[str, Any]:
    """Write all files, those first that others tell of."""
    for table, rows in _rows(gathered, disguise):
        with (folder / table.file).open("wb") as out:
            out.writelines(formats.csv_parts(table.columns(disguise), [rows]))
    told = _figures(folder, gathered, disguise, selection, now)
    _write_json(folder / "figures.json", told)
    (folder / "dictionary.md").write_text(words.dictionary(disguise), encoding="utf-8")
    (folder / "README.md").write_text(words.readme(told, gathered, disguise, licence), encoding="utf-8")
    shutil.copyfile(SOURCES / f"{licence}.txt", folder / "LICENSE")
    shutil.copyfile(SOURCES / "recompute.py", folder / "recompute.py")
    _write_json(folder / "datapackage.json", _package(folder, disguise, licence, now))
    sums = [f"{_sha256(path)}  {path.name}\n" for path in sorted(folder.iterdir())]
    (folder / SUMS).write_text("".join(sums), encoding="utf-8")
    return told


def _rows(gathered: Gathered, disguise: Disguise) -> list[tuple[Table, list[Any]]]:
    """Return the rows of each table, in orders that tell nothing: by the day that is told, else by their code."""

    def place(each: Meeting) -> tuple[date, str]:
        told = disguise.shared("day", SHARED["day"](each.machine))
        return told or date.max, disguise.code("r", each.machine.round.pk)

    ordered = sorted(gathered.meetings, key=place)
    people = {disguise.code("p", fact.answer.person): fact for fact in gathered.guesses()}
    exhibits = {disguise.code("e", shown(each.machine)): each.machine for each in ordered}
    guesses = [
        fact
        for each in ordered
        for fact in sorted(each.people, key=lambda fact: disguise.code("p", fact.answer.person))
    ]
    machine = [each.machine for each in ordered]
    return [
        (PEOPLE, [people[code] for code in sorted(people)]),
        (EXHIBITS, [exhibits[code] for code in sorted(exhibits)]),
        (ROUNDS, machine),
        (MACHINE, machine),
        (GUESSES, guesses),
        (WITHHELD, gathered.withheld),
    ]


def read_duels(folder: Path) -> Duels:
    """Read the duels of a release from its files, as anybody would."""
    rounds = {row["round"]: row for row in _read(folder, ROUNDS)}
    machine = {row["round"]: _km(row["error_km"]) for row in _read(folder, MACHINE)}
    guesses = _read(folder, GUESSES)
    person, exhibit, number = (
        np.unique(each, return_inverse=True)[1]
        for each in (
            [row["person"] for row in guesses],
            [rounds[row["round"]]["exhibit"] for row in guesses],
            [row["round"] for row in guesses],
        )
    )
    person_km = np.array([_km(row["error_km"]) for row in guesses])
    machine_km = np.array([machine[row["round"]] for row in guesses])
    return Duels(person, exhibit, number, person_km, machine_km)


def _read(folder: Path, table: Table) -> list[dict[str, str]]:
    with (folder / table.file).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _km(text: str) -> float:
    return float(text) if text else np.inf


def _before(meetings: list[Meeting], disguise: Disguise) -> dict[str, Any]:
    """Return the figures from before anything was taken out, of errors that are rounded as here."""
    numbers: dict[tuple[int, float, float], int] = {}
    entries = [
        (
            fact.answer.person or 0,
            numbers.setdefault(shown(fact), len(numbers)),
            number,
            *(_rounded(each, disguise) for each in (fact, met.machine)),
        )
        for number, met in enumerate(meetings)
        for fact in met.people
    ]
    columns = [np.array(each) for each in zip(*entries, strict=True)]
    return dict(plain(asdict(figures(Duels(*columns)))))


def _rounded(fact: Fact, disguise: Disguise) -> float:
    error_km = disguise.km(fact.answer.error_km)
    return np.inf if error_km is None else error_km


def _figures(
    folder: Path, gathered: Gathered, disguise: Disguise, selection: Selection, now: datetime
) -> dict[str, Any]:
    """Return all numbers of the release, and which of them its script recomputes.

    Nothing hangs on the salt, or whoever publishes could write releases until one pleases. So the interval that may be
    watched is left out: in which order the games of a day were over the release does not tell.
    """
    duels = read_duels(folder)
    draws = draws_of(len(duels))
    rule = decision(selection)
    told = report(duels, SEED, draws, sealed=None if rule is None else rule.get("unit")).as_dict()
    del told["watched"]
    if rule is None:
        leave_out_what_holds_once(told)
    checked: dict[str, Any] = {name: told.pop(name) for name in ("figures", "significance") if name in told}
    names = list(_names(checked))
    chance = checked.get("significance")
    if chance and chance["unit"] == "person" and chance["units"] * len(duels) > MOST_FLIPS:
        names.remove("significance.sign_flips_p")
    asked = {name: value for name, value in selection.as_dict().items() if name != "game"}  # a code opens a game's page
    return {
        "version": VERSION,
        "made": str(day(now)),
        "machine": {name: getattr(gathered.machine, name) for name in ("name", "opponent", "weights")},
        "selection": asked,
        "sealed": rule,
        "precision": disguise.precision,
        "recomputed": names,
        **checked,
        "stated": told | {"numpy": np.__version__},
        "before": _before(gathered.before, disguise) if gathered.before else None,
    }


def _names(told: dict[str, Any], before: str = "") -> Iterable[str]:
    for name, value in told.items():
        if isinstance(value, dict):
            yield from _names(value, f"{before}{name}.")
        else:
            yield f"{before}{name}"


def _package(folder: Path, disguise: Disguise, licence: str, now: datetime) -> dict[str, Any]:
    """Describe the files as a Frictionless data package."""
    tables = [_resource(folder / table.file, table.name, "csv", "text/csv") | {
        "profile": "tabular-data-resource",
        "title": table.title,
        "schema": table.schema(disguise),
    } for table in TABLES]  # fmt: skip
    title, path = words.LICENCES[licence]
    return {
        "profile": "data-package",
        "name": f"beat-planet-{day(now)}",
        "title": "People against the machine: where on Earth was this photograph taken?",
        "description": "Duels of people with a machine that only sees the pixels. See README.md.",
        "version": f"{day(now)}",
        "created": now.isoformat(timespec="hours")[:10] + "T00:00:00Z",  # the day
        "licenses": [{"name": licence, "title": title, "path": path}],
        "resources": [
            *tables,
            _resource(folder / "figures.json", "figures", "json", "application/json"),
            _resource(folder / "README.md", "readme", "md", "text/markdown"),
            _resource(folder / "dictionary.md", "dictionary", "md", "text/markdown"),
            _resource(folder / "recompute.py", "recompute", "py", "text/x-python"),
            _resource(folder / "LICENSE", "license", "txt", "text/plain"),
        ],
    }


def _resource(path: Path, name: str, kind: str, mediatype: str) -> dict[str, Any]:
    return {
        "name": name,
        "path": path.name,
        "format": kind,
        "mediatype": mediatype,
        "encoding": "utf-8",
        "bytes": path.stat().st_size,
        "hash": f"sha256:{_sha256(path)}",
    }


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _write_json(path: Path, told: dict[str, Any]) -> None:
    path.write_text(json.dumps(told, indent=1, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8")


def _check(folder: Path) -> None:
    """Let the release check itself, as whoever gets it will."""
    done = subprocess.run(
        [sys.executable, "-I", str(folder / "recompute.py")], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise Broken(done.stdout + done.stderr)
