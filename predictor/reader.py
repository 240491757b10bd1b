"""python -m predictor reader --out runs/reader      train the small network that reads Toy Earth's clues

PlaNet answers with a place, this one with the clues themselves (toyearth/bands.py): `information` tells by it which of
them can be read from pictures. Clues are small things, so every patch of a picture answers for itself, as in Brendel
and Bethge's BagNet (ICLR 2019), and says how much it has to say: a door of a hundredth of a picture is heard, where an
average over all patches would drown it.

Training has the painter's help, which no examination gives: every picture comes with a second one of the same street,
camera and hour in which one clue has another value. Where the two differ is where that clue is to be seen (all over the
picture for the width of a street, within which the camera stands).

What is read need not be the thing itself: a coarse clue also follows from whatever else tells the continent.

Learning such things takes many looks. Pictures are therefore painted once, kept in --out and shown again and again.
Killed, training goes on from its last state when the same command is given again.
"""

import json
import logging
import math
import os
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file
from torch import nn
from torch.utils.data import DataLoader, Dataset
from tqdm import tqdm

from predictor import toyearth
from predictor.checkpoint import CheckpointError
from predictor.data import die_with_parent
from predictor.metrics import r_squared
from predictor.planet import choose_device
from predictor.steps import learning_rate
from predictor.toyearth import bands

log = logging.getLogger(__name__)

SIZE = 240  # pixels a side: a kerb stone across the street is then still a pixel high
SHIPPED = Path(__file__).parent / "weights" / "reader-toyearth.safetensors"
FORMAT = "beatplanet-reader-1"
_WORLD, _EXAM_SEED = 11, 515  # of pictures that nothing else is trained on or judged by
_PORTION = 500  # pairs in a file
_CHANGE = (0.3, 0.7)  # of a clue's range, round the end of it if need be: what the second picture of a pair changes
_DIFFERENT = 12  # of 255: more than two pictures' noise
_WIDTHS, _DEPTHS = (24, 48, 64, 96), (1, 2, 2)  # channels of the first layer and of three scales; blocks of each scale
_WARMUP = 0.03  # of the training
_SMOOTH = 0.98  # of the clues' errors, from step to step
_MIDDLE, _SPREAD = 118.0, 64.0  # of 255: about the mean of the pictures and their standard deviation


@dataclass(frozen=True)
class Plan:
    """What to show, and for how long."""

    pairs: int = 15_000  # of pictures, by the five hundred; near-empty ones are left out. Kept in memory: 5 GB
    minutes: float = 60.0
    steps: int | None = None  # instead of minutes: the same result on any machine
    size: int = SIZE
    batch: int = 16  # pairs
    rate: float = 3e-3  # AdamW's, at its height
    weight_decay: float = 0.02
    parts: float = 0.65  # of the training: on small parts of pictures, which cost little; the rest on whole ones
    part_side: float = 0.6  # of a picture's side
    start: str = ""  # a reader's file to begin with; empty: none
    workers: int = 2  # that paint
    threads: int = 0  # that train; 0: as torch likes it
    save_every_s: float = 150.0
    exam: int = 400  # pictures of new places to watch training by; 0 for none


# Pictures (n, size, size, 3), their clues (n, CHANNELS) and scenes (n,).
Exam = tuple[NDArray[np.uint8], NDArray[np.float64], NDArray[np.str_]]


