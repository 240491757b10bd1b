"""python -m predictor train --out runs/planet --minutes 60      train PlaNet on Toy Earth

What it writes into --out: places.npz (kept work), state.pt (to go on from), metrics.jsonl, planet.safetensors (the
result, also usable half way). Killed, it goes on from the last saved state when the same command is given again.
"""

import json
import logging
import math
import os
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from tqdm import tqdm

from predictor import checkpoint, data, head, images, toyearth
from predictor.cells import Partition, adaptive_partition
from predictor.checkpoint import Config
from predictor.geo import distance_km
from predictor.metrics import accuracy, median_km
from predictor.planet import build, choose_device

log = logging.getLogger(__name__)

EXAM_SEED = 90210  # held-out pictures to watch training by; `evaluate` uses others
_SMOOTH = 0.98  # of the loss that is shown


@dataclass(frozen=True)
class Plan:
    """What to train, on how much, for how long."""

    count: int = 200_000  # training pictures of Toy Earth; more than an hour on two cores uses up
    world: int = 7  # the seed of their places
    size: int = 112
    t1: int = 600  # the two numbers of the paper, for this count: 773 cells
    t2: int = 60
    max_level: int = 13  # cells of about a kilometre
    minutes: float = 60.0  # the learning rate ends at nothing when they are over, whatever the machine's speed
    steps: int | None = None  # instead of minutes: the same result on any machine
    batch: int = 64
    workers: int = 1
    threads: int = 0  # 0: as torch likes it
    rate: float = 1e-3  # AdamW's, at its height
    warmup: float = 0.03  # of the time
    weight_decay: float = 0.05
    soft_km: float = 0.0  # 0: the paper's hard labels; otherwise how wide the labels are at the end (data.targets)
    soft_from_km: float = 0.0  # wider labels at the start: first the continent, then the region; 0: soft_km all along
    fields_weight: float = 0.0  # of reading the painter's fields beside the cells (see `read_loss`); 0: cells alone
    start: str = ""  # a checkpoint whose convolutions to begin with, whatever its cells; empty: none
    refit: int = 0  # new pictures to fit the last layer anew on, at the end (head.py); 0: leave it
    save_every_s: float = 120.0
    exam: int = 400  # held-out pictures at each save; 0 for none


@dataclass
class Run:
    """A training under way."""

    plan: Plan
    config: Config
    partition: Partition
    network: nn.Module
    optimiser: torch.optim.Optimizer
    device: torch.device
    step: int = 0
    seconds: float = 0.0  # spent training, over all sittings
    loss: float = math.nan  # running mean

    def progress(self) -> float:
        """How much of the plan is done, 0 to 1."""
        if self.plan.steps is not None:
            return min(self.step / self.plan.steps, 1.0)
        return min(self.seconds / (60 * self.plan.minutes), 1.0)


def train(plan: Plan, out: Path, device: str | None = None) -> Path:
    """Train, or go on training, and return the finished checkpoint."""
    out.mkdir(parents=True, exist_ok=True)
    if plan.threads:
        torch.set_num_threads(plan.threads)
    lat, lng = data.training_places(plan.count, plan.world, out / "places.npz")
    partition = adaptive_partition(lat, lng, plan.t1, plan.t2, plan.max_level)
    world = data.World.of(lat, lng, partition, plan.world)
    run = begin(plan, partition, choose_device(device))
    if (out / "state.pt").exists():
        resume(run, out / "state.pt")
        log.info("Going on from step %d (%.0f s)", run.step, run.seconds)
    elif plan.start:
        warm(run.network, checkpoint.read_weights(Path(plan.start)))
    log.info("%d cells hold %d of %d pictures", len(partition), world.usable.size, plan.count)
    result = out / "planet.safetensors"
    if run.progress() < 1:
        _sit(run, world, out)
    if plan.refit and "refit" not in checkpoint.read_header(result)[0].training:
        refit(run, world, result)
    return result


