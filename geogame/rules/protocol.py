"""What an experiment freezes before its first round, and the seal on it, which anybody can recompute.

A protocol is a JSON object of texts, whole numbers, yes and no, nothing, lists and objects; never a fraction, since
languages write those differently. Its canonical bytes are its JSON with keys sorted by code point, no space between,
and every character beyond ASCII as \\uXXXX. The seal is the SHA-256 of these bytes in hexadecimal. The site gives
exactly these bytes away as `protocol.json`, so that `sha256sum protocol.json` prints the seal. In Python:

    hashlib.sha256(json.dumps(protocol, sort_keys=True, separators=(",", ":")).encode()).hexdigest()

Digests of photographs and of the machine's answers are made in the same way of what they stand for:

- of an exhibit: {"lat": …, "lng": …, "photos": [SHA-256 of each original file, in the order shown]}, the place in whole
  units of 1e-7 degrees;
- of several exhibits: the sorted list of their digests. An exhibit's number in the protocol is its place in that list,
  from 1, so that numbers tell nothing;
- of the machine's answers: an object of exhibit's digest to [lat, lng], or to null where it has none;
- of the files as they are shown: an object of exhibit's digest to the SHA-256 of each of its files, in the order shown.

Whoever has the files and places can recompute them; nobody can find a place from them without the file.

Format 1 had neither spare places nor the digest of the files as they are shown, nor did it say how an experiment ends.
"""

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from geogame.rules.commitments import e7
from geogame.rules.refusals import gettext_noop
from geogame.rules.sphere import Point

FORMAT = "beat-planet experiment 2"
LEVEL_PERCENT = 5
ON_PEOPLE, ON_EXHIBITS = "person", "exhibit"  # what a test may take for independent
OWN, SHARED = "own", "shared"  # exhibits of each person, or the same ones for all

TESTS = {
    ON_PEOPLE: gettext_noop(
        "Sign flips by person: each person's duels won less duels lost. How often would the sum be at least as far "
        "from zero if the sign of each person's lead had fallen like a coin? Reckoned exactly."
    ),
    ON_EXHIBITS: gettext_noop(
        "Sign test by exhibit: the median error of all people against the machine's error, one duel for each exhibit. "
        "How often would coins fall at least as unevenly? Reckoned exactly; ties are left out."
    ),
}
P_VALUES = {ON_PEOPLE: "sign_flips_p", ON_EXHIBITS: "sign_test_p"}  # what these tests give, as figures call it
DUEL = gettext_noop(
    "A duel is one person's first look at an exhibit, against the machine. Whoever was nearer to the place wins it."
)
TIES = gettext_noop("Equal after rounding to one metre is a tie. A tie speaks for neither side.")
MISSING = gettext_noop(
    "A missing answer ranks behind every distance: it loses the duel and enters medians as endless. Both missing is no "
    "duel and is counted. The same holds for people and machine."
)
TAKING_PART = {
    OWN: gettext_noop(
        "One place for each person, as far as this site can tell: it knows browsers and accounts, and a browser that "
        "had a place keeps a nameless mark, so that nobody gets a second one there by deleting their data. Free places "
        "are given in their order to whoever comes. A place that somebody gives up is replaced by the next spare one, "
        "which has photographs of its own; once no spare one is left it is given again, after all others, with the "
        "same photographs, and that is counted. A place with photographs that the person has met is given only if no "
        "other is free, and not at all if nothing in it is new."
    ),
    SHARED: gettext_noop(
        "One place for each person, as far as this site can tell: it knows browsers and accounts, and a browser that "
        "had a place keeps a nameless mark, so that nobody gets a second one there by deleting their data. Free places "
        "are given in their order to whoever comes. All places show the same photographs, or the test by photograph "
        "could not be made, so there are no spare places with others: one that somebody gives up is given again, after "
        "all others, and that is counted. Who comes once more in another browser may know the photographs, and this "
        "site cannot tell. A place with photographs that the person has met is given only if no other is free, and not "
        "at all if nothing in it is new."
    ),
}
ENDING = gettext_noop(
    "It is over when all places are played, and only then anything is compared. Staff may abandon it before that, with "
    "a reason: then nothing of it is ever compared, and its page tells when, why and how far it was."
)
EXCLUDED = {
    "seen_before": gettext_noop("A round whose photographs the person had met in an earlier game is counted out."),
    "unfinished": gettext_noop(
        "A game whose last round did not close within the hours to finish is counted out, and somebody else plays "
        "instead."
    ),
    "withdrawn": gettext_noop(
        "What a person withdraws is counted out. Before the end somebody else plays instead; after the end the result "
        "is reckoned without it."
    ),
    "voided": gettext_noop(
        "What staff take out is counted out, whatever its result, and counted here. Before the end somebody else plays "
        "instead; after the end the result is reckoned without it."
    ),
}