class _Block(nn.Module):
    """Convolution, batch norm, ReLU; with a way around where the shape allows it."""

    def __init__(self, before: int, after: int, kernel: int = 3, stride: int = 1) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(before, after, kernel, stride, kernel // 2, bias=False)
        self.norm = nn.BatchNorm2d(after)
        self.adds = before == after and stride == 1

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        answer = torch.relu(self.norm(self.convolution(maps)))
        return maps + answer if self.adds else answer


class Reader(nn.Module):
    """Reads clues: (batch, 5, height, width) as `as_input` makes it, to (batch, CHANNELS), each about standard."""

    def __init__(self) -> None:
        super().__init__()
        clues, before = toyearth.CHANNELS, _WIDTHS[0]
        self.first = _Block(5, before, kernel=5, stride=2)
        self.scales, self.heads, self.downs = nn.ModuleList(), nn.ModuleList(), nn.ModuleList()
        for width, depth in zip(_WIDTHS[1:], _DEPTHS, strict=True):
            self.scales.append(
                nn.Sequential(_Block(before, width, stride=2), *(_Block(width, width) for _ in range(depth)))
            )
            if len(self.scales) > 1:
                self.downs.append(nn.Conv2d(width, before, 1))
            self.heads.append(nn.Conv2d(width, 2 * clues, 1))
            before = width
        for layer in (*self.heads, *self.downs):  # every patch begins with the mean, and knows of nothing around it
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)
        self.weights = nn.Parameter(torch.full((len(_DEPTHS), clues), 1 / len(_DEPTHS)))  # of a scale's word on a clue

    def patches(self, pixels: torch.Tensor) -> list[tuple[torch.Tensor, torch.Tensor]]:
        """Return what each patch reads, and how loudly it says so, by scale.

        Both are (batch, CHANNELS, rows, columns), with ever fewer and larger patches. The scales form a feature pyramid
        (Lin and others, CVPR 2017).
        """
        maps = [self.first(pixels)]
        for scale in self.scales:
            maps.append(scale(maps[-1]))
        # What a thing is shows in its surroundings, and its colour only close by: coarse scales tell finer ones.
        told = [maps.pop()]
        for down in reversed(self.downs):
            finer = maps.pop()
            told.append(finer + nn.functional.interpolate(down(told[-1]), finer.shape[2:], mode="nearest"))
        return [tuple(head(each).chunk(2, dim=1)) for head, each in zip(self.heads, reversed(told), strict=True)]

    def together(self, answers: list[tuple[torch.Tensor, torch.Tensor]]) -> torch.Tensor:
        """Return what the scales read together, (batch, CHANNELS)."""
        return sum(weight * reading(*answer) for weight, answer in zip(self.weights, answers, strict=True))

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        return self.together(self.patches(pixels))


def shares(voice: torch.Tensor) -> torch.Tensor:
    """Return each patch's share in a scale's reading, (batch, CHANNELS, 1 + patches): a softmax of how loud they are.

    The first share is nobody's, and counts for the mean: what is not in the picture cannot be read.
    """
    patches = voice.flatten(2) - math.log(voice[0, 0].numel())
    return torch.cat([torch.zeros_like(patches[:, :, :1]), patches], dim=2).softmax(dim=2)


def reading(value: torch.Tensor, voice: torch.Tensor) -> torch.Tensor:
    """Return what the patches of one scale read together, (batch, CHANNELS)."""
    return (shares(voice)[:, :, 1:] * value.flatten(2)).sum(dim=2)


def as_input(parts: NDArray[np.uint8], corners: NDArray[np.int64], size: int) -> torch.Tensor:
    """Make (n, side, side, 3) parts of pictures into (n, 5, side, side), channels last in memory.

    Corners are (n, 2): row and column of each part in its picture of size pixels. Two channels tell where in the
    picture a pixel lies, from -1 to 1: how large a stone is follows from its pixels and from how far down it lies.
    """
    side = parts.shape[1]
    made = torch.empty(*parts.shape[:3], 5)
    made[..., :3] = (torch.from_numpy(parts).float() - _MIDDLE) / _SPREAD
    along = torch.linspace(-1, 1, size)[torch.from_numpy(corners)[:, :, None] + torch.arange(side)]  # (n, 2, side)
    made[..., 3], made[..., 4] = along[:, 0, :, None], along[:, 1, None, :]
    return made.permute(0, 3, 1, 2)