def begin(plan: Plan, partition: Partition, device: torch.device) -> Run:
    """A run at step 0."""
    torch.manual_seed(plan.world)
    config = Config(n_cells=len(partition), size=plan.size, painter=toyearth.PAINTER_VERSION)
    extra = toyearth.CHANNELS if plan.fields_weight else 0
    network = build(replace(config, n_cells=config.n_cells + extra))
    network.to(device)
    # Weight decay is for matrices; on batch norm and biases it only slows learning down.
    groups = [
        {"params": [p for p in network.parameters() if p.ndim > 1], "weight_decay": plan.weight_decay},
        {"params": [p for p in network.parameters() if p.ndim <= 1], "weight_decay": 0.0},
    ]
    optimiser = torch.optim.AdamW(groups, lr=plan.rate, betas=(0.9, 0.98))
    return Run(plan, config, partition, network, optimiser, device)


def warm(network: nn.Module, weights: dict[str, torch.Tensor]) -> None:
    """Take over everything but the last layer from other weights. Raises ValueError where they do not fit."""
    body = {name: tensor for name, tensor in weights.items() if not name.startswith("fc.")}
    missing, unknown = network.load_state_dict(body, strict=False)
    if unknown or any(not name.startswith("fc.") for name in missing):
        raise ValueError(f"--start has other layers than this network: {(unknown or missing)[:3]}")


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


def _sit(run: Run, world: data.World, out: Path) -> None:
    """Train until the plan is done, saving now and then."""
    batches = data.training_batches(world, run.config, run.plan.batch, run.plan.workers, run.step)
    began, seconds_before, saved, waited = time.monotonic(), run.seconds, time.monotonic(), 0.0
    with tqdm(desc="training", unit="picture", initial=run.step * run.plan.batch) as bar:
        while run.progress() < 1:
            asked = time.monotonic()
            pixels, indices = next(batches)
            waited += time.monotonic() - asked
            loss = take_step(run, pixels, world.lat[indices], world.lng[indices])
            run.loss = loss if math.isnan(run.loss) else _SMOOTH * run.loss + (1 - _SMOOTH) * loss
            run.seconds = seconds_before + time.monotonic() - began
            bar.update(len(indices))
            share = waited / (time.monotonic() - began)
            bar.set_postfix(done=f"{run.progress():.0%}", loss=f"{run.loss:.3f}", waiting=f"{share:.0%}", refresh=False)
            if time.monotonic() - saved > run.plan.save_every_s or run.progress() >= 1:
                keep(run, out, waiting_share=share)
                saved = time.monotonic()


def take_step(run: Run, pixels: torch.Tensor, lat: np.ndarray, lng: np.ndarray) -> float:
    """Learn from one batch (n, 3, size, size); return its loss."""
    for group in run.optimiser.param_groups:
        group["lr"] = learning_rate(run.plan.rate, run.plan.warmup, run.progress())
    wanted = data.targets(lat, lng, run.partition, label_width_km(run.plan, run.progress())).to(run.device)
    run.network.train()
    answers = run.network(pixels.to(run.device))
    n = run.config.n_cells
    loss = nn.functional.cross_entropy(answers[:, :n], wanted)
    if run.plan.fields_weight:
        loss = loss + run.plan.fields_weight * read_loss(answers[:, n:], lat, lng)
    run.optimiser.zero_grad(set_to_none=True)
    loss.backward()
    nn.utils.clip_grad_norm_(run.network.parameters(), 2.0)
    run.optimiser.step()
    run.step += 1
    value = loss.item()
    if not math.isfinite(value):
        raise FloatingPointError(f"The loss is {value} at step {run.step}: {run.plan.rate} is too large a --rate")
    return value


def read_loss(read: torch.Tensor, lat: np.ndarray, lng: np.ndarray) -> torch.Tensor:
    """How wrongly the painter's fields were read, (batch, toyearth.CHANNELS): the mean squared error.

    One cell of a thousand says little about a picture; the fields say what there was to see in it, so that fewer
    pictures teach the network to look. These outputs serve in training only and are not saved in the checkpoint.
    """
    return nn.functional.mse_loss(read, data.fields(lat, lng).to(read.device))


