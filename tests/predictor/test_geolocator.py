"""The same picture gets the same answer, alone or in company."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from predictor.geolocator import Geolocator
from predictor.opponents import SHIPPED_WEIGHTS
from predictor.planet import build, choose_device, choose_precision
from tests.servers import ROOT


@pytest.fixture
def geolocator(weights: Path) -> Geolocator:
    return Geolocator.load(weights, "cpu", torch.float32)  # in bfloat16 a batch is reckoned a little differently


def test_every_picture_gets_a_distribution_in_order(geolocator: Geolocator, noise: list[Image.Image]) -> None:
    answers = geolocator.locate(noise)
    assert len(answers) == 5
    assert all(answer.probabilities.sum() == pytest.approx(1, abs=1e-5) for answer in answers)
    backwards = geolocator.locate(noise[::-1])[::-1]
    for one, other in zip(answers, backwards, strict=True):
        np.testing.assert_allclose(one.probabilities, other.probabilities, atol=1e-5)


def test_two_loads_answer_bit_for_bit_alike(weights: Path, noise: list[Image.Image]) -> None:
    first, second = (Geolocator.load(weights, "cpu").locate(noise) for _ in range(2))
    assert all(np.array_equal(a.probabilities, b.probabilities) for a, b in zip(first, second, strict=True))


def test_the_size_of_a_batch_changes_nothing(geolocator: Geolocator, noise: list[Image.Image]) -> None:
    together, alone = geolocator.locate(noise, batch_size=5), geolocator.locate(noise, batch_size=1)
    for one, other in zip(together, alone, strict=True):
        np.testing.assert_allclose(one.probabilities, other.probabilities, atol=1e-5)


def test_different_pictures_get_different_answers(geolocator: Geolocator, noise: list[Image.Image]) -> None:
    one, other = geolocator.locate(noise[:2])
    assert not np.array_equal(one.probabilities, other.probabilities)


def test_no_pictures_no_answers(geolocator: Geolocator) -> None:
    assert geolocator.locate([]) == []


def test_the_network_is_the_one_described(geolocator: Geolocator) -> None:
    network = build(geolocator.config)
    assert not network.aux_logits
    assert not network.transform_input
    assert any(isinstance(layer, torch.nn.BatchNorm2d) for layer in network.modules())
    assert network(torch.zeros(2, 3, 32, 32)).shape == (2, 24)


def test_a_wished_device_is_taken() -> None:
    assert choose_device("meta").type == "meta"
    assert choose_device().type in ("cuda", "mps", "cpu")


def test_bfloat16_says_nearly_the_same(weights: Path, noise: list[Image.Image]) -> None:
    exact, halved = (
        Geolocator.load(weights, "cpu", precision).locate(noise) for precision in (torch.float32, torch.bfloat16)
    )
    for one, other in zip(exact, halved, strict=True):
        assert not np.array_equal(one.probabilities, other.probabilities)  # it does compute in another format
        np.testing.assert_allclose(one.probabilities, other.probabilities, atol=5e-3)


def test_the_shipped_weights_name_the_same_place_in_bfloat16() -> None:
    """Of two cells that are nearly as probable the format may choose either, so all differences are added up."""
    pictures = [Image.open(path) for path in sorted((ROOT / "geogame/starter/first-steps").glob("*.jpg"))[:6]]
    exact, halved = (
        Geolocator.load(SHIPPED_WEIGHTS, "cpu", precision).locate(pictures)
        for precision in (torch.float32, torch.bfloat16)
    )
    for one, other in zip(exact, halved, strict=True):
        assert np.abs(one.probabilities - other.probabilities).sum() < 0.1


@pytest.mark.parametrize(
    ("capabilities", "chosen"),
    [
        ({"avx2": True, "avx512_bf16": False, "amx_bf16": False}, torch.float32),
        ({"avx512_bf16": True}, torch.bfloat16),
        ({"amx_bf16": True}, torch.bfloat16),
    ],
)
def test_a_processor_computes_in_bfloat16_where_it_has_instructions_for_it(
    capabilities: dict[str, bool], chosen: torch.dtype, monkeypatch: pytest.MonkeyPatch, weights: Path
) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: capabilities, raising=False)
    assert choose_precision(torch.device("cpu")) is chosen
    geolocator = Geolocator.load(weights, "cpu")
    assert geolocator.precision is chosen
    assert geolocator.device_name == "cpu"


def test_where_torch_cannot_say_what_the_processor_can_it_computes_in_float32(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(torch.cpu, "get_capabilities", raising=False)
    assert choose_precision(torch.device("cpu")) is torch.float32


def test_the_config_tells_temperature_and_estimate(weights: Path, noise: list[Image.Image]) -> None:
    plain = Geolocator.load(weights, "cpu")
    config = dataclasses.replace(plain.config, temperature=4.0, estimate="distance")
    cool = Geolocator(config, plain.partition, plain.network, plain.device).locate(noise)
    for before, after in zip(plain.locate(noise), cool, strict=True):
        expected = before.probabilities**0.25
        assert np.allclose(after.probabilities, expected / expected.sum(), atol=1e-4)
        assert after.point() == after.least_distance_point()
        assert before.point() == before.argmax_point()
