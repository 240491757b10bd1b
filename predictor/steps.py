"""One training under way: where it stands, and how it takes a step."""

import math
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn.parallel import DistributedDataParallel
from torch.optim.swa_utils import AveragedModel

from predictor import checkpoint, labels, toyearth
from predictor.cells import Partition
from predictor.checkpoint import CheckpointError, Config
from predictor.data import ALONE, Batch, Share
from predictor.plan import Plan
from predictor.planet import build, choose_precision, last_layer, pretrained, warm


@dataclass
class Run:
    """A training under way, in one process or as one of several."""

    plan: Plan
    config: Config
    partition: Partition
    network: nn.Module
    optimiser: torch.optim.Optimizer
    nest: labels.Nest
    device: torch.device
    share: Share = ALONE
    forward: nn.Module = field(init=False)  # the network, as it is called: compiled, distributed
    mean: AveragedModel | None = field(init=False)  # of the weights
    scaler: torch.amp.GradScaler = field(init=False)
    step: int = 0
    seconds: float = 0.0  # spent training, over all sittings
    loss: float = math.nan  # running mean

    def __post_init__(self) -> None:
        self.scaler = torch.amp.GradScaler(self.device.type, enabled=self.precision() is torch.float16)
        self.mean = AveragedModel(self.network, avg_fn=self._decayed, use_buffers=True) if self.plan.ema else None
        self.forward = torch.compile(self.network) if self.plan.compile else self.network  # type: ignore[assignment]
        if self.share.processes > 1:
            self.forward = DistributedDataParallel(self.forward)

    def precision(self) -> torch.dtype:
        """What the network computes in."""
        if self.plan.precision == "auto":
            return choose_precision(self.device)
        return {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}[self.plan.precision]

    def _decayed(self, mean: torch.Tensor, now: torch.Tensor, steps: torch.Tensor | int) -> torch.Tensor:
        if not mean.is_floating_point():
            return now  # batch norm's count of batches
        # The first weights know nothing and must not weigh for thousands of steps.
        return torch.lerp(now, mean, min(self.plan.ema, (1 + float(steps)) / (10 + float(steps))))

    def progress(self) -> float:
        """How much of the plan is done, 0 to 1."""
        if self.plan.steps is not None:
            return min(self.step / self.plan.steps, 1.0)
        return min(self.seconds / (60 * self.plan.minutes), 1.0)

    def best(self) -> nn.Module:
        """The weights to keep."""
        return self.network if self.mean is None else self.mean.module


def begin(plan: Plan, partitions: list[Partition], device: torch.device, share: Share = ALONE, painter: int = 0) -> Run:
    """A run at step 0, with the weights to start with; the first partition is the one to answer in."""
    torch.manual_seed(plan.world)
    finest = partitions[0]
    domain = "toy-earth" if painter else "real"
    config = Config(
        len(finest), plan.size, backbone=plan.backbone, painter=painter, domain=domain, estimate=plan.estimate
    )
    if plan.fields_weight and not painter:
        raise ValueError("--fields-weight is for Toy Earth: of photographs nobody knows what they were painted from")
    extra = toyearth.CHANNELS if plan.fields_weight else 0
    network = build(replace(config, n_cells=config.n_cells + extra))
    if plan.start:
        config = _start(network, config, plan.start)
    network.to(device)
    nest = labels.Nest.of(finest, partitions[1:], device)
    return Run(plan, config, finest, network, _optimiser(plan, network), nest, device, share)


def _start(network: nn.Module, config: Config, start: str) -> Config:
    """Take over weights; return the config with the pixels that these weights know. Raises ValueError."""
    try:
        theirs, _ = checkpoint.read_header(Path(start))
    except CheckpointError:
        weights, seen = pretrained(start, config.backbone)
        warm(network, weights)
        return replace(config, **seen)
    warm(network, checkpoint.read_weights(Path(start)))
    return replace(config, mean=theirs.mean, std=theirs.std)


def _optimiser(plan: Plan, network: nn.Module) -> torch.optim.Optimizer:
    # Weight decay is for matrices; on batch norm and biases it only slows learning down.
    groups = [
        {"params": [p for p in network.parameters() if p.ndim > 1], "weight_decay": plan.weight_decay},
        {"params": [p for p in network.parameters() if p.ndim <= 1], "weight_decay": 0.0},
    ]
    if plan.optimiser == "adagrad":
        groups[0]["weight_decay"] = 0.0  # it would be added to the gradient, and divided with it
        return torch.optim.Adagrad(groups, lr=plan.rate)
    return torch.optim.AdamW(groups, lr=plan.rate, betas=(0.9, 0.98))


def learning_rate(height: float, warmup: float, progress: float) -> float:
    """A short straight climb, over `warmup` of the training, then half a cosine down to nothing."""
    if progress < warmup:
        return height * (0.05 + 0.95 * progress / warmup)
    return height * 0.5 * (1 + math.cos(math.pi * (progress - warmup) / (1 - warmup)))


def label_width_km(plan: Plan, progress: float) -> float:
    """How soft labels are by now: from soft_from_km to soft_km, by the same factor in every minute."""
    if plan.soft_km == 0 or plan.soft_from_km == 0:
        return plan.soft_km
    return plan.soft_from_km ** (1 - progress) * plan.soft_km**progress


def take_step(run: Run, batch: Batch, lat: np.ndarray, lng: np.ndarray) -> float:
    """Learn from one batch; return its loss. Raises FloatingPointError where that is no number any more."""
    plan, constant = run.plan, run.plan.optimiser == "adagrad" and run.progress() >= run.plan.warmup
    for group in run.optimiser.param_groups:
        group["lr"] = plan.rate if constant else learning_rate(plan.rate, plan.warmup, run.progress())
    wanted = labels.targets(lat, lng, run.partition, label_width_km(plan, run.progress()), run.device)
    run.forward.train()
    with torch.autocast(run.device.type, run.precision(), enabled=run.precision() is not torch.float32):
        answers = run.forward(batch.pixels.to(run.device))
    n = run.config.n_cells
    loss = run.nest.loss(answers[:, :n], wanted)
    if plan.fields_weight:
        loss = loss + plan.fields_weight * labels.read_loss(answers[:, n:], lat, lng)
    run.optimiser.zero_grad(set_to_none=True)
    run.scaler.scale(loss).backward()
    run.scaler.unscale_(run.optimiser)
    nn.utils.clip_grad_norm_(run.network.parameters(), plan.clip)
    run.scaler.step(run.optimiser)
    run.scaler.update()
    if run.mean is not None:
        run.mean.update_parameters(run.network)
    run.step += 1
    value = loss.item()
    if not math.isfinite(value):
        raise FloatingPointError(f"The loss is {value} at step {run.step}: {plan.rate} is too large a --rate")
    return value


def for_checkpoint(run: Run) -> dict[str, torch.Tensor]:
    """The network's weights without the outputs that serve in training only."""
    weights, last = dict(run.best().state_dict()), last_layer(run.network)
    for name in (f"{last}.weight", f"{last}.bias"):
        weights[name] = weights[name][: run.config.n_cells].clone()
    return weights
