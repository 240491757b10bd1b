"""The measure of what pictures tell: it knows a perfect reader from a blind one, and each scale from the others."""

from pathlib import Path

import numpy as np
import pytest

from predictor import information, reader
from predictor.geo import distance_km
from predictor.metrics import r_squared
from predictor.toyearth import bands
from tests.predictor import painting


def test_the_reading_table_has_every_clue_and_a_blind_reader_reads_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, one_thread: None
) -> None:
    painting.needed()
    monkeypatch.setattr(information, "_KNOWN", 40)
    monkeypatch.setattr(reader, "SIZE", 48)
    reader.save(reader.Reader(), tmp_path / "blind.safetensors")
    table = information.reading_table(tmp_path / "blind.safetensors", 30, "cpu")
    assert all(f"– {name} |" in table for name in bands.CLUES)
    shares = [float(line.split("|")[2]) for line in table.splitlines()[2:]]
    assert max(shares) <= 0  # a constant is never better than the mean


@pytest.mark.slow
def test_the_shipped_reader_reads_what_it_is_said_to_at_new_places() -> None:
    floors = {5000.0: 0.68, 1500.0: 0.5, 400.0: 0.45, 50.0: 0.57, 2.0: 0.72}  # LOG.md, less the chance of 150 pictures
    painting.needed()
    network = reader.load(reader.SHIPPED)
    pictures, truth, scene = reader.pictures_of_new_places(4242, 150, reader.SIZE)
    told = scene != "blank"
    shares = r_squared(reader.read(network, pictures[told]), truth[told])
    for wavelength, names in bands.BANDS.items():
        assert shares[[bands.CLUES.index(name) for name in names]].mean() > floors[wavelength], f"{wavelength:.0f} km"


@pytest.mark.slow
@pytest.mark.parametrize(("disc_km", "band"), [(2500.0, 1500.0), (750.0, 400.0), (200.0, 50.0), (25.0, 2.0)])
def test_the_next_finer_band_pays(disc_km: float, band: float) -> None:
    without, with_band = information.search(disc_km, 12, [band])
    assert with_band[band] < 0.5 * without


def test_a_band_that_is_far_too_coarse_does_not_pay_and_one_far_too_fine_is_not_tried() -> None:
    without, with_band = information.search(25.0, 24, [5000.0])
    assert with_band[5000.0] > 0.5 * without
    assert information.search(2500.0, 2, [2.0])[1] == {}


def test_candidates_lie_in_a_disc_that_holds_the_place() -> None:
    rng = np.random.default_rng(0)
    for _ in range(20):
        lat, lng = information._around((60.0, 179.9), 200.0, 400, rng)
        assert float(distance_km(60.0, 179.9, lat, lng).min()) < 30
        assert float(distance_km(60.0, 179.9, lat, lng).max()) < 401
