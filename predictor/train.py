"""python -m predictor train --out runs/planet --minutes 60      train PlaNet, on Toy Earth or on photos of your own

What it writes into --out: state.pt (to go on from), metrics.jsonl, planet.safetensors (the result, also usable half
way), for Toy Earth places.npz (kept work). Killed, it goes on from the last saved state when the same command is given
again; with --steps the loss is then the same, step by step, as if nothing had happened.

Several GPUs or machines: torchrun --nproc-per-node 4 -m predictor train …, with an --out that all of them can read.
"""

import json
import logging
import math
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from tqdm import tqdm

from predictor import celltables, checkpoint, collection, counting, data, images, sources
from predictor.calibration import fit_temperature
from predictor.cells import Counts, Partition, cut
from predictor.collection import Collection
from predictor.data import ALONE, Exam, Lessons, Share
from predictor.geo import distance_km
from predictor.metrics import accuracy, median_km
from predictor.plan import Plan
from predictor.planet import choose_device
from predictor.steps import Run, begin, for_checkpoint, take_step

log = logging.getLogger(__name__)

EXAM_SEED = 90210  # held-out pictures to watch training by; `evaluate` uses others
_SMOOTH = 0.98  # of the loss that is shown
# A state of another network or optimiser cannot be gone on from.
_FIXED = ("backbone", "size", "optimiser", "batch", "world", "ema", "held_share", "weight_decay")
_FEWEST = 50  # pictures that a temperature can be fitted on; of fewer it would learn their accidents


def train(plan: Plan, out: Path, device: str | None = None) -> Path:
    """Train, or go on training, and return the finished checkpoint."""
    if plan.threads:
        torch.set_num_threads(plan.threads)
    with _processes(device) as (share, where):
        out.mkdir(parents=True, exist_ok=True)
        with _first_the_first(share):
            photos, held_out = _photos(plan, out)
        partitions = _partitions(plan, photos)
        run = begin(plan, partitions, where, share, photos.painter)
        if (out / "state.pt").exists():
            resume(run, out / "state.pt", photos)
            log.info("Going on from step %d (%.0f s)", run.step, run.seconds)
        lessons = Lessons.of(photos, run.partition, plan.world)
        log.info("%d cells hold %d of %d photos", len(run.partition), lessons.usable.size, len(photos))
        if run.progress() < 1:
            exam = Exam.of(held_out, plan.exam, 2 * plan.size) if plan.exam and share.rank == 0 else None
            _sit(run, lessons, exam, out)
    return out / "planet.safetensors"


@contextmanager
def _processes(device: str | None) -> Iterator[tuple[Share, torch.device]]:
    """This process's part of the work and its device, as torchrun has told in the environment."""
    processes = int(os.environ.get("WORLD_SIZE", "1"))
    if processes == 1:
        yield ALONE, choose_device(device)
        return
    where = choose_device(device)
    if where.type == "cuda":
        where = torch.device("cuda", int(os.environ["LOCAL_RANK"]))
        torch.cuda.set_device(where)
    torch.distributed.init_process_group("nccl" if where.type == "cuda" else "gloo")
    try:
        yield Share(torch.distributed.get_rank(), processes), where
        torch.distributed.barrier()  # gloo aborts a process whose peer hangs up while it is still at it
    finally:
        torch.distributed.destroy_process_group()


@contextmanager
def _first_the_first(share: Share) -> Iterator[None]:
    """The first process does it, and then the others, which find what it has kept."""
    if share.processes > 1 and share.rank > 0:
        torch.distributed.barrier()
    yield
    if share.processes > 1 and share.rank == 0:
        torch.distributed.barrier()


def _photos(plan: Plan, out: Path) -> tuple[Collection, Collection]:
    """What to learn from, and what to be examined on."""
    if not plan.photos:
        return (
            sources.ToyEarth.of("train", plan.world, plan.count, out / "places.npz"),
            sources.ToyEarth.of("new_place", EXAM_SEED, plan.exam),
        )
    parts = collection.split(sources.opened([Path(each) for each in plan.photos]), plan.held_share)
    log.info("%d photos to learn from, %d to be examined on, %d with ties to both left out",
             len(parts.train), len(parts.held_out), parts.left_out)  # fmt: skip
    return parts.train, parts.watched()