def loss(
    network: Reader, pixels: torch.Tensor, truth: torch.Tensor, changed: torch.Tensor, there: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return how wrong the reading of all clues is, and that of the changed one besides; and each clue's squared error.

    Truth is (batch, CHANNELS), the errors are (CHANNELS,). Of the changed clue, (batch,), it is known where in the
    picture it is to be seen, a mask (batch, side, side): those patches should read it right, and theirs should be the
    answer; nobody's, where nothing is to be seen of it. Every scale must answer by itself, or the one that finds a clue
    first would keep it from the one that reads it best.
    """
    answers, rows = network.patches(pixels), torch.arange(len(changed))
    errors = (network.together(answers) - truth).square().mean(dim=0)
    total = errors.mean()
    for value, voice in answers:
        mask = nn.functional.adaptive_max_pool2d(there[:, None], value.shape[2:]).flatten(1)  # (batch, patches)
        wrong = (value[rows, changed].flatten(1) - truth[rows, changed, None]).square()
        what = (wrong * mask).sum(dim=1) / mask.sum(dim=1).clamp(min=1)
        nowhere = 1 - mask.amax(dim=1, keepdim=True)
        right = (shares(voice)[rows, changed] * torch.cat([nowhere, mask], dim=1)).sum(dim=1)
        where = -right.clamp(min=1e-6).log()
        own = nn.functional.mse_loss(reading(value, voice), truth)
        total = total + ((what + where).mean() + own) / len(answers)
    return total, errors.detach()


@torch.inference_mode()
def read(network: Reader, pictures: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Return what the network reads from pictures (n, size, size, 3), as (n, CHANNELS)."""
    network.eval()
    device = next(network.parameters()).device
    rows = []
    for first in range(0, len(pictures), 32):
        some = pictures[first : first + 32]
        pixels = as_input(some, np.zeros((len(some), 2), dtype=np.int64), pictures.shape[1])
        rows.append(network(pixels.to(device)).cpu().numpy())
    return np.concatenate(rows).astype(float)


@dataclass(frozen=True)
class Pairs:
    """Training pictures; the second of a pair has one other clue."""

    images: NDArray[np.uint8]  # (n, 2, size, size, 3)
    truth: NDArray[np.float32]  # (n, 2, CHANNELS)
    changed: NDArray[np.int64]  # (n,), which clue


class _Portions(Dataset[int]):
    """Files of pairs; asking for one paints it."""

    def __init__(self, folder: Path, size: int) -> None:
        self.folder, self.size = folder, size

    def path(self, number: int) -> Path:
        return self.folder / f"{number:04d}.npz"

    def __getitem__(self, number: int) -> int:
        indices = range(number * _PORTION, (number + 1) * _PORTION)
        pairs = [pair for index in indices if (pair := _pair(index, self.size))]
        images, truth, changed = zip(*pairs, strict=True)
        unfinished = self.path(number).with_suffix(".part")
        with unfinished.open("wb") as file:
            np.savez(file, images=np.stack(images), truth=np.stack(truth), changed=np.array(changed))
        os.replace(unfinished, self.path(number))
        return number


def _pair(index: int, size: int) -> tuple[NDArray[np.uint8], NDArray[np.float32], int] | None:
    """Paint a pair; None where the picture tells nothing."""
    first = toyearth.picture("train", _WORLD, index, size)
    if first.scene == "blank":
        return None
    rng = np.random.default_rng([_WORLD, index])
    changed = int(rng.integers(toyearth.CHANNELS))
    name = bands.CLUES[changed]
    value = (bands.clues(first.lat, first.lng)[name] + rng.uniform(*_CHANGE)) % 1
    second = toyearth.picture("train", _WORLD, index, size, {name: value})
    truth = np.repeat(toyearth.channels(np.array([first.lat]), np.array([first.lng])), 2, axis=0)
    truth[1, changed] = toyearth.standard(value)
    return np.stack([first.image, second.image]), truth.astype(np.float32), changed


def paint(plan: Plan, out: Path) -> Pairs:
    """Paint what is not painted yet, and return all pairs."""
    portions = _Portions(out / f"pairs-{toyearth.PAINTER_VERSION}-{plan.size}", plan.size)
    portions.folder.mkdir(parents=True, exist_ok=True)
    wanted = range(-(-plan.pairs // _PORTION))
    missing = [number for number in wanted if not portions.path(number).exists()]
    loader = DataLoader(
        portions, batch_size=None, sampler=missing, num_workers=plan.workers, worker_init_fn=die_with_parent
    )
    for _ in tqdm(loader, total=len(missing), desc="painting", unit=f"{_PORTION} pairs"):
        pass
    images = np.empty((len(wanted) * _PORTION, 2, plan.size, plan.size, 3), np.uint8)
    truth, changed, kept = np.empty((len(images), 2, toyearth.CHANNELS), np.float32), np.empty(len(images), np.int64), 0
    for number in wanted:
        with np.load(portions.path(number)) as file:
            these = slice(kept, kept + len(file["changed"]))
            images[these], truth[these], changed[these] = file["images"], file["truth"], file["changed"]
            kept = these.stop
    return Pairs(images[:kept], truth[:kept], changed[:kept])


def pictures_of_new_places(seed: int, count: int, size: int) -> Exam:
    """Paint pictures of places where training has never been."""
    bar = tqdm(range(count), desc="painting new places", unit="picture")
    shown = [toyearth.picture("new_place", seed, index, size) for index in bar]
    truth = toyearth.channels(np.array([s.lat for s in shown]), np.array([s.lng for s in shown]))
    return np.stack([s.image for s in shown]), truth, np.array([s.scene for s in shown])


@dataclass
class _Training:
    """A training under way."""

    plan: Plan
    network: Reader
    optimiser: torch.optim.Optimizer
    step: int = 0
    seconds: float = 0.0  # over all sittings
    errors: NDArray[np.float64] = field(default_factory=lambda: np.ones(toyearth.CHANNELS))  # of each clue, of late

    @classmethod
    def begin(cls, plan: Plan, device: torch.device) -> "_Training":
        torch.manual_seed(_WORLD)
        network = Reader().to(device)
        optimiser = torch.optim.AdamW(
            network.parameters(), lr=plan.rate, weight_decay=plan.weight_decay, betas=(0.9, 0.98)
        )
        return cls(plan, network, optimiser)

    def progress(self) -> float:
        """How much of the plan is done, 0 to 1."""
        if self.plan.steps is not None:
            return min(self.step / self.plan.steps, 1.0)
        return min(self.seconds / (60 * self.plan.minutes), 1.0)

    def batch(self, pairs: Pairs) -> tuple[torch.Tensor, ...]:
        """The next pictures or parts of pictures, what `loss` needs; they follow from step, progress and errors.

        Clues that are not read yet are changed more often, so that they get more of the painter's help.
        """
        rng, size = np.random.default_rng([_WORLD, self.step]), self.plan.size
        side = round(self.plan.part_side * size) if self.progress() < self.plan.parts else size
        often = self.errors[pairs.changed]
        chosen = rng.choice(len(often), size=self.plan.batch, p=often / often.sum())
        corners = rng.integers(size - side + 1, size=(self.plan.batch, 2))
        places = zip(chosen, corners.tolist(), strict=True)
        parts = np.stack([pairs.images[i, :, y : y + side, x : x + side] for i, (y, x) in places])
        change = np.abs(parts[:, 0].astype(np.int16) - parts[:, 1]).max(axis=-1)  # (batch, side, side)
        there = np.repeat((change > _DIFFERENT).astype(np.float32), 2, axis=0)
        return (
            as_input(parts.reshape(-1, side, side, 3), np.repeat(corners, 2, axis=0), size),
            torch.from_numpy(pairs.truth[chosen].reshape(-1, toyearth.CHANNELS)),
            torch.from_numpy(np.repeat(pairs.changed[chosen], 2)),
            torch.from_numpy(there),
        )

    def take_step(self, *batch: torch.Tensor) -> None:
        """Learn from one batch."""
        for group in self.optimiser.param_groups:
            group["lr"] = learning_rate(self.plan.rate, _WARMUP, self.progress())
        device = next(self.network.parameters()).device
        self.network.train()
        error, by_clue = loss(self.network, *(each.to(device) for each in batch))
        if not math.isfinite(error.item()):
            raise FloatingPointError(
                f"The loss is {error.item()} at step {self.step}: {self.plan.rate} is too high a rate"
            )
        self.optimiser.zero_grad(set_to_none=True)
        error.backward()
        nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self.optimiser.step()
        self.errors = _SMOOTH * self.errors + (1 - _SMOOTH) * by_clue.cpu().numpy()
        self.step += 1

    def keep(self, path: Path) -> None:
        """Save the state."""
        state = {
            "network": self.network.state_dict(), "optimiser": self.optimiser.state_dict(), "step": self.step,
            "seconds": self.seconds, "errors": torch.from_numpy(self.errors), "painter": toyearth.PAINTER_VERSION,
        }  # fmt: skip
        torch.save(state, path.with_suffix(".part"))
        os.replace(path.with_suffix(".part"), path)

    def resume(self, path: Path) -> None:
        """Go back to a saved state. Raises ValueError where it learnt another version of the painter."""
        state = torch.load(path, map_location=next(self.network.parameters()).device, weights_only=True)
        if state["painter"] != toyearth.PAINTER_VERSION:
            raise ValueError(f"{path} was trained on another version of Toy Earth's painter; give another --out")
        self.network.load_state_dict(state["network"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.step, self.seconds, self.errors = state["step"], state["seconds"], state["errors"].numpy()
        log.info("Going on from step %d (%.0f s)", self.step, self.seconds)


def train(plan: Plan, out: Path, device: str | None = None) -> Path:
    """Train, or go on training, and return the finished file. Raises ValueError for a plan that trains nothing."""
    if plan.steps is None and plan.minutes <= 0:
        raise ValueError("--minutes must be more than 0: nothing would be trained")
    out.mkdir(parents=True, exist_ok=True)
    if plan.threads:
        torch.set_num_threads(plan.threads)
    training = _Training.begin(plan, choose_device(device))
    if (out / "state.pt").exists():
        training.resume(out / "state.pt")
    elif plan.start:
        training.network.load_state_dict(load(Path(plan.start)).state_dict())
    pairs = paint(plan, out)
    exam = pictures_of_new_places(_EXAM_SEED, plan.exam, plan.size) if plan.exam else None
    began, seconds_before, saved = time.monotonic(), training.seconds, time.monotonic()
    with tqdm(desc="training", unit="picture", initial=2 * training.step * plan.batch) as bar:
        while training.progress() < 1:
            training.take_step(*training.batch(pairs))
            training.seconds = seconds_before + time.monotonic() - began
            bar.update(2 * plan.batch)
            if time.monotonic() - saved > plan.save_every_s or training.progress() >= 1:
                save(training.network, out / SHIPPED.name)  # first: a state that is done promises a file
                training.keep(out / "state.pt")
                facts = {"pictures": 2 * training.step * plan.batch, "seconds": round(training.seconds)}
                with (out / "metrics.jsonl").open("a", encoding="utf-8") as file:
                    file.write(json.dumps({**facts, **_examined(training.network, exam)}) + "\n")
                saved = time.monotonic()
    return out / SHIPPED.name


def _examined(network: Reader, exam: Exam | None) -> dict[str, float]:
    """R² of each band in the pictures that tell something."""
    if exam is None:
        return {}
    pictures, truth, scene = exam
    told = scene != "blank"
    by_clue = r_squared(read(network, pictures[told]), truth[told])
    return {
        f"{wavelength:.0f} km": round(float(by_clue[[bands.CLUES.index(name) for name in names]].mean()), 3)
        for wavelength, names in bands.BANDS.items()
    }


def save(network: Reader, path: Path) -> None:
    """Write the network, in float16; who loads it never sees half of it."""
    weights = {
        name: (tensor.half() if tensor.ndim > 1 else tensor).detach().cpu().contiguous()
        for name, tensor in network.state_dict().items()
    }
    unfinished = path.with_name(path.name + ".part")
    save_file(weights, unfinished, metadata={"format": FORMAT, "painter": str(toyearth.PAINTER_VERSION)})
    unfinished.chmod(0o644)  # safetensors writes for its owner alone
    os.replace(unfinished, path)


def load(path: Path) -> Reader:
    """Read a network. Raises CheckpointError where it is none, or has learnt another version of the painter."""
    try:
        with safe_open(path, framework="pt") as file:
            told = file.metadata() or {}
        weights = load_file(path)
    except (SafetensorError, OSError) as error:
        raise CheckpointError(f"{path} is not a whole file of weights ({error}); copy or train it again") from error
    if told.get("format") != FORMAT:
        raise CheckpointError(f"{path} has the format {told.get('format')!r}; a reader of clues has {FORMAT!r}")
    if told.get("painter") != str(toyearth.PAINTER_VERSION):
        raise CheckpointError(
            f"{path} has learnt version {told.get('painter')} of Toy Earth's painter, and this is version "
            f"{toyearth.PAINTER_VERSION}. Train it anew: python -m predictor reader"
        )
    network = Reader()
    try:
        network.load_state_dict({name: tensor.float() for name, tensor in weights.items()})
    except RuntimeError as error:
        raise CheckpointError(f"{path} has other layers than this version's reader. Train it anew") from error
    return network
