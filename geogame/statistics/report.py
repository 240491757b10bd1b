"""Every headline number of a selection in one place: what page, export and release show is this and nothing else."""

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from geogame.statistics.duels import Counts, Duels, Floats, counts, machine_once, win_rate, win_rate_ties_half
from geogame.statistics.errors import (
    difference_of_medians,
    median,
    median_answered,
    median_of_paired_differences,
    share_within,
)
from geogame.statistics.intervals import Interval, bootstrap
from geogame.statistics.order import in_own_order
from geogame.statistics.power import RATES, Clustering, clustering, needed_units
from geogame.statistics.resampling import share_name
from geogame.statistics.sequential import anytime, shares_won
from geogame.statistics.significance import Kind, is_too_small, sign_flips, sign_test, units, wilcoxon


@dataclass(frozen=True)
class Figures:
    """Everything that was seen, without a word on chance. km is infinite where a median falls on a missing answer."""

    counts: Counts
    win_rate: float
    win_rate_ties_half: float
    people_median_km: float
    machine_median_km: float
    people_median_answered_km: float
    machine_median_answered_km: float
    difference_of_medians_km: float
    median_of_paired_differences_km: float
    within: dict[str, float]  # people_within_1_km … machine_within_2500_km: shares


@dataclass(frozen=True)
class Significance:
    """p-values, and what they count: units that are independent of each other."""

    unit: Kind
    units: int
    people_ahead: int
    machine_ahead: int
    sign_flips_p: float  # the test that counts: by person in the paper's protocol, else the sign test by another way
    sign_test_p: float
    wilcoxon_p: float
    too_small: bool  # these p-values: people are the units, though some of them met the same exhibits


@dataclass(frozen=True)
class Watched:
    """What may be watched: independent units, each with the people's share of its duels, a tie half."""

    units: int
    mean: float  # of the units' shares; NaN without any
    interval: Interval  # of that mean, at all looks together


@dataclass(frozen=True)
class Enough:
    """What would be needed to notice one side's true win rate with a power of 80 %."""

    rate: float
    units: int  # independent ones
    duels: int  # as they hang together here


@dataclass(frozen=True)
class Report:
    """Figures, how sure they are, and whether chance could have made them."""

    figures: Figures
    intervals: dict[str, Interval]  # by the names of resampling.STATISTICS
    watched: Watched
    significance: Significance
    clustering: Clustering
    enough: list[Enough]
    seed: int
    draws: int

    def as_dict(self) -> dict[str, Any]:
        """The same in what JSON knows: infinite and undefined numbers become None."""
        return {name: plain(value) for name, value in asdict(self).items()}


def figures(duels: Duels) -> Figures:
    """Reckon what was seen."""
    machine_km = machine_once(duels)[1]
    return Figures(
        counts=counts(duels),
        win_rate=win_rate(duels),
        win_rate_ties_half=win_rate_ties_half(duels),
        people_median_km=median(duels.person_km),
        machine_median_km=median(machine_km),
        people_median_answered_km=median_answered(duels.person_km),
        machine_median_answered_km=median_answered(machine_km),
        difference_of_medians_km=difference_of_medians(duels),
        median_of_paired_differences_km=median_of_paired_differences(duels),
        within=_within("people", duels.person_km) | _within("machine", machine_km),
    )


def report(
    duels: Duels, seed: int, draws: int = 2000, shares: Floats | None = None, sealed: Kind | None = None
) -> Report:
    """Reckon everything. The same duels and seed give the same report, in any order and under any codes.

    `shares` are the units that may be watched (`sequential.settled_shares`). Left out, they are `shares_won`, which
    serve people with exhibits of their own. `sealed` are the units by which an experiment is to be tested.
    """
    ordered = in_own_order(duels)
    clusters = clustering(ordered)
    return Report(
        figures=figures(duels),
        intervals=bootstrap(ordered, seed, draws),
        watched=_watched(shares_won(duels) if shares is None else shares),
        significance=_significance(duels, sealed),
        clustering=clusters,
        enough=[_enough(rate, clusters.design_effect) for rate in RATES],
        seed=seed,
        draws=draws,
    )


def _within(side: str, errors_km: Floats) -> dict[str, float]:
    return {share_name(side, km): share for km, share in share_within(errors_km).items()}


def _watched(shares: Floats) -> Watched:
    return Watched(len(shares), float(shares.mean()) if len(shares) else math.nan, anytime(shares))


def _significance(duels: Duels, sealed: Kind | None) -> Significance:
    found = units(duels, sealed)
    ahead, behind = int(np.count_nonzero(found.lead > 0)), int(np.count_nonzero(found.lead < 0))
    return Significance(
        unit=found.kind,
        units=len(found.code),
        people_ahead=ahead,
        machine_ahead=behind,
        sign_flips_p=sign_flips(found.lead),
        sign_test_p=sign_test(ahead, behind),
        wilcoxon_p=wilcoxon(found.difference_km),
        too_small=is_too_small(duels, found.kind),
    )


def _enough(rate: float, design_effect: float) -> Enough:
    needed = needed_units(rate)
    return Enough(rate, needed, math.ceil(needed * design_effect))


def plain(value: Any) -> Any:
    """Return the same in what JSON knows: infinite and undefined numbers become None."""
    if isinstance(value, dict):
        return {name: plain(each) for name, each in value.items()}
    if isinstance(value, list):
        return [plain(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