def _partitions(plan: Plan, photos: Collection) -> list[Partition]:
    """The finest first, whose cells know the mean of their photos and some of their places.

    Raises ValueError for tables that are not nested.
    """
    if plan.cells:
        tables = [celltables.read(Path(each)) for each in plan.cells]
        made = sorted((Partition(each.partition.cell_ids, each.points) for each in tables), key=len, reverse=True)
    else:
        counts = Counts.of(photos.lat, photos.lng, plan.max_level)
        made = [cut(counts, t1, plan.t2, plan.max_level) for t1 in sorted(set(plan.t1))]
        made[0] = replace(made[0], means=counting.means([(photos.lat, photos.lng)], made[0]))
    return [replace(made[0], places=counting.drawn([(photos.lat, photos.lng)], made[0])), *made[1:]]


def _sit(run: Run, lessons: Lessons, exam: Exam | None, out: Path) -> None:
    """Train until the plan is done, saving now and then."""
    lead = run.share.rank == 0
    journal = Journal(out, run) if lead else None
    batches = data.batches(lessons, run.config, run.plan.batch, run.plan.workers, run.step, run.share)
    began, seconds_before, saved, waited = time.monotonic(), run.seconds, time.monotonic(), 0.0
    unread = 0
    with tqdm(desc="training", unit="picture", initial=run.step * run.plan.batch, disable=not lead) as bar:
        while run.progress() < 1:
            asked = time.monotonic()
            batch = next(batches)
            waited, unread = waited + time.monotonic() - asked, unread + batch.unread
            loss = take_step(run, batch, lessons.photos.lat[batch.indices], lessons.photos.lng[batch.indices])
            run.loss = loss if math.isnan(run.loss) else _SMOOTH * run.loss + (1 - _SMOOTH) * loss
            run.seconds = _agreed(seconds_before + time.monotonic() - began, run)
            share = waited / (time.monotonic() - began)
            bar.update(run.plan.batch)
            bar.set_postfix(done=f"{run.progress():.0%}", loss=f"{run.loss:.3f}", waiting=f"{share:.0%}", unread=unread,
                            refresh=False)  # fmt: skip
            if journal is None:
                continue
            facts = {"waiting": round(share, 3), "unread": unread}
            if time.monotonic() - saved > run.plan.save_every_s or run.progress() >= 1:
                keep(run, out, journal, exam, facts, lessons.photos)
                saved = time.monotonic()
            elif run.step % run.plan.log_every == 0:
                journal.write(run, facts)


def _agreed(seconds: float, run: Run) -> float:
    """The first process's clock: all must stop after the same step."""
    if run.share.processes == 1:
        return seconds
    told = torch.tensor([seconds], dtype=torch.float64 if run.device.type != "mps" else torch.float32).to(run.device)
    torch.distributed.broadcast(told, 0)
    return float(told)


class Journal:
    """metrics.jsonl, and TensorBoard where that is wanted."""

    def __init__(self, out: Path, run: Run) -> None:
        self._path = out / "metrics.jsonl"
        self._board: Any = None
        if self._path.exists():  # what a killed process wrote after its last saved state will be written again
            rows = [line for line in self._path.read_text().splitlines() if _step_of(line) <= run.step]
            self._path.write_text("".join(f"{row}\n" for row in rows), encoding="utf-8")
        if run.plan.tensorboard:
            from torch.utils.tensorboard import SummaryWriter  # late: few want it

            self._board = SummaryWriter(str(out / "tensorboard"), purge_step=run.step)  # type: ignore[no-untyped-call]

    def write(self, run: Run, more: dict[str, float]) -> dict[str, float]:
        """Write a line and return it."""
        facts = {
            "step": run.step,
            "pictures": run.step * run.plan.batch,
            "seconds": round(run.seconds, 1),
            "loss": round(run.loss, 4),
            "rate": run.optimiser.param_groups[0]["lr"],
            **more,
        }
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(facts) + "\n")
        if self._board is not None:
            for name, value in facts.items():
                self._board.add_scalar(name, value, run.step)
            self._board.flush()
        return facts


def _step_of(line: str) -> float:
    """Return the step that a line of metrics tells of; a line that was torn off comes after every saved state."""
    try:
        return float(json.loads(line)["step"])
    except (ValueError, TypeError, KeyError):
        return math.inf