def refit(run: Run, world: data.World, path: Path) -> None:
    """Fit the last layer of a finished run anew, and write the checkpoint again if that made it better.

    New training pictures decide which of the two layers is better, so that held-out ones stay held out.
    """
    seen = head.look(run.network, run.config, run.plan.world + 1, run.plan.refit, run.device)
    seen = seen.part(run.partition.assign(seen.lat, seen.lng) >= 0)
    asked = np.arange(len(seen.lat)) % head.CHECK == 0
    descriptions = head.describe(run.partition, world.lat, world.lng)
    weight, bias = head.fit(seen.part(~asked), descriptions, run.partition, run.plan.soft_km)
    weights = for_checkpoint(run)
    old = median_km(head.errors_km(seen.part(asked), weights["fc.weight"], weights["fc.bias"], run.partition))
    new = median_km(head.errors_km(seen.part(asked), weight, bias, run.partition))
    log.info("Median error on new training pictures: %.0f km as trained, %.0f km with the new last layer", old, new)
    if new < old:
        weights |= {"fc.weight": weight, "fc.bias": bias}
    config, partition = checkpoint.read_header(path)
    facts = {**config.training, "refit": run.plan.refit, "median_km_as_trained": old, "median_km_refitted": new}
    checkpoint.save(path, replace(config, training=facts), partition, weights)


def for_checkpoint(run: Run) -> dict[str, torch.Tensor]:
    """The network's weights without the outputs that serve in training only."""
    weights = dict(run.network.state_dict())
    for name in ("fc.weight", "fc.bias"):
        weights[name] = weights[name][: run.config.n_cells].clone()
    return weights


def keep(run: Run, out: Path, waiting_share: float) -> None:
    """Save the state, the checkpoint so far, and a line of metrics."""
    facts: dict[str, Any] = {
        "step": run.step,
        "pictures": run.step * run.plan.batch,
        "seconds": round(run.seconds, 1),
        "loss": round(run.loss, 4),
        "waiting": round(waiting_share, 3),
        **exam(run),
    }
    with (out / "metrics.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps(facts) + "\n")
    config = Config(**{**asdict(run.config), "training": {"plan": asdict(run.plan), **facts}})
    checkpoint.save(out / "planet.safetensors", config, run.partition, for_checkpoint(run))
    state = {
        "network": run.network.state_dict(), "optimiser": run.optimiser.state_dict(), "step": run.step,
        "seconds": run.seconds, "loss": run.loss, "random": torch.get_rng_state(), "partition": run.partition.digest,
        "painter": run.config.painter,
    }  # fmt: skip
    torch.save(state, out / "state.pt.part")
    os.replace(out / "state.pt.part", out / "state.pt")


def resume(run: Run, path: Path) -> None:
    """Go back to a saved state. Raises ValueError where it belongs to another plan."""
    state = torch.load(path, map_location=run.device, weights_only=True)
    if state["partition"] != run.partition.digest:
        raise ValueError(f"{path} was trained on other cells; give the same --count, --t1 and --t2, or another --out")
    if state.get("painter") != run.config.painter:
        raise ValueError(f"{path} was trained on another version of Toy Earth's painter; give another --out")
    run.network.load_state_dict(state["network"], strict=True)
    run.optimiser.load_state_dict(state["optimiser"])
    torch.set_rng_state(state["random"].cpu())
    run.step, run.seconds, run.loss = state["step"], state["seconds"], state["loss"]


def exam(run: Run) -> dict[str, float]:
    """How it does on held-out pictures right now; nothing where the plan wants no exam."""
    if not run.plan.exam:
        return {}
    pictures, lat, lng = data.held_out(run.plan.exam, EXAM_SEED, 2 * run.config.size)
    best = np.concatenate([row.argmax(1).cpu().numpy() for row in _logits(run, pictures)])
    middles = run.partition.centres()
    errors = distance_km(lat, lng, middles[0][best], middles[1][best])
    return {"exam_median_km": round(median_km(errors), 1), "exam_750": accuracy(errors)["750"]}


@torch.inference_mode()
def _logits(run: Run, pictures: np.ndarray) -> Iterator[torch.Tensor]:
    run.network.eval()
    for first in range(0, len(pictures), 64):
        answers = run.network(images.batch(list(pictures[first : first + 64]), run.config).to(run.device))
        yield answers[:, : run.config.n_cells]
