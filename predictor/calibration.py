"""Do probabilities mean what they say? One temperature, fitted on pictures that were not trained on."""

import torch
from torch import nn

_HOTTEST = 16.0  # logits divided by more would say nothing; by less than a sixteenth, one cell would get it all
_STEPS = 60  # of ternary search: two thirds of the range is left after each, so the last is 1e-10 of it


def fit_temperature(logits: torch.Tensor, cell: torch.Tensor) -> float:
    """The number that logits (n, n_cells) must be divided by for the least negative log-likelihood of the cells (n,).

    Guo and others, ICML 2017. Between bounds of 1/16 and 16. The likelihood has one hill in the inverse temperature, so
    that halving the search finds it. Raises ValueError where there is nothing to fit on.
    """
    if not len(cell):
        raise ValueError("A temperature needs pictures whose places lie in cells")
    logits = logits.double()

    def nll(inverse: float) -> float:
        return float(nn.functional.cross_entropy(logits * inverse, cell))

    low, high = 1 / _HOTTEST, _HOTTEST
    for _ in range(_STEPS):
        left, right = low + (high - low) / 3, high - (high - low) / 3
        low, high = (low, right) if nll(left) < nll(right) else (left, high)
    return 2 / (low + high)
