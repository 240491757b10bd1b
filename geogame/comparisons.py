"""The verbs of comparisons: somebody looks at one, a task reckons it, all who watch are told. Pages never reckon."""

import time
from collections.abc import Iterable
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from django.db import transaction
from django.db.models import Count, Exists, F, Max, OuterRef, Q

from geogame import evidence, records
from geogame.evidence import Evidence, Guesses, Machine
from geogame.models import Comparison, ExhibitPhoto, Experiment, Person, Round
from geogame.news import announce_comparison
from geogame.rules import protocol
from geogame.rules.refusals import BadInput
from geogame.selections import IS_LAST, SMALLEST_GROUP, Selection
from geogame.statistics import calibration, crowd, errors
from geogame.statistics.duels import Duels, is_duel, machine_once, outcomes
from geogame.statistics.report import plain, report
from geogame.statistics.sequential import settled_shares

REPORT = 5  # whoever changes what reports hold raises it
BETWEEN = timedelta(seconds=10)  # the least time between two reckonings of a selection
REST = 2  # and at least so many times what the last one took
SETTLED = timedelta(seconds=30)  # after the last closing: whatever was stamped before it has been written by then
WATCHED = timedelta(minutes=2)  # who looked so long ago has gone, unless they look again
NOTED = timedelta(seconds=30)  # that somebody looks is written down so often: a look should cost no write
FORGOTTEN = timedelta(days=7)  # what nobody asked for so long is thrown away; it can be reckoned again
SEED = 1  # of all lots: the same duels give the same figures, whichever selection finds them
DRAWS, DRAWN_DUELS = 2000, 40_000_000  # of the bootstrap: fewer draws of a record that is very large
FEWEST_DRAWS = 200
LAST_DUELS = 400  # that the page shows one by one
BIN_DEGREES = 10  # of the map: wide enough that it gives no photo's place away
FEWEST_IN_BIN = 5
MOST_PEOPLE = 10  # in a crowd
CROWDS, FEWEST_CROWDS = 40_000, 20  # drawn of each size: so many in all, or so many of each exhibit
PEOPLE_EACH = 50  # of an exhibit that crowds are drawn from: more make no difference and take long
WORDS = 80  # characters of a scene or country that can be asked for


def ask(selection: Selection, now: datetime) -> Comparison:
    """Return what is known of a selection, and note that somebody looks. Raises BadInput for what is not there."""
    selection.rounds()  # asks for the names
    key = selection.key()
    row, is_new = Comparison.objects.get_or_create(
        key=key, defaults={"selection": selection.as_dict(), "asked_at": now}
    )
    if not is_new:
        watch(key, now)
    return row


def watch(key: str, now: datetime) -> None:
    """Note that somebody looks, unless it was noted a moment ago."""
    Comparison.objects.filter(key=key, asked_at__lt=now - NOTED).update(asked_at=now)


def stamp() -> str:
    """Return what changes with the record: closed rounds never do, so the last closing tells. Two looks at an index.

    What reports hold is part of it: where this program tells more than the last one did, all is reckoned anew.
    """
    return _stamp_and_settling()[0]


def _stamp_and_settling() -> tuple[str, datetime | None]:
    """Return the record's stamp, and when it is settled: what was stamped before the last closing is written by then.

    A closing is stamped first and written a moment later, so that a reckoning may miss one and yet know a later stamp.
    """
    closed = Round.objects.aggregate(last=Max("closed_at"))["last"]
    finished = Experiment.objects.aggregate(last=Max("finished_at"))["last"]
    last = max((each for each in (closed, finished) if each), default=None)
    return f"{REPORT} {closed and closed.isoformat()} {finished and finished.isoformat()}", last and last + SETTLED


def forget() -> None:
    """Let everything be reckoned anew: something was taken out of the record, or put back.

    What was told before may hold what somebody has deleted, so nothing is told meanwhile; and whoever is reckoning at
    this moment finds that it is no longer theirs to tell. Once more when all is committed: what somebody began to look
    at meanwhile was reckoned from the record as it was.
    """
    _forget()
    transaction.on_commit(_forget)


def _forget() -> None:
    Comparison.objects.update(stamp="", report=None, as_of=None, reckoned_at=None)


def due(now: datetime) -> list[Comparison]:
    """Return the comparisons that somebody watches and that are older than the record, oldest first."""
    is_at, settled = _stamp_and_settling()
    is_old = ~Q(stamp=is_at)
    if settled and settled <= now:
        is_old |= Q(reckoned_at__lt=settled)  # once more
    watched = Comparison.objects.filter(is_old, asked_at__gte=now - WATCHED).defer("report")
    rested = watched.filter(Q(reckoned_at=None) | Q(reckoned_at__lte=now - BETWEEN))
    return [row for row in rested.order_by(F("reckoned_at").asc(nulls_first=True)) if _has_rested(row, now)]


def is_due(row: Comparison, now: datetime) -> bool:
    """Tell whether a comparison that somebody looks at should be reckoned: the same question for one."""
    if row.reckoned_at is None:
        return True
    is_at, settled = _stamp_and_settling()
    is_old = row.stamp != is_at or (settled is not None and row.reckoned_at < settled <= now)
    return is_old and row.reckoned_at <= now - BETWEEN and _has_rested(row, now)


