"""The registry: who is there, without loading anybody."""

import subprocess
import sys
from importlib.metadata import EntryPoint, EntryPoints
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from predictor import checkpoint, opponents
from predictor.checkpoint import CheckpointError
from predictor.geo import Point
from predictor.opponents import Card
from predictor.toyearth import PAINTER_VERSION


@pytest.fixture
def planet_weights(weights: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PLANET_WEIGHTS", str(weights))
    return weights


def test_planet_is_there(planet_weights: Path) -> None:
    assert opponents.available()[0] == Card(
        "planet", "PlaNet", checkpoint.digest(planet_weights), "toy-earth", 24, PAINTER_VERSION, explains=True
    )


def test_asking_who_is_there_loads_no_torch(planet_weights: Path) -> None:
    code = "import sys; from predictor import opponents; cards = opponents.available(); "
    code += "print(cards[0].name, [m for m in ('torch', 'torchvision', 'django') if m in sys.modules])"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert told.strip() == "planet []"


def test_the_shipped_weights_are_whole_and_small_enough() -> None:
    config, partition = checkpoint.read_header(opponents.SHIPPED_WEIGHTS)
    assert config.domain == "toy-earth"
    assert 500 <= len(partition) <= 2000
    assert partition.places is not None
    assert np.isfinite(partition.places[0]).sum(axis=1).min() >= 60  # t2 of its partition
    known = [axis[np.isfinite(axis)] for axis in partition.places]
    assert (partition.assign(*known) >= 0).mean() > 0.9  # rounding moves a few out of the smallest cells
    assert opponents.SHIPPED_WEIGHTS.stat().st_size <= 16_000_000


def test_planet_looks_at_the_last_photo(planet_weights: Path, noise: list[Image.Image]) -> None:
    planet = opponents.load("planet", "cpu")
    assert planet.card.name == "planet"
    assert planet.device == "cpu"
    trip, last = planet.locate([noise, noise[-1:]])
    np.testing.assert_allclose(trip.probabilities, last.probabilities, atol=1e-6)


def test_planet_explains_by_its_last_photo(planet_weights: Path, noise: list[Image.Image]) -> None:
    planet = opponents.load("planet", "cpu")
    assert isinstance(planet, opponents.Explainer)
    heard: list[float] = []
    here, there = planet.explain(noise, [Point(48.0, 11.0), Point(-33.0, 151.0)], 200, heard.append)
    assert heard[-1] == 1
    (belief,) = planet.locate([noise])
    assert here.belief == pytest.approx(belief.mass_within(Point(48.0, 11.0), 200), rel=1e-3)
    assert here.drops.shape == there.drops.shape


def test_a_new_file_is_noticed(planet_weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = tmp_path / "other.safetensors"
    other.write_bytes(planet_weights.read_bytes())
    monkeypatch.setenv("PLANET_WEIGHTS", str(other))
    before = opponents.available()[0].weights
    config, partition = checkpoint.read_header(planet_weights)
    checkpoint.save(other, config, partition, {})
    assert opponents.available()[0].weights != before


def test_wrong_weights_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLANET_WEIGHTS", "elsewhere.safetensors")
    with pytest.raises(CheckpointError, match=r"PLANET_WEIGHTS='elsewhere\.safetensors' is not a file"):
        opponents.available()


def test_an_unknown_opponent_is_refused_with_the_names_there_are(planet_weights: Path) -> None:
    with pytest.raises(LookupError, match=r"no opponent 'deep blue'; there are: planet"):
        opponents.load("deep blue")


class Mute:
    """An opponent of another package that cannot say what it is."""

    def card(self) -> Card:
        raise OSError("its weights are gone")


mute = Mute()


class Coin:
    """An opponent of another package."""

    def card(self) -> Card:
        return Card("coin", "A coin", "0" * 12, "real", 2)


coin = Coin()


def test_other_packages_bring_opponents_and_their_failures_stay_theirs(
    planet_weights: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    group = opponents.ENTRY_POINTS
    theirs = EntryPoints([
        EntryPoint("coin", f"{__name__}:coin", group),
        EntryPoint("mute", f"{__name__}:mute", group),
        EntryPoint("broken", "no_such_package:thing", group),
        EntryPoint("planet", f"{__name__}:coin", group),
    ])  # fmt: skip
    monkeypatch.setattr(opponents, "_brought", lambda path: tuple(theirs.select(group=group)))
    assert [card.name for card in opponents.available()] == ["planet", "coin"]
    assert "'broken'" in caplog.text
    assert "'mute'" in caplog.text
    assert "the name is taken" in caplog.text
