"""The bands: a clue of one scale says the same next door and nothing across its wavelength."""

import numpy as np
import pytest

from predictor.toyearth.bands import BANDS, CLUES, clues, values

KM_PER_DEGREE = 111.195


def places(count: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(1)
    return np.degrees(np.arcsin(rng.uniform(-0.94, 0.94, count))), rng.uniform(-180, 180, count)


def correlation(wavelength_km: float, shift_km: float) -> float:
    """Return the mean correlation of a band's clues with themselves so many kilometres further north."""
    lat, lng = places(4000)
    columns = [CLUES.index(name) for name in BANDS[wavelength_km]]
    here, there = values(lat, lng)[:, columns], values(lat + shift_km / KM_PER_DEGREE, lng)[:, columns]
    return float(np.mean([np.corrcoef(here[:, k], there[:, k])[0, 1] for k in range(len(columns))]))


@pytest.mark.parametrize("wavelength_km", BANDS)
def test_a_clue_is_shared_by_neighbours_and_by_nobody_a_wavelength_away(wavelength_km: float) -> None:
    assert correlation(wavelength_km, wavelength_km / 16) > 0.85
    assert abs(correlation(wavelength_km, wavelength_km)) < 0.25


def test_the_five_bands_stand_for_the_papers_five_thresholds() -> None:
    for wavelength, threshold_km in zip(BANDS, (2500, 750, 200, 25, 1), strict=True):
        assert wavelength == 2 * threshold_km


def test_every_value_of_a_clue_is_about_as_common_as_any_other() -> None:
    lat, lng = places(6000)
    told = values(lat, lng)
    assert told.min() >= 0
    assert told.max() <= 1
    for column in range(len(CLUES)):
        shares = np.histogram(told[:, column], bins=4, range=(0, 1))[0] / len(lat)
        assert (shares > 0.12).all(), CLUES[column]


def test_no_clue_repeats_another() -> None:
    lat, lng = places(4000)
    table = np.corrcoef(values(lat, lng).T) - np.eye(len(CLUES))
    assert np.abs(table).max() < 0.35


def test_a_place_has_its_clues_by_name() -> None:
    here = clues(48.2, 16.4)
    assert set(here) == set(CLUES)
    assert here == clues(48.2, 16.4)