def _has_rested(row: Comparison, now: datetime) -> bool:
    return row.reckoned_at is None or now >= row.reckoned_at + REST * timedelta(seconds=row.seconds or 0)


def reckon(row: Comparison, now: datetime) -> bool:
    """Reckon a comparison and tell those who watch; return whether this call did it, or somebody else is at it."""
    mine = Comparison.objects.filter(key=row.key, reckoned_at=row.reckoned_at).update(reckoned_at=now)
    if not mine:
        return False
    as_it_was, started = stamp(), time.monotonic()  # first: a round that closes meanwhile makes it due again
    try:
        told = build(Selection.from_dict(row.selection)) | {"reckoned_at": now.isoformat()}
    except BadInput:  # the set or the group that was asked for has gone meanwhile: nobody can ask for it any more
        Comparison.objects.filter(key=row.key).delete()
        return False
    with transaction.atomic():
        kept = Comparison.objects.filter(key=row.key, reckoned_at=now).update(
            report=told, stamp=as_it_was, as_of=told["figures"]["counts"]["rounds"], seconds=time.monotonic() - started
        )
        if kept:
            announce_comparison(row.key)
    return bool(kept)


def throw_away(now: datetime) -> int:
    """Throw away what nobody has asked for in a long time; return how many."""
    return Comparison.objects.filter(asked_at__lt=now - FORGOTTEN).delete()[0]


