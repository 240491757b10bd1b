"""Recompute every headline number of this release from its files, and compare: python3 -I recompute.py [FOLDER]

Needs Python 3.11 or later and nothing else. Ends with 1, naming what differs, if a file or a number is not as it was.
"""

import csv
import hashlib
import json
import math
import sys
from collections import defaultdict
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

RADIUS_KM = 6371.0088
TIE_KM = 0.001
THRESHOLDS_KM = (1, 25, 200, 750, 2500)
EXACT_BELOW = 50  # differences: as in R's wilcox.test
PLACES_TELL_KM = 0.002  # errors are rounded to the metre, places to a tenth of one
MOST_TOLD = 50  # differences
MOST_FLIPS = 50_000_000  # people times duels, up to which all signs are flipped exactly, in seconds
KEYS = {  # of each table: what no two rows have alike
    "people": ("person",),
    "exhibits": ("exhibit",),
    "rounds": ("round",),
    "machine": ("round",),
    "guesses": ("round", "person"),
    "withheld": ("reason",),
}
NUMBERS = {"error_km", "seconds", "guess_lat", "guess_lng", "true_lat", "true_lng"}
LINKS = (  # what a column of a table speaks of: a row of another table, which has that column too
    ("rounds", "exhibit", "exhibits"),
    ("machine", "round", "rounds"),
    ("guesses", "round", "rounds"),
    ("guesses", "round", "machine"),
    ("guesses", "person", "people"),
    ("people", "person", "guesses"),
    ("exhibits", "exhibit", "rounds"),
    ("rounds", "round", "guesses"),
)
INF = math.inf

Row = dict[str, str]
Duel = tuple[str, str, str, float, float]  # person, exhibit, round, person's and machine's error in km
Units = tuple[str, list[int], list[float]]  # what they are, duels won less lost, person's error less the machine's


def main(folder: Path) -> int:
    told, duels = dict[str, Any](), list[Duel]()
    try:
        troubles = changed_files(folder)
        if not troubles:
            told = json.loads((folder / "figures.json").read_text(encoding="utf-8"))
            troubles = no_table(folder)
        if not troubles:
            duels, troubles = read(folder)
            troubles += differences(told, duels)
    except (OSError, ValueError, LookupError, TypeError, AttributeError, csv.Error) as error:
        troubles = [f"the files are not those of a release: {type(error).__name__}: {error}"]
    for trouble in troubles[:MOST_TOLD]:
        print(f"DIFFERS: {trouble}")
    if troubles:
        print(f"{len(troubles)} differences in all.")
        return 1
    print(f"{len(told['recomputed'])} numbers recomputed from {len(duels)} rows: all as in figures.json.")
    print(f"SHA-256 of SHA256SUMS: {sha256(folder / 'SHA256SUMS')}")
    return 0


