"""python without_batch_norm.py TABLE OUT      train a network without batch norm, alone or under torchrun

Batch norm sees what one process sees, so only without it do two processes learn exactly what one does.
"""

import sys
from pathlib import Path

import torch
from torch import nn

from predictor import steps
from predictor.checkpoint import Config
from predictor.plan import Plan
from predictor.train import train


def build(config: Config) -> nn.Module:
    """The smallest network that answers in cells."""
    layers = (nn.Conv2d(3, 6, 5, 2), nn.ReLU(), nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(24, config.n_cells))
    return nn.Sequential(*layers)


if __name__ == "__main__":
    steps.build = build
    torch.set_num_threads(1)
    plan = Plan(
        photos=(sys.argv[1],), held_share=0.1, size=32, t1=(20,), t2=2, batch=16, workers=0, exam=4, steps=5, rate=0.01,
        save_every_s=0.0, precision="fp32",
    )  # fmt: skip
    train(plan, Path(sys.argv[2]), "cpu")