def draws_of(duels: int) -> int:
    """Return how often so many duels are drawn anew, on the page and in a release."""
    return min(DRAWS, max(FEWEST_DRAWS, DRAWN_DUELS // max(1, duels)))


def build(selection: Selection) -> dict[str, Any]:
    """Reckon all figures of a selection, against one machine: the one it names, or the one that played most."""
    machines = evidence.machines(selection)
    chosen = machines[0] if machines else None
    asked = selection
    if chosen:
        selection = replace(selection, opponent=chosen.opponent, weights=chosen.weights)
    here = evidence.read(selection)
    shares = settled_shares(here.duels, here.game, here.ended)
    rule = decision(asked)
    draws = draws_of(len(here.duels))
    told = report(here.duels, SEED, draws, shares, None if rule is None else rule.get("unit")).as_dict()
    if rule is None:
        leave_out_what_holds_once(told)
    else:
        told["significance"]["sealed"] = rule
    more = {
        "machine": chosen and asdict(chosen),
        "machines": [asdict(each) for each in machines],
        "curves": _curves(here.duels),
        "pairs": _pairs(here.duels),
        "map": _map(here),
        "crowds": _crowds(here, 0 if rule is None else crowd.ANEW),
        "calibration": _calibration(here.duels, chosen),
    }
    if asked == Selection():
        boards = zip(("people", "machines"), records.leaderboard(), strict=True)
        more["boards"] = {side: [asdict(line) for line in lines] for side, lines in boards}
        more["choices"] = choices()
    return told | plain(more)


def meant(selection: Selection) -> Selection:
    """Return a selection with its experiment's own rule on domains: it was sealed, and nobody who looks can choose."""
    if not selection.experiment:
        return selection
    sealed = Experiment.objects.filter(slug=selection.experiment).values_list("protocol", flat=True).first()
    return replace(selection, include_out_of_domain=bool(sealed and sealed.get("out_of_domain")))


def is_sealed(selection: Selection) -> bool:
    """Tell whether a selection is an experiment, whole: what was sealed and nothing that was chosen afterwards."""
    return bool(selection.experiment) and selection == meant(Selection(experiment=selection.experiment))


def decision(selection: Selection) -> dict[str, Any] | None:
    """Return what was sealed of how an experiment is tested; None for what is no experiment, or not a whole one.

    `p_value` is the name of the one that decides, among those of `report.Significance`.
    """
    if not is_sealed(selection):
        return None
    sealed = Experiment.objects.filter(slug=selection.experiment).values_list("protocol", flat=True).first()
    rule = (sealed or {}).get("decision", {})
    return {**rule, "p_value": protocol.P_VALUES.get(rule.get("unit", ""), "")}


def leave_out_what_holds_once(told: dict[str, Any]) -> None:
    """Take the tests out of a report, and what is sure of who won at one look only: anybody may look after each round.

    Left of who won is the interval that may be watched; crowds get none to begin with. Those of distances stay: they
    decide nothing.
    """
    del told["significance"], told["intervals"]["win_rate"], told["intervals"]["win_rate_ties_half"]


def are_few(selection: Selection, people: int) -> bool:
    """Tell whether somebody chose games of so few people that the figures would tell of one: only staff see those.

    Everything is shown however few there are, and so is an experiment that is finished, whole: neither was chosen
    afterwards to look at somebody. What only lets more games count, chooses nobody.
    """
    chosen = replace(selection, include_seen=False, include_out_of_domain=False) != Selection()
    return chosen and 0 < people < SMALLEST_GROUP and not is_sealed(selection)


def choices() -> dict[str, list[str]]:
    """Return what comparisons can be asked for besides sets, experiments and machines, by the Selection's names."""
    closed = Round.objects.filter(exhibit=OuterRef("exhibit"), closed_at__isnull=False)
    played = ExhibitPhoto.objects.filter(IS_LAST, Exists(closed)).order_by()
    groups = Person.objects.exclude(group="").values("group").annotate(people=Count("pk"))
    return {
        "scene": _values(played.values_list("photo__extra__scene", flat=True).distinct()),
        "country": _values(played.values_list("photo__extra__country", flat=True).distinct()),
        "group": _values(groups.filter(people__gte=SMALLEST_GROUP).values_list("group", flat=True)),
    }


def _values(found: Iterable[Any]) -> list[str]:
    return sorted({value for value in found if isinstance(value, str) and 0 < len(value) <= WORDS})


def _curves(duels: Duels) -> dict[str, Any]:
    people, machine = errors.curve(duels.person_km), errors.curve(machine_once(duels)[1])
    return {"km": people.km.tolist(), "people": people.share.tolist(), "machine": machine.share.tolist()}


def _pairs(duels: Duels) -> list[list[float]]:
    """The last duels, in time's order: [person's error in km, machine's error in km]; where one answered at least."""
    last = np.flatnonzero(is_duel(duels))[-LAST_DUELS:]
    return np.column_stack([duels.person_km[last], duels.machine_km[last]]).tolist()


def _map(here: Evidence) -> list[dict[str, float]]:
    """Who won where, in squares of degrees that hold enough duels; `lat` and `lng` are their south-western corners."""
    real = is_duel(here.duels)
    who = outcomes(here.duels.person_km, here.duels.machine_km)[real]
    rows, columns = (np.floor(each[real] / BIN_DEGREES).astype(int) for each in (here.truth_lat, here.truth_lng))
    squares, number = np.unique(rows * _COLUMNS + columns, return_inverse=True)
    sums = {
        name: np.bincount(number, who == outcome, minlength=len(squares)).astype(int)
        for name, outcome in (("people_won", 1), ("machine_won", -1), ("ties", 0))
    }
    enough = np.flatnonzero(np.sum(list(sums.values()), axis=0) >= FEWEST_IN_BIN)
    return [_square(int(squares[i])) | {name: int(values[i]) for name, values in sums.items()} for i in enough]


_COLUMNS = 1_000  # more than there are squares around the globe


def _square(code: int) -> dict[str, float]:
    row, column = divmod(code + _COLUMNS // 2, _COLUMNS)
    return {"lat": float(row * BIN_DEGREES), "lng": float((column - _COLUMNS // 2) * BIN_DEGREES)}


def _crowds(here: Evidence, anew: int) -> dict[str, Any] | None:
    """Crowds against the machine; `anew` is how often people and exhibits are drawn for intervals, 0 for none."""
    met = _some(here.guesses())
    if not len(met.exhibit):
        return None
    sizes = np.bincount(met.exhibit)
    most = max(1, min(MOST_PEOPLE, int(np.median(sizes[sizes > 0]))))
    draws = min(100, max(FEWEST_CROWDS, CROWDS // len(sizes)))
    found = crowd.crowds(
        met.exhibit, met.person, met.lat, met.lng, met.truth_lat, met.truth_lng, met.machine_km, SEED, draws, most, anew
    )
    return asdict(found)


def _some(met: Guesses) -> Guesses:
    """At most so many people of each exhibit, drawn by lot."""
    lots = np.random.default_rng(SEED).permutation(len(met.exhibit))
    order = lots[np.argsort(met.exhibit[lots], kind="stable")]
    sizes = np.bincount(met.exhibit)
    place = np.arange(len(order)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    kept = order[place < PEOPLE_EACH]
    return replace(met, exhibit=met.exhibit[kept], person=met.person[kept], lat=met.lat[kept], lng=met.lng[kept])


def _calibration(duels: Duels, machine: Machine | None) -> dict[str, Any] | None:
    """What the machine said of its own answers, for each exhibit once, by the radius in km."""
    if machine is None:
        return None
    exhibits, machine_km = machine_once(duels)
    shown = [evidence.exhibit_of(code) for code in exhibits.tolist()]
    said = evidence.confidence(machine, shown)
    answered = [
        (said[each], km)
        for each, km in zip(shown, machine_km.tolist(), strict=True)
        if each in said and np.isfinite(km)  # else the answer came too late, always
    ]
    if not answered:
        return None
    return {str(radius): _reliability(answered, radius) for radius in evidence.RADII_KM}


def _reliability(answered: Iterable[tuple[dict[str, float], float]], radius_km: int) -> dict[str, Any]:
    pairs = list(answered)
    p, true = [said[str(radius_km)] for said, _ in pairs], [km <= radius_km for _, km in pairs]
    bins = [asdict(each) for each in calibration.reliability(p, true)]
    return {"bins": bins, "brier": calibration.brier_score(p, true), "answers": len(p)}