# Files


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def changed_files(folder: Path) -> list[str]:
    """Compare all files with both lists of sums."""
    lines = (folder / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    listed = {name: digest for digest, name in (line.split("  ", 1) for line in lines)}
    there = {path.name for path in folder.iterdir()} - {"SHA256SUMS"}
    troubles = [f"{name} is not listed in SHA256SUMS" for name in sorted(there - set(listed))]
    for name, digest in listed.items():
        if name not in there:
            troubles.append(f"{name} is missing")
        elif sha256(folder / name) != digest:
            troubles.append(f"{name}: the file is not as it was when the release was made (SHA256SUMS)")
    if troubles:
        return troubles
    package = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
    described = {each["path"]: each["hash"] for each in package["resources"]}
    for name in sorted(there - {"datapackage.json"} - set(described)):
        troubles.append(f"{name} is not described in datapackage.json")
    for name, digest in described.items():
        if name not in there:
            troubles.append(f"{name} is described in datapackage.json and missing")
        elif f"sha256:{sha256(folder / name)}" != digest:
            troubles.append(f"{name}: the file is not as it was when the release was made (datapackage.json)")
    return troubles


def table(folder: Path, name: str) -> list[Row]:
    with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def no_table(folder: Path) -> list[str]:
    """Name the rows that have not a cell for each column, and the cells that are to be numbers and are none."""
    found = []
    for name in KEYS:
        for number, row in enumerate(table(folder, name), start=1):
            if None in row or None in row.values():
                found.append(f"{name}.csv, row {number}: not as many cells as columns")
            for column in NUMBERS & row.keys():
                if not is_number(row[column] or ""):
                    found.append(f"{name}.csv, row {number}: {column} is {row[column]!r}, which is no number")
    return found


def is_number(text: str) -> bool:
    """Tell whether a cell is a finite number, or empty: not told, or not answered."""
    try:
        return not text or math.isfinite(float(text))
    except ValueError:
        return False


def km(text: str) -> float:
    return float(text) if text else INF


def read(folder: Path) -> tuple[list[Duel], list[str]]:
    """Return the duels (person, exhibit, round, person_km, machine_km), and what does not fit together."""
    tables = {name: table(folder, name) for name in KEYS}
    troubles = list(keys(tables))
    rounds = {row["round"]: row for row in tables["rounds"]}
    machine = {row["round"]: row for row in tables["machine"]}
    duels = [
        (row["person"], rounds[row["round"]]["exhibit"], row["round"], km(row["error_km"]),
         km(machine[row["round"]]["error_km"]))
        for row in tables["guesses"]
        if row["round"] in rounds and row["round"] in machine
    ]  # fmt: skip
    guesses = tables["guesses"]
    for name in ("guesses", "machine"):
        for row in tables[name]:
            troubles += [f"{name}.csv: {trouble}" for trouble in wrong(row, rounds.get(row["round"], {}))]
    released = {row["reason"]: row["answers"] for row in tables["withheld"]}.get("released")
    if released != str(len(guesses)):
        troubles.append(f"withheld.csv: {released} answers are said to be released, guesses.csv has {len(guesses)}")
    return duels, troubles


def keys(tables: dict[str, list[Row]]) -> Iterator[str]:
    """Tell which rows have no key of their own, and which speak of rows that are not there."""
    for name, columns in KEYS.items():
        seen = set[tuple[str, ...]]()
        for row in tables[name]:
            key = tuple(row.get(column) or "" for column in columns)
            if "" in key:
                yield f"{name}.csv: a row without {' and '.join(columns)}"
            elif key in seen:
                yield f"{name}.csv: {', '.join(key)} is there twice"
            seen.add(key)
    for name, column, other in LINKS:
        there = {row[column] for row in tables[other]}
        for value in sorted({row[column] for row in tables[name]} - there):
            yield f"{name}.csv: {column} {value} is not in {other}.csv"


def wrong(row: Row, shown: Row) -> Iterator[str]:
    """Tell what is wrong with an answer: missing or not, and as far off as its place says, where places are told."""
    if row["missing"] != ("true" if row["error_km"] == "" else "false"):
        yield f"{row['round']}: missing is {row['missing']}, error_km {row['error_km'] or 'empty'}"
    if row["guess_lat"] and shown.get("true_lat"):
        places = [
            math.radians(float(each))
            for each in (row["guess_lat"], row["guess_lng"], shown["true_lat"], shown["true_lng"])
        ]
        off = distance_km(*places)
        if abs(off - km(row["error_km"])) > PLACES_TELL_KM:
            yield f"{row['round']}: the places are {off:.3f} km apart, error_km says {row['error_km']}"


def distance_km(lat_a: float, lng_a: float, lat_b: float, lng_b: float) -> float:
    h = math.sin((lat_b - lat_a) / 2) ** 2 + math.cos(lat_a) * math.cos(lat_b) * math.sin((lng_b - lng_a) / 2) ** 2
    return 2 * RADIUS_KM * math.asin(math.sqrt(min(1.0, h)))


# Comparing


def differences(told: dict[str, Any], duels: list[Duel]) -> Iterator[str]:
    """Compare what figures.json says with what comes out."""
    found = {"figures": figures(duels)}
    if told["sealed"] is not None:  # else there are no tests
        found["significance"] = significance(duels, told["recomputed"], told["sealed"].get("unit"))
    numbers = dict(flat(found))
    said = dict(flat({name: told.get(name, {}) for name in ("figures", "significance")}))
    left_out = set(numbers) - set(told["recomputed"])
    chance = found.get("significance", {"unit": "", "units": 0})
    if chance["unit"] == "person" and chance["units"] * len(duels) > MOST_FLIPS:
        left_out.discard("significance.sign_flips_p")
    for name in sorted(left_out):
        yield f"{name} is not among the numbers that figures.json has recomputed"
    for name in told["recomputed"]:
        if name not in numbers or name not in said:
            yield f"{name} cannot be compared"
        elif not same(numbers[name], said[name]):
            yield f"{name}: figures.json says {said[name]}, the files give {numbers[name]}"


def flat(told: dict[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in told.items():
        if isinstance(value, dict):
            yield from flat(value, f"{before}{name}.")
        else:
            yield f"{before}{name}", None if isinstance(value, float) and not math.isfinite(value) else value


def same(a: Any, b: Any) -> bool:
    if isinstance(a, (int, float)) and isinstance(b, (int, float)):
        return math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-11)
    return a == b


# Figures


def outcome(person_km: float, machine_km: float) -> int:
    """1 where the person was nearer, -1 where the machine was, 0 for a tie: compared to the metre."""
    person, machine = metres(person_km), metres(machine_km)
    return (person < machine) - (person > machine)


def metres(error_km: float) -> float:
    return error_km if error_km == INF else round(error_km / TIE_KM)


def is_duel(duel: Duel) -> bool:
    return min(duel[3], duel[4]) < INF


def machine_once(duels: list[Duel]) -> dict[str, float]:
    """The machine's error before each exhibit."""
    errors: dict[str, float] = {}
    for _person, exhibit, _round, _person_km, machine_km in duels:
        errors[exhibit] = min(machine_km, errors.get(exhibit, INF))
    return errors


def median(values: list[float]) -> float:
    ranked = sorted(values)
    if not ranked:
        return math.nan
    return (ranked[(len(ranked) - 1) // 2] + ranked[len(ranked) // 2]) / 2


def figures(duels: list[Duel]) -> dict[str, Any]:
    people, machine = [each[3] for each in duels], list(machine_once(duels).values())
    real = [each for each in duels if is_duel(each)]
    ends = [outcome(each[3], each[4]) for each in real]
    won, lost, tied = ends.count(1), ends.count(-1), ends.count(0)
    return {
        "counts": {
            "duels": len(real),
            "rounds": len({each[2] for each in duels}),
            "people": len({each[0] for each in duels}),
            "exhibits": len({each[1] for each in duels}),
            "people_won": won,
            "machine_won": lost,
            "ties": tied,
            "no_duel": len(duels) - len(real),
            "missing_people": people.count(INF),
            "missing_machine": len({each[2] for each in duels if each[4] == INF}),  # once in a round
        },
        "win_rate": won / (won + lost) if won + lost else math.nan,
        "win_rate_ties_half": (won + tied / 2) / len(real) if real else math.nan,
        "people_median_km": median(people),
        "machine_median_km": median(machine),
        "people_median_answered_km": median([each for each in people if each < INF]),
        "machine_median_answered_km": median([each for each in machine if each < INF]),
        "difference_of_medians_km": median(people) - median(machine),
        "median_of_paired_differences_km": median([each[3] - each[4] for each in real]),
        "within": {**within("people", people), **within("machine", machine)},
    }


def within(side: str, errors: list[float]) -> dict[str, float]:
    shares = {
        each: sum(error <= each for error in errors) / len(errors) if errors else math.nan for each in THRESHOLDS_KM
    }
    return {f"{side}_within_{each}_km": share for each, share in shares.items()}


# Whether chance could have done it


def significance(duels: list[Duel], recomputed: list[str], sealed: str | None) -> dict[str, Any]:
    kind, leads, apart = units(duels, sealed)
    ahead, behind = sum(each > 0 for each in leads), sum(each < 0 for each in leads)
    return {
        "unit": kind,
        "units": len(leads),
        "people_ahead": ahead,
        "machine_ahead": behind,
        "sign_flips_p": sign_flips(leads) if "significance.sign_flips_p" in recomputed else None,
        "sign_test_p": sign_test(ahead, behind),
        "wilcoxon_p": wilcoxon(apart),
        "too_small": kind == "person" and len({each[:2] for each in duels}) > len({each[1] for each in duels}),
    }


def units(duels: list[Duel], sealed: str | None) -> Units:
    """What was sealed; else exhibits where one group met them, else people: what a test may take for independent."""
    if sealed:
        return by_exhibit(duels) if sealed == "exhibit" else by_person(duels)
    met: dict[str, set[str]] = defaultdict(set)
    for person, exhibit, *_ in duels:
        met[exhibit].add(person)
    everybody = {person for people in met.values() for person in people}
    is_one_group = len(everybody) > 1 and len(duels) >= 0.8 * len(everybody) * len(met)  # a room, a class
    return by_exhibit(duels) if is_one_group else by_person(duels)


def by_exhibit(duels: list[Duel]) -> Units:
    people: dict[str, list[float]] = defaultdict(list)
    machine = machine_once(duels)
    for _person, exhibit, _round, person_km, _machine_km in duels:
        people[exhibit].append(person_km)
    pairs = [(median(errors), machine[exhibit]) for exhibit, errors in people.items()]
    real = [pair for pair in pairs if min(pair) < INF]
    return "exhibit", [outcome(*pair) for pair in real], [mine - theirs for mine, theirs in real]


def by_person(duels: list[Duel]) -> Units:
    leads: dict[str, int] = defaultdict(int)
    apart: dict[str, list[float]] = defaultdict(list)
    for person, _exhibit, _round, person_km, machine_km in filter(is_duel, duels):
        leads[person] += outcome(person_km, machine_km)
        apart[person].append(person_km - machine_km)
    middles = [median(each) for each in apart.values()]
    return "person", list(leads.values()), [0.0 if math.isnan(each) else each for each in middles]


def sign_test(won: int, lost: int) -> float:
    n, most = won + lost, min(won, lost)
    return min(1.0, 2 * share(binomials(n, most), 2**n)) if n else 1.0


def binomials(n: int, most: int) -> int:
    """n over 0, plus n over 1, … plus n over most."""
    total = each = 1
    for k in range(most):
        each = each * (n - k) // (k + 1)
        total += each
    return total


def share(part: int, whole: int) -> float:
    """Divide whole numbers that no float could hold."""
    shift = max(0, whole.bit_length() - 1000)
    return (part >> shift) / (whole >> shift)


def sign_flips(leads: list[int]) -> float:
    """The share of all ways to flip the leads' signs in which their sum is at least as far from zero; exact."""
    sizes, seen = [abs(each) for each in leads if each], abs(sum(leads))
    if not sizes or not seen:
        return 1.0
    if len(set(sizes)) == 1:
        return min(1.0, 2 * share(binomials(len(sizes), (sum(sizes) - seen) // 2 // sizes[0]), 2 ** len(sizes)))
    wide = (len(sizes) + 8) // 8  # bytes in which a count has room: one great number holds the ways to each sum
    ways = 1
    for size in sizes:
        ways += ways << (8 * wide * size)
    held = ways.to_bytes(wide * (sum(sizes) + 1), "little")
    tail = range((sum(sizes) - seen) // 2 + 1)
    return min(
        1.0, 2 * share(sum(int.from_bytes(held[wide * k : wide * (k + 1)], "little") for k in tail), 2 ** len(sizes))
    )


def wilcoxon(apart: list[float]) -> float:
    """Wilcoxon's signed-rank test as in R: exact below 50 without ties and zeros, else by the normal distribution."""
    kept = sorted((each for each in apart if each), key=abs)
    if not kept:
        return 1.0
    ranks, ties, n = list[float](), list[int](), len(kept)
    for _size, group in groupby(kept, key=abs):
        many = len(list(group))
        ranks += [len(ranks) + (many + 1) / 2] * many
        ties.append(many)
    positive = sum(rank for rank, each in zip(ranks, kept, strict=True) if each > 0)
    if n < EXACT_BELOW and n == len(apart) and max(ties) == 1:
        return exact_rank_sum(round(positive), n)
    off = positive - n * (n + 1) / 4
    variance = n * (n + 1) * (2 * n + 1) / 24 - sum(each**3 - each for each in ties) / 48
    z = (off - math.copysign(0.5, off) * (off != 0)) / math.sqrt(variance)
    return min(1.0, math.erfc(abs(z) / math.sqrt(2)))


def exact_rank_sum(positive: int, n: int) -> float:
    ways = [1]
    for rank in range(1, n + 1):
        ways = [a + b for a, b in zip(ways + [0] * rank, [0] * rank + ways, strict=True)]
    tail = min(positive, n * (n + 1) // 2 - positive)
    return min(1.0, 2 * sum(ways[: tail + 1]) / 2**n)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent))