@dataclass(frozen=True)
class Design:
    """How an experiment is made: what its makers chose."""

    name: str
    question: str
    people: int
    exhibits_each: int
    shared: bool  # the same exhibits for all
    time_limit_s: int | None
    zoom: bool
    give_up_after_h: int


@dataclass(frozen=True)
class Source:
    """The photo set as it was at the seal."""

    name: str
    slug: str
    domain: str
    published: bool  # players could choose it
    exhibits: int  # in play
    sha256: str  # over all of them


@dataclass(frozen=True)
class Machine:
    """Whom people play against, as an opponent is described. What it answered is sealed, too."""

    name: str
    label: str
    weights: str
    domain: str
    painter: int
    explains: bool = False  # nothing is explained during an experiment


def canonical(value: Any) -> bytes:
    """Return the bytes that are hashed. Raises ValueError for a fraction.

    >>> canonical({"name": "Zoé", "b": [1, None, True]})
    b'{"b":[1,null,true],"name":"Zo\\\\u00e9"}'
    """
    _refuse_fractions(value)
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode("ascii")


def _refuse_fractions(value: Any) -> None:
    if isinstance(value, float):
        raise ValueError(f"A protocol holds whole numbers only, not {value}")
    if isinstance(value, Mapping):
        value = value.values()
    if isinstance(value, Collection) and not isinstance(value, str):
        for each in value:
            _refuse_fractions(each)


def digest(value: Any) -> str:
    """Return the SHA-256 of the canonical bytes: of a protocol, its seal. 64 hexadecimal digits."""
    return hashlib.sha256(canonical(value)).hexdigest()


def exhibit(photos: Sequence[str], place: Point) -> str:
    """Return the digest of an exhibit: `photos` are the SHA-256 of its original files, in the order shown."""
    lat, lng = e7(place) or (None, None)
    return digest({"lat": lat, "lng": lng, "photos": list(photos)})


def exhibits(digests: Iterable[str]) -> str:
    """Return the digest of several exhibits, whatever their order."""
    return digest(sorted(digests))


def numbers(digests: Iterable[str]) -> dict[str, int]:
    """Return the number by which the protocol calls each exhibit.

    >>> numbers(["c0", "a1"])
    {'a1': 1, 'c0': 2}
    """
    return {each: number for number, each in enumerate(sorted(digests), start=1)}


def answers(points: Mapping[str, Point | None]) -> str:
    """Return the digest of a machine's answers by the exhibits' digests; None: it has no answer."""
    told = {each: e7(point) for each, point in points.items()}
    return digest({each: list(point) if point else None for each, point in told.items()})


def files(sums: Mapping[str, Sequence[str]]) -> str:
    """Return the digest of the files that are shown: their SHA-256 in the order shown, by the exhibits' digests."""
    return digest({each: list(of) for each, of in sums.items()})


def unit(people: int, shared: bool) -> str:
    """Return what the test counts: people, unless several of them see the same exhibits."""
    return ON_EXHIBITS if shared and people > 1 else ON_PEOPLE


def least_p(people: int, exhibits_each: int, shared: bool) -> float:
    """Return the least p-value that an experiment can give, if one side wins everything; two-sided.

    >>> least_p(10, 5, shared=False), least_p(10, 5, shared=True)
    (0.001953125, 0.0625)
    """
    units = people if unit(people, shared) == ON_PEOPLE else exhibits_each
    return float(min(1.0, 2.0 ** (1 - units)))


@dataclass(frozen=True)
class Drawn:
    """What was drawn: the exhibits that each place shows, in order, by their digests."""

    places: Sequence[Sequence[str]]
    spares: Sequence[Sequence[str]]  # of places that stand in for those that people give up


def write(
    design: Design,
    source: Source,
    machine: Machine,
    points: Mapping[str, Point | None],
    sums: Mapping[str, Sequence[str]],
    drawn: Drawn,
    out_of_domain: bool,
) -> dict[str, Any]:
    """Return the protocol.

    `points` are the machine's answers to all exhibits that are drawn, `sums` the SHA-256 of their files, by digest.
    `out_of_domain`: the machine was trained on other pictures, and that is meant.
    """
    called = numbers(points)
    return {
        "format": FORMAT,
        **asdict(design),
        "photo_set": asdict(source),
        "opponent": {**asdict(machine), "answers_sha256": answers(points)},
        "out_of_domain": out_of_domain,
        "shown_sha256": exhibits(points),
        "files_sha256": files(sums),
        "places": [[called[each] for each in place] for place in drawn.places],
        "spares": [[called[each] for each in place] for place in drawn.spares],
        "decision": {
            "unit": unit(design.people, design.shared),
            "test": TESTS[unit(design.people, design.shared)],
            "sides": 2,
            "level_percent": LEVEL_PERCENT,
            "duel": DUEL,
            "ties": TIES,
            "missing": MISSING,
        },
        "taking_part": TAKING_PART[SHARED if design.shared else OWN],
        "ending": ENDING,
        "excluded": EXCLUDED,
    }
