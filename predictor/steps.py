"""One training: what is planned, where it stands, and how it takes a step."""

import math
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn.parallel import DistributedDataParallel
from torch.optim.swa_utils import AveragedModel

from predictor import checkpoint, collection, labels, toyearth
from predictor.cells import Partition
from predictor.checkpoint import CheckpointError, Config
from predictor.data import ALONE, Batch, Share
from predictor.planet import build, last_layer, pretrained, warm

OPTIMISERS = ("adamw", "adagrad")
PRECISIONS = ("auto", "fp32", "bf16", "fp16")


@dataclass(frozen=True)
class Plan:
    """What to train, on how much, for how long."""

    photos: tuple[str, ...] = ()  # a table, a folder or shards (collection.py); empty: Toy Earth, painted on the fly
    held_share: float = collection.HELD_SHARE  # of their places and of their uploaders that are not trained on
    count: int = 200_000  # pictures of Toy Earth; more than an hour on two cores uses up
    world: int = 7  # the seed of their places, and of all chance
    backbone: str = "googlenet"  # or another of torchvision's: inception_v3, resnet50 …
    size: int = 112
    cells: tuple[str, ...] = ()  # tables of nested partitions, made by `partition`; empty: cut by t1 and t2 from photos
    t1: tuple[int, ...] = (600,)  # the least gives the cells that are answered in, the others nested partitions' cells
    t2: int = 60  # the paper's two numbers, for this count: 773 cells
    max_level: int = 13  # cells of about a kilometre
    minutes: float = 60.0  # the learning rate ends at nothing when they are over, whatever the machine's speed
    steps: int | None = None  # instead of minutes: the same result on any machine
    batch: int = 64  # over all processes
    workers: int = 1
    threads: int = 0  # 0: as torch likes it
    optimiser: str = "adamw"  # or the paper's "adagrad", whose rate stays at its height: 0.045 there
    rate: float = 1e-3  # at its height
    warmup: float = 0.03  # of the time
    weight_decay: float = 0.05
    clip: float = 2.0  # the gradient's norm at most
    ema: float = 0.0  # decay of the running mean of the weights that is kept as the result; 0: the weights themselves
    precision: str = "auto"  # bf16 where the GPU has it, otherwise fp32; fp16 scales its loss
    compile: bool = False  # torch.compile; it needs a compiler, and pays in long runs on GPUs
    soft_km: float = 0.0  # 0: the paper's hard labels; otherwise how wide the labels are at the end (labels.targets)
    soft_from_km: float = 0.0  # wider labels at the start: first the continent, then the region; 0: soft_km all along
    fields_weight: float = 0.0  # of reading Toy Earth's fields beside the cells (labels.read_loss); 0: cells alone
    # Weights to begin with, but for the last layer: a checkpoint of ours, a file of a state_dict, or torchvision's own
    # name for some ("IMAGENET1K_V1"), which it downloads.
    start: str = ""
    save_every_s: float = 120.0
    log_every: int = 20  # steps
    exam: int = 400  # held-out pictures at each save, which the temperature is fitted on too; 0 for none
    tensorboard: bool = False  # metrics there too

    def __post_init__(self) -> None:
        if self.optimiser not in OPTIMISERS or self.precision not in PRECISIONS:
            raise ValueError(f"--optimiser is one of {OPTIMISERS}, --precision one of {PRECISIONS}")
        if self.steps is None and self.minutes <= 0:
            raise ValueError("--minutes must be more than 0: nothing would be trained")


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
            able = self.device.type == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False)
            return torch.bfloat16 if able else torch.float32
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
    config = Config(len(finest), plan.size, backbone=plan.backbone, painter=painter, domain=domain)
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
    wanted = labels.targets(lat, lng, run.partition, label_width_km(plan, run.progress())).to(run.device)
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
