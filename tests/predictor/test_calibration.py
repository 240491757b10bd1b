"""The temperature that makes probabilities honest."""

import pytest
import torch

from predictor.calibration import fit_temperature


def drawn(temperature: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Logits that are so many times too sure of themselves, and cells drawn as they should be."""
    torch.manual_seed(4)
    logits = 2 * torch.randn(20_000, 12)
    cells = torch.distributions.Categorical(logits=logits).sample()
    return logits * temperature, cells


@pytest.mark.parametrize("temperature", [0.4, 1.0, 2.5])
def test_the_temperature_is_found_again(temperature: float) -> None:
    assert fit_temperature(*drawn(temperature)) == pytest.approx(temperature, rel=0.03)


def test_noise_is_cooled_down_as_far_as_allowed() -> None:
    logits, cells = torch.randn(4000, 12), torch.arange(4000) % 12
    assert fit_temperature(50 * logits, cells) == pytest.approx(16, rel=1e-3)


def test_nothing_has_no_temperature() -> None:
    with pytest.raises(ValueError, match="needs pictures"):
        fit_temperature(torch.zeros(0, 12), torch.zeros(0, dtype=torch.int64))