def keep(run: Run, out: Path, journal: Journal, exam: Exam | None, more: dict[str, float], photos: Collection) -> None:
    """Save the state, the checkpoint so far, and a line of metrics."""
    examined, temperature = examine(run, exam) if exam is not None else ({}, 1.0)
    facts = journal.write(run, {**more, **examined})
    told = {"plan": _without_folders(run.plan), **facts}
    config = replace(run.config, temperature=temperature, training=told)
    checkpoint.save(out / "planet.safetensors", config, run.partition, for_checkpoint(run))
    state = {
        "network": run.network.state_dict(), "optimiser": run.optimiser.state_dict(), "step": run.step,
        "mean": run.mean.state_dict() if run.mean is not None else {}, "scaler": run.scaler.state_dict(),
        "seconds": run.seconds, "loss": run.loss, "random": torch.get_rng_state(), "partition": run.partition.digest,
        "painter": run.config.painter, "photos": photos.digest(),
        "plan": {name: getattr(run.plan, name) for name in _FIXED},
    }  # fmt: skip
    torch.save(state, out / "state.pt.part")
    os.replace(out / "state.pt.part", out / "state.pt")


def _without_folders(plan: Plan) -> dict[str, Any]:
    """The plan for strangers, who get the checkpoint: where somebody keeps files is nobody's business."""
    names = {name: [Path(each).name for each in getattr(plan, name)] for name in ("photos", "cells")}
    return {**asdict(plan), **names, "start": Path(plan.start).name}


def resume(run: Run, path: Path, photos: Collection) -> None:
    """Go back to a saved state. Raises ValueError where it belongs to another plan, or to other photos."""
    try:
        state = torch.load(path, map_location=run.device, weights_only=True)
    except Exception as error:  # the unpickler raises its own kinds for what is not plain tensors
        raise ValueError(f"{path} cannot be read as a training's state; give another --out") from error
    if not isinstance(state, dict) or not {"partition", "painter", "photos", "plan"} <= state.keys():
        raise ValueError(f"{path} is no state of such a training; give another --out")
    if state["partition"] != run.partition.digest:
        raise ValueError(f"{path} was trained on other cells; give the same photos, --t1 and --t2, or another --out")
    if state["painter"] != run.config.painter:
        raise ValueError(f"{path} was trained on another version of Toy Earth's painter; give another --out")
    for name in _FIXED:
        before, now = state["plan"].get(name), getattr(run.plan, name)
        if before != now:
            raise ValueError(f"{path} was begun with --{name} {before}, not {now}; give the same, or another --out")
    if state["photos"] != photos.digest():
        raise ValueError(f"{path} was trained on other photos, which the exam might hold now; give another --out")
    run.network.load_state_dict(state["network"], strict=True)
    run.optimiser.load_state_dict(state["optimiser"])
    run.scaler.load_state_dict(state["scaler"])
    if run.mean is not None:
        run.mean.load_state_dict(state["mean"])
    torch.set_rng_state(state["random"].cpu())
    run.step, run.seconds, run.loss = state["step"], state["seconds"], state["loss"]


def examine(run: Run, exam: Exam) -> tuple[dict[str, float], float]:
    """How it does on held-out pictures right now, and the temperature that makes its probabilities honest there."""
    logits = torch.cat(list(_logits(run, exam.pictures)))
    cell, (lat, lng) = run.partition.assign(exam.lat, exam.lng), run.partition.points()
    best = logits.argmax(1).numpy()
    errors = distance_km(exam.lat, exam.lng, lat[best], lng[best])
    placed = torch.from_numpy(cell)[cell >= 0]
    temperature = fit_temperature(logits[cell >= 0], placed) if len(placed) >= _FEWEST else 1.0
    facts = {"exam_median_km": round(median_km(errors), 1), "exam_750": accuracy(errors)["750"]}
    if len(placed):
        facts["exam_nll"] = round(float(nn.functional.cross_entropy(logits[cell >= 0] / temperature, placed)), 4)
    return facts, temperature


@torch.inference_mode()
def _logits(run: Run, pictures: np.ndarray) -> Iterator[torch.Tensor]:
    network = run.best().eval()
    for first in range(0, len(pictures), 64):
        answers = network(images.batch(list(pictures[first : first + 64]), run.config).to(run.device))
        yield answers[:, : run.config.n_cells].float().cpu()
