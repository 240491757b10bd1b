"""How sure a figure is: Wilson's interval for one share, and the bootstrap of people and exhibits for all figures."""

import math
from dataclasses import dataclass, replace

import numpy as np
from scipy import special

from geogame.statistics.duels import Duels, Floats
from geogame.statistics.errors import THRESHOLDS_KM
from geogame.statistics.resampling import SHARES, STATISTICS, Sample, draw, sample, seen, share_name

FEWEST = 6  # units that say anything of others: the least and the greatest of n enclose a median with 1 - 2^(1 - n)
LEAST_WORTH = 2.0  # units: Student's t needs a degree of freedom, however unequal those that were met are


@dataclass(frozen=True)
class Interval:
    """Two ends, in the unit of what they enclose: infinite where nothing bounds it, NaN where nothing can be said."""

    low: float
    high: float
    level: float = 0.95
    undefined: float = 0.0  # share of the bootstrap's draws that had no value; they lie beyond both ends
    alike: bool = False  # the draws were so much alike that both ends would be one: nothing can be said


def wilson(k: float, n: float, level: float = 0.95) -> Interval:
    """Enclose a share that was seen in independent cases, each a yes or a no.

    Of n cases k were a yes. The interval holds all true shares that k of n does not speak against. It keeps its level
    with few cases and near 0 and 1, where the schoolbook's formula fails. It assumes that the cases are independent,
    so it is used only where each person or exhibit gives one answer, or where nothing else is left: of people who all
    won the same share of their duels each is taken for one case, and since shares differ less than a yes and a no the
    interval is then wider than it need be. Source: E. B. Wilson, JASA 1927.

    k is a sum of shares and may have a fraction, as may n. NaN ends where n is 0.
    """
    if not n:
        return Interval(math.nan, math.nan, level)
    z = float(special.ndtri((1 + level) / 2))
    middle, spread = k + z * z / 2, z * math.sqrt(k * (n - k) / n + z * z / 4)
    return Interval(max(0.0, (middle - spread) / (n + z * z)), min(1.0, (middle + spread) / (n + z * z)), level)


def bootstrap(
    duels: Duels, seed: int, draws: int = 2000, level: float = 0.95, fewest: int = FEWEST
) -> dict[str, Interval]:
    """Enclose each figure by drawing the people and the exhibits anew, many times.

    Other people and other exhibits would have given other figures. How other, is imitated: as many people as there were
    are drawn from them with repetition, and so are the exhibits; a duel counts as often as its person was drawn times
    its exhibit. Each draw gives each figure once, and the interval holds the middle 95 % of them, corrected for small
    numbers: people who played much more than others make of all a smaller number (Kish 1965), so that the interval is
    wider. So it speaks of all the people and exhibits that these could have been drawn from. Where every exhibit was
    met by one person only, as in the paper's protocol, people are drawn and take their exhibits along. It assumes that
    people came independently of each other, and exhibits too. Where so few distances differ that a median is the same
    in nearly all draws it has no interval: one without width would claim to be certain. Nor has any figure that rests
    on fewer than six people or exhibits: 95 % intervals of shares from two people held the truth in six or seven of ten
    runs, and from four in eight. People and exhibits are numbered for the lots by their own errors, to the metre, so
    that neither names nor time change what is drawn. Sources: Owen, Annals of Applied Statistics 2007 (both drawn);
    Efron, Canadian Journal of Statistics 1981, and Hesterberg, The American Statistician 2015 (corrections; the ends of
    a share are also no nearer than Student's t puts them). In simulations in which some played very much more than
    others (200 runs each: 15 or 40 people with exhibits of their own, 30 before 20 shared ones) 95 % intervals held the
    truth in 94 to 99 % of runs, and in 92 to 99 % where people differed three times as much; counted by heads it had
    been 92 to 97 % and 89 to 97 %.

    Returns the interval of each of resampling.STATISTICS by name. The same seed and codes give the same intervals; so
    that codes do not matter either, reports give those of `order.in_own_order`. A draw without a value (no duel was
    drawn, or both medians fell on missing answers) could have been anything and lies beyond both ends, of which those
    of a share are never outside 0 and 1. Shares of the machine over shared exhibits get Wilson's interval, since each
    exhibit is one yes or no; so do shares that no draw changes, such as 0 and 1, or one half where all duels are ties:
    draws that are all alike do not say that others would be. Each person or exhibit that the share rests on is then one
    case. What lies within 25 km holds what lies within 1 km: no end of the one is below that of the other. Fewer than
    `fewest` units give NaN ends: of a median even those from the least to the greatest would not hold 95 %. So do
    medians whose two ends would be one, which are marked `alike`. Which corrections, and how few, was decided by
    simulations: `python -m benchmarks.coverage`.
    """
    drawn_from = sample(duels)
    values, figures = draw(drawn_from, seed, draws), seen(drawn_from)
    crossed = narrowing(values["win_rate"], figures["win_rate"], drawn_from.decided)
    found = dict.fromkeys(STATISTICS, Interval(math.nan, math.nan, level)) | {
        name: _interval(drawn_from, name, values[name], figure, crossed, level)
        for name, figure in figures.items()
        if drawn_from.units(name) >= fewest and not math.isnan(figure)
    }
    return found | _nested(found, "people") | _nested(found, "machine")


