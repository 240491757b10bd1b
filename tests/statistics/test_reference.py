"""R says the same. reference.R holds the calls, reference.json what they answered; R is not needed here."""

import json
from pathlib import Path
from typing import Any

import pytest
from scipy import special

from geogame.statistics.errors import median
from geogame.statistics.intervals import wilson
from geogame.statistics.power import intraclass_correlation, needed_units, power
from geogame.statistics.significance import sign_flips, sign_test, wilcoxon

R: dict[str, Any] = json.loads((Path(__file__).parent / "reference.json").read_text())
CLOSE = 1e-9


def numbers(given: list[float | str]) -> list[float]:
    return [float(each) for each in given]


@pytest.mark.parametrize("case", R["sign_test"])
def test_the_sign_test_agrees_with_binom_test(case: dict[str, Any]) -> None:
    assert sign_test(case["won"], case["lost"]) == pytest.approx(case["p"], rel=CLOSE)


@pytest.mark.parametrize("case", R["wilson"])
def test_wilson_agrees_with_prop_test(case: dict[str, Any]) -> None:
    found = wilson(case["k"], case["n"])
    assert (found.low, found.high) == pytest.approx((case["low"], case["high"]), rel=CLOSE, abs=CLOSE)


def test_wilson_agrees_at_another_level() -> None:
    case = R["wilson_90"]
    found = wilson(case["k"], case["n"], level=0.9)
    assert (found.low, found.high) == pytest.approx((case["low"], case["high"]), rel=CLOSE)


@pytest.mark.parametrize("case", [*R["wilcoxon_exact"], *R["wilcoxon_normal"]])
def test_the_signed_rank_test_agrees_with_wilcox_test(case: dict[str, Any]) -> None:
    assert wilcoxon(case["differences"]) == pytest.approx(case["p"], rel=CLOSE)


def test_infinite_differences_rank_beyond_all_others() -> None:
    case = R["wilcoxon_missing"]
    assert wilcoxon(numbers(case["differences"])) == pytest.approx(case["p"], rel=CLOSE)


@pytest.mark.parametrize("case", R["sign_flips"])
def test_flipped_signs_agree_with_all_ways_counted(case: dict[str, Any]) -> None:
    assert sign_flips(case["lead"]) == pytest.approx(case["p"], rel=CLOSE)


@pytest.mark.parametrize("case", R["medians"])
def test_the_median_agrees_with_median_and_quantile(case: dict[str, Any]) -> None:
    assert median(numbers(case["values"])) == float(case["median"]) == float(case["type2"])


@pytest.mark.parametrize("case", R["power"])
def test_power_agrees_with_pbinom(case: dict[str, Any]) -> None:
    assert power(case["n"], case["rate"]) == pytest.approx(case["power"], rel=CLOSE)


@pytest.mark.parametrize("case", R["needed"])
def test_needed_units_are_where_power_stays(case: dict[str, Any]) -> None:
    assert needed_units(case["rate"]) == case["from_on"]
    assert power(case["first"], case["rate"]) >= 0.8 > power(case["first"] - 1, case["rate"])
    assert needed_units(1 - case["rate"]) == case["from_on"]


def test_545_is_what_the_normal_distribution_says_and_566_the_exact_test_and_the_methods_name_both() -> None:
    assert int(R["normal_formula"]["n"]) == 545
    assert round(((1.959964 + 0.841621) / 0.12) ** 2) == 545
    assert needed_units(0.56) == 566
    assert power(566 - 1, 0.56) < 0.8
    assert power(545, 0.56) == pytest.approx(0.799, abs=0.0005)
    assert power(561, 0.56) < 0.8 < power(547, 0.56)
    told = " ".join((needed_units.__doc__ or "").split())
    assert "Exact sign test: 566" in told
    assert "Normal approximation, which is the schoolbook's formula" in told
    assert ": 545, at which the exact test has a power of 79.9 %" in told


@pytest.mark.parametrize("rate", [0.5, 0.0, 1.0])
def test_no_advantage_needs_no_number(rate: float) -> None:
    with pytest.raises(ValueError, match="cannot be had"):
        needed_units(rate)


def test_the_intraclass_correlation_agrees_with_aov() -> None:
    case = R["icc"]
    assert intraclass_correlation(case["groups"], case["values"]) == pytest.approx(case["icc"], rel=CLOSE)


@pytest.mark.parametrize("case", R["expanded"])
def test_expanded_percentiles_agree_with_qt_and_pnorm(case: dict[str, Any]) -> None:
    n = case["units"]
    t = special.stdtrit(n - 1, 0.975)
    assert special.ndtr(-((n / (n - 1)) ** 0.5) * t) == pytest.approx(case["share"], rel=CLOSE)
