"""How everything is reckoned, in words: taken from the functions that reckon it, so that words and numbers agree."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from geogame.statistics import calibration, crowd, duels, errors, intervals, power, sequential, significance

PARAGRAPHS = 2  # of a docstring: what it is and how to read it; what follows is for who calls it


@dataclass(frozen=True)
class Method:
    """A statistic in words; the anchor is its function's name."""

    anchor: str
    title: Any
    paragraphs: list[str]


def _method(title: Any, function: Callable[..., Any]) -> Method:
    told = (inspect.getdoc(function) or "").split("\n\n")[:PARAGRAPHS]
    return Method(function.__name__, title, [" ".join(paragraph.replace("`", "").split()) for paragraph in told])


SECTIONS: list[tuple[Any, list[Method]]] = [
    (
        _("Duels"),
        [
            _method(_("Who was nearer"), duels.outcomes),
            _method(_("What is counted"), duels.counts),
            _method(_("Share of duels won"), duels.win_rate),
            _method(_("The same, a tie being half"), duels.win_rate_ties_half),
            _method(_("The machine's answer counts once"), duels.machine_once),
        ],
    ),
    (
        _("Distances"),
        [
            _method(_("Median error"), errors.median),
            _method(_("Median error of given answers"), errors.median_answered),
            _method(_("Difference of medians"), errors.difference_of_medians),
            _method(_("Median of paired differences"), errors.median_of_paired_differences),
            _method(_("Street, city, region, country, continent"), errors.share_within),
            _method(_("The cumulative curve"), errors.curve),
        ],
    ),
    (
        _("How sure that is"),
        [
            _method(_("The intervals of the page"), intervals.bootstrap),
            _method(_("Wilson's interval"), intervals.wilson),
        ],
    ),
    (
        _("Whether chance could have done it"),
        [
            _method(_("What counts as independent"), significance.units),
            _method(_("Flipping signs"), significance.sign_flips),
            _method(_("Sign test"), significance.sign_test),
            _method(_("Wilcoxon's test"), significance.wilcoxon),
        ],
    ),
    (
        _("How much would be enough"),
        [
            _method(_("Power"), power.power),
            _method(_("How many units are needed"), power.needed_units),
            _method(_("The design effect"), power.clustering),
            _method(_("How alike duels of one person are"), power.intraclass_correlation),
        ],
    ),
    (
        _("What may be watched"),
        [
            _method(_("The interval that may be watched"), sequential.anytime),
            _method(_("The mean share by game"), sequential.settled_shares),
        ],
    ),
    (
        _("Crowds, and what the machine knows"),
        [
            _method(_("How many people make one machine"), crowd.crowds),
            _method(_("The middle of several guesses"), crowd.geometric_median),
            _method(_("Does the machine know what it knows?"), calibration.reliability),
            _method(_("One grade for its probabilities"), calibration.brier_score),
        ],
    ),
]