def _nested(found: dict[str, Interval], side: str) -> dict[str, Interval]:
    """Bring a side's shares within 1 km, 25 km … into order: the greater distance holds the smaller one's answers."""
    names = [share_name(side, km) for km in THRESHOLDS_KM]
    lows = np.maximum.accumulate([found[name].low for name in names])
    highs = np.minimum.accumulate([found[name].high for name in reversed(names)])[::-1]
    ends = zip(names, lows.tolist(), highs.tolist(), strict=True)
    return {name: replace(found[name], low=low, high=high) for name, low, high in ends}


def _interval(drawn_from: Sample, name: str, values: Floats, figure: float, crossed: float, level: float) -> Interval:
    units = max(LEAST_WORTH, drawn_from.effective_units(name))
    narrower = crossed if drawn_from.is_crossed(name) else 1.0
    single = not drawn_from.own and not drawn_from.is_crossed(name)  # each unit is one answer of the machine
    if name in SHARES:
        return wilson(figure * units, units, level) if single else of_share(values, figure, units, level, narrower)
    if single:  # a median of single answers spreads as it should, so that Student's t alone is enough
        narrower = math.sqrt((units - 1) / units)
    found = enclose(values, figure, units, level, narrower)
    return replace(found, low=math.nan, high=math.nan, alike=True) if found.low == found.high else found


def of_share(values: Floats, figure: float, units: float, level: float = 0.95, narrower: float = 1.0) -> Interval:
    """Enclose a share by its bootstrap values (draws,); for two units or more.

    Draws of a few units end soon: where Student's t, of the draws' own spread, reaches farther it counts. Of six people
    with five exhibits each 95 % intervals then held the share won in 95 % of runs, and not in 90. No end lies outside
    [0, 1]: a draw without a value could have been any share, but nothing else.
    """
    found = enclose(values, figure, units, level, narrower)
    if _never_differ(values) or found.low == found.high:
        return wilson(figure * units, units, level)
    reach = _reach(units, level, narrower) * float(np.nanstd(values))
    low, high = max(0.0, min(found.low, figure - reach)), min(1.0, max(found.high, figure + reach))
    return Interval(low, high, level, found.undefined)


def _never_differ(values: Floats) -> bool:
    return len(np.unique(values[~np.isnan(values)])) < 2


def enclose(values: Floats, figure: float, units: float, level: float, narrower: float = 1.0) -> Interval:
    """The middle of bootstrap values (draws,) of a figure that rests on so many resampled units.

    Bias-corrected percentiles (Efron 1981): where more than half of the draws lie on one side of the figure, both ends
    move the other way. Expanded (Hesterberg 2015): a bootstrap of n units has (n - 1)/n of the variance that it should
    have, and takes it for known, so that the ends are those of Student's t with n - 1 degrees of freedom. `narrower` is
    a factor to the distance of the ends. For two units or more.
    """
    t = _reach(units, level, narrower)
    none = np.isnan(values)
    off = 2 * _bias(values[~none], figure)
    low = _at(np.where(none, -np.inf, values), float(special.ndtr(off - t)))
    high = -_at(np.where(none, -np.inf, -values), float(special.ndtr(-off - t)))
    return Interval(low, high, level, float(none.mean()))


def _reach(units: float, level: float, narrower: float) -> float:
    """How many standard deviations of the draws an end lies from the figure."""
    return narrower * math.sqrt(units / (units - 1)) * float(special.stdtrit(units - 1, (1 + level) / 2))


def _bias(values: Floats, figure: float) -> float:
    """How far the figure lies from the middle of its draws, in standard deviations; half of equal draws lie below."""
    below = (np.count_nonzero(values < figure) + np.count_nonzero(values <= figure)) / 2
    return float(special.ndtri((below + 0.5) / (len(values) + 1)))


def _at(values: Floats, share: float) -> float:
    """The value that so small a share lies below, rounded outwards."""
    rank = min(len(values) - 1, max(0, math.floor((len(values) + 1) * share) - 1))
    return float(np.partition(values, rank)[rank])


def narrowing(win_rates: Floats, win_rate: float, decided: int) -> float:
    """How much nearer the ends belong where people and exhibits are both drawn, as a factor.

    Drawing both counts the chance that belongs to a duel alone three times: for people, for exhibits and for both
    (Owen 2007). What is too much, twice the variance that independent duels would have, is known for the win rate, from
    its draws (draws,) and the number of won and lost duels; the same factor serves the medians. Never under the square
    root of 1/3, which holds where duels are independent.
    """
    spread = float(np.nanvar(win_rates)) if np.isfinite(win_rates).any() else 0.0
    if not spread or not decided:
        return 1.0
    return math.sqrt(max(1 / 3, 1 - 2 * win_rate * (1 - win_rate) / decided / spread))
