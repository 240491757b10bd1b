"""python -m predictor partition | spread | shards | train | evaluate | compare | ceilings | reader | information | …"""

import argparse
import json
import logging
import sys
from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image
from tqdm import tqdm

from predictor import cells, checkpoint, s2, toyearth
from predictor.checkpoint import CheckpointError
from predictor.opponents import Planet
from predictor.plan import Plan

if TYPE_CHECKING:
    from predictor.places import Places

COLLECTIONS = {"pyarrow", "dask", "distributed", "tensorboard", "matplotlib"}
COLLECTIONS_NEED = "Collections need packages that playing does not: pip install -r predictor/requirements.txt"

_PHOTOS = (
    "photos of your own: a table (.csv or .parquet with the columns filename, latitude, longitude and, if you have it, "
    "uploader), a folder of photos with EXIF, or WebDataset shards (.tar); by default Toy Earth's pictures"
)

# torch takes seconds to load, so each command loads what needs it only when it runs.


def partition(given: argparse.Namespace) -> int:
    """Cut the Earth by the paper's rule, once for each t1, and write the cells as tables and maps."""
    from predictor import celltables, counting

    counts, batches = _counted(given)
    given.out.mkdir(parents=True, exist_ok=True)
    for t1 in given.t1:
        with tqdm(desc="splitting", unit="cell", leave=False) as bar:
            made = cells.cut(counts, t1, given.t2, progress=lambda ids: bar.update(len(ids)))
        photos = counts.inside(made.cell_ids)
        points = counting.means(batches(), made) if given.means else made.centres()
        table = celltables.CellTable(made, points, photos)
        path = given.out / f"cells-{t1}-{given.t2}.csv"
        celltables.write(path, table)
        if given.geojson:
            path.with_suffix(".geojson").write_text(json.dumps(celltables.geojson(table)), encoding="utf-8")
        share = 100 * photos.sum() / counts.total
        print(f"{len(made)} cells hold {share:.1f} % of {counts.total} photos; digest {made.digest[:12]}; {path}")
    if counts.level == s2.LEAF_LEVEL:
        _tell_piles(counts)
    return 0


def _counted(given: argparse.Namespace) -> tuple[cells.Counts, "Callable[[], Iterator[Places]]"]:
    """Count the photos of a collection or of Toy Earth; return also how to read their places once more."""
    from predictor import counting, places

    if not given.places:
        world = toyearth.places("train", given.seed, given.count)
        return cells.Counts.of(*world, given.max_level), lambda: iter([world])
    parts = places.pieces(given.places)
    if given.dask:
        from distributed import Client

        with Client(given.dask):
            found = counting.by_dask(parts, given.max_level)
    else:
        found = counting.by_processes(parts, given.out / "counts", given.max_level, given.workers)
    if found.lost:
        print(f"{found.lost} of {found.placed + found.lost} rows have no place on the globe and are left out")
    return found.counts, lambda: (batch for part in tqdm(parts, "reading again") for batch, _ in places.read(part))


def spread(given: argparse.Namespace) -> int:
    """Write into a checkpoint where in its cells photos are taken; nothing else in it changes."""
    from predictor import counting

    config, partition = checkpoint.read_header(given.weights)
    if not given.places and config.domain != "toy-earth":
        raise ValueError(f"{given.weights} knows the real world; name the places of its training photos: --places")
    drawn = counting.drawn(_placed(given), partition)
    checkpoint.save(given.out, config, replace(partition, places=drawn), checkpoint.read_weights(given.weights))
    kept = np.isfinite(drawn[0]).sum()
    print(f"{kept} places in {len(partition)} cells; weights {checkpoint.digest(given.out)}; {given.out}")
    return 0


def _placed(given: argparse.Namespace) -> Iterator["Places"]:
    """Yield the places of a collection or of Toy Earth."""
    from predictor import places

    if not given.places:
        yield toyearth.places("train", given.seed, given.count)
        return
    for part in tqdm(places.pieces(given.places), "reading"):
        yield from (batch for batch, _ in places.read(part))


def _tell_piles(counts: cells.Counts) -> None:
    ids, photos = cells.piles(counts)
    most = np.argsort(-photos)[:10]
    if len(ids):
        print(f"{len(ids)} spots hold 1000 photos or more each: default positions, not places. The largest:")
    for name, number, lat, lng in zip(s2.tokens(ids[most]), photos[most], *s2.middles(ids[most]), strict=True):
        print(f"  {name}: {number} photos at {lat:.6f}, {lng:.6f}")


def train(given: argparse.Namespace) -> int:
    """Train PlaNet; the same command again goes on after a kill."""
    from predictor.train import train as run

    print(run(Plan(**_wishes(Plan, given)), given.out, given.device))
    return 0


def shards(given: argparse.Namespace) -> int:
    """Write photos at training size; the same command again goes on after a kill."""
    from predictor import shards as store
    from predictor import sources

    photos = sources.opened(given.photos) if given.photos else sources.ToyEarth.of("train", given.world, given.count)
    unread = store.write(photos, given.out, given.size, given.workers)
    print(f"{len(photos) - unread} photos of {given.size} pixels in {given.out}; {unread} could not be read")
    return 0


def _wishes(plan: Any, given: argparse.Namespace) -> dict[str, Any]:
    """The fields of a plan that were asked for; the others stay as it has them."""
    wishes = {each.name: getattr(given, each.name, None) for each in fields(plan)}
    return {name: tuple(wish) if isinstance(wish, list) else wish for name, wish in wishes.items() if wish is not None}


def evaluate(given: argparse.Namespace) -> int:
    """Judge a checkpoint on pictures that it has not seen."""
    from predictor import evaluate as judge

    told = judge.evaluate(given.weights or Planet().path(), tuple(given.photos or ()), given.count, given.device)
    print(json.dumps(told) if given.json else judge.table(told))
    if given.plots:
        from predictor import plots

        for path in plots.draw(told, given.plots):
            print(path, file=sys.stderr)
    return 0


def compare(given: argparse.Namespace) -> int:
    """Judge checkpoints on the same pictures, each against the first."""
    from predictor import compare as judge

    variants = judge.answered(given.weights, tuple(given.photos or ()), given.count, given.device)
    print(judge.table(variants))
    return 0


def ceilings(given: argparse.Namespace) -> int:
    """Say how well the right cell would do."""
    from predictor import evaluate as judge

    print(judge.ceilings(tuple(given.cells), given.count))
    return 0


def reader(given: argparse.Namespace) -> int:
    """Train the network that reads Toy Earth's clues; the same command again goes on after a kill."""
    from predictor.reader import Plan
    from predictor.reader import train as run

    print(run(Plan(**_wishes(Plan, given)), given.out, given.device))
    return 0


def information(given: argparse.Namespace) -> int:
    """Measure what a picture tells, at which scale, and to whom."""
    from predictor import information as measure
    from predictor.reader import SHIPPED

    print(measure.report(given.weights or SHIPPED, given.count, given.device))
    return 0


def locate(given: argparse.Namespace) -> int:
    """Say where pictures were taken. The exit status is 1 where one could not be read."""
    from predictor.geolocator import Geolocator

    geolocator = Geolocator.load(given.weights or Planet().path(), given.device)
    answers: list[dict[str, Any]] = []
    for path in tqdm(given.files, desc="locating", unit="picture", disable=len(given.files) < 2):
        try:
            with Image.open(path) as image:
                distribution = geolocator.locate([image])[0]
        except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
            answers.append({"file": str(path), "error": f"{path} cannot be read as a picture: {error}"})
            continue
        answers.append({"file": str(path), **_as_json(distribution, given.top)})
    print(json.dumps(answers) if given.json else "\n".join(map(_as_text, answers)))
    return int(any("error" in answer for answer in answers))


def _as_json(distribution: Any, top: int) -> dict[str, Any]:
    place = distribution.point()
    best = distribution.top_cells(top)
    names = s2.tokens([cell_id for cell_id, _ in best])
    shares = [{"token": token, "probability": round(p, 6)} for token, (_, p) in zip(names, best, strict=True)]
    return {"lat": round(place.lat, 5), "lng": round(place.lng, 5), "cells": shares}


def _as_text(answer: dict[str, Any]) -> str:
    if "error" in answer:
        return str(answer["error"])
    shares = ", ".join(f"{each['token']} {100 * each['probability']:.1f} %" for each in answer["cells"])
    return f"{answer['file']}: {answer['lat']:.3f}, {answer['lng']:.3f} ({shares})"


def arguments() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m predictor", description="The geolocator, for its operators.")
    commands = parser.add_subparsers(dest="command", required=True)
    _add_partition(commands.add_parser("partition", help="cut the Earth into cells, as the paper does"))
    _add_spread(commands.add_parser("spread", help="write into a checkpoint where in its cells photos are taken"))
    store = commands.add_parser("shards", help="write photos at training size into WebDataset shards")
    store.add_argument("--out", type=Path, required=True, help="a folder for the shards")
    store.add_argument("--photos", type=Path, nargs="+", metavar="PATH", help=_PHOTOS)
    store.add_argument("--count", type=_positive, default=200_000, help="pictures of Toy Earth")
    store.add_argument("--world", type=_positive, default=7, help="the seed of their places")
    store.add_argument("--size", type=_positive, default=136, help="pixels a side; training crops a little off")
    store.add_argument("--workers", type=_positive, default=2, help="processes that read or paint")
    _add_train(commands.add_parser("train", help="train PlaNet on Toy Earth or on photos of your own"))
    judge = commands.add_parser("evaluate", help="judge a checkpoint on pictures that it has not seen")
    judge.add_argument("--plots", type=Path, metavar="DIR", help="draw the reliability and the errors there, as SVG")
    rivals = commands.add_parser("compare", help="judge checkpoints on the same pictures, each against the first")
    rivals.add_argument("weights", nargs="+", type=Path, metavar="CHECKPOINT")
    for command in (judge, rivals):
        command.add_argument("--count", type=_positive, default=1000, help="pictures")
        command.add_argument("--photos", type=Path, nargs="+", metavar="PATH", help=_PHOTOS)
    top = commands.add_parser("ceilings", help="how well the right cell would do, for coarse and fine partitions")
    top.add_argument("--cells", type=_positive, nargs="+", default=[1000, 3000, 10_000], help="about so many")
    top.add_argument("--count", type=_positive, default=200_000, help="training places")
    learn = commands.add_parser("reader", help="train the small network that reads Toy Earth's clues")
    learn.add_argument("--out", type=Path, required=True, help="a folder for pictures, the state and the weights")
    learn.add_argument("--pairs", type=_positive, help="of pictures to paint and to learn from; 15000 take 5 GB")
    learn.add_argument("--minutes", type=float, help="of training; painting comes before")
    learn.add_argument("--start", help="a reader's file to begin with")
    learn.add_argument("--rate", type=float, help="AdamW's, at its height")
    learn.add_argument("--device", help="cuda, mps or cpu; by default the first that is there")
    for name in ("workers", "threads"):
        learn.add_argument(f"--{name}", type=int)
    tell = commands.add_parser("information", help="what a picture tells, at which scale")
    tell.add_argument("--count", type=_positive, default=1000, help="pictures of new places")
    tell.add_argument("--weights", type=Path, help="a reader's file; by default the one that is shipped")
    seek = commands.add_parser("locate", help="say where pictures were taken")
    seek.add_argument("files", nargs="+", type=Path, metavar="FILE")
    seek.add_argument("--top", type=_positive, default=5, help="cells to tell of each picture")
    for command in (judge, seek):
        command.add_argument("--weights", type=Path, help="a checkpoint file; by default the one people play against")
    for command in (judge, rivals, tell, seek):
        command.add_argument("--device", help="cuda, mps or cpu; by default the first that is there")
    for command in (judge, seek):
        command.add_argument("--json", action="store_true")
    return parser


def _add_partition(command: argparse.ArgumentParser) -> None:
    command.add_argument("--out", type=Path, required=True, help="a folder for the tables")
    command.add_argument(
        "--places", type=Path, nargs="+", metavar="FILE",
        help="Parquet or CSV files with columns latitude and longitude; by default Toy Earth's places",
    )  # fmt: skip
    command.add_argument("--count", type=_positive, default=200_000, help="places of Toy Earth")
    command.add_argument("--seed", type=int, default=7, help="of Toy Earth's places")
    command.add_argument(
        "--t1", type=_positive, nargs="+", default=[cells.PAPER_T1],
        help="split a cell with more photos; several numbers give several partitions, nested",
    )  # fmt: skip
    command.add_argument("--t2", type=_positive, default=cells.PAPER_T2, help="drop a cell with fewer photos")
    command.add_argument(
        "--max-level", type=int, choices=range(31), default=30, metavar="LEVEL",
        help="count photos by cells of this level and split no deeper; 30 also tells spots with very many photos",
    )  # fmt: skip
    command.add_argument(
        "--means", action="store_true", help="read the places again for the mean of each cell's photos"
    )
    command.add_argument("--geojson", action="store_true", help="write the outlines of the cells too")
    command.add_argument("--workers", type=_positive, default=2, help="processes that count")
    command.add_argument("--dask", metavar="ADDRESS", help="count on this Dask cluster instead")


def _add_spread(command: argparse.ArgumentParser) -> None:
    command.add_argument("--weights", type=Path, required=True, help="a checkpoint file")
    command.add_argument("--out", type=Path, required=True, help="the new file; it may be the same")
    command.add_argument(
        "--places", type=Path, nargs="+", metavar="FILE",
        help="Parquet or CSV files of its training photos, and of no others; by default Toy Earth's places",
    )  # fmt: skip
    command.add_argument("--count", type=_positive, default=200_000, help="places of Toy Earth")
    command.add_argument("--seed", type=int, default=7, help="of Toy Earth's places")


def _add_train(command: argparse.ArgumentParser) -> None:
    """One option for each field of Plan; what is not given stays as Plan has it (plan.py tells why)."""
    command.add_argument("--out", type=Path, required=True, help="a folder for the state, the metrics and the weights")
    command.add_argument("--device", help="cuda, mps or cpu; by default the first that is there")
    command.add_argument("--photos", nargs="+", metavar="PATH", help=_PHOTOS)
    command.add_argument(
        "--cells", nargs="+", metavar="FILE", help="tables of nested partitions, which `partition` makes; or else --t1"
    )
    command.add_argument("--start", help="weights to begin with: a file, or torchvision's name for them")
    command.add_argument("--backbone", help="a classifier of torchvision's: googlenet, inception_v3, resnet50 …")
    command.add_argument("--optimiser", help="adamw, or the paper's adagrad (with --rate 0.045)")
    command.add_argument("--precision", help="auto, fp32, bf16 or fp16")
    command.add_argument(
        "--t1", type=_positive, nargs="+",
        help="split a cell with more photos; the least number makes the classes, others nested partitions",
    )  # fmt: skip
    for each in fields(Plan):
        option = f"--{each.name.replace('_', '-')}"
        if option in command._option_string_actions:  # told above
            continue
        words: dict[str, Any] = {"type": type(each.default), "help": f"{each.default} if not given"}
        if isinstance(each.default, bool):
            words = {"action": "store_true", "default": None}
        elif each.default is None:
            words = {"type": _positive, "help": "instead of minutes: the same result on any machine"}
        command.add_argument(option, **words)


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a positive whole number")
    return number


def main() -> int:
    """Run one command; what an operator can mend is told in a sentence."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    given = arguments().parse_args()
    try:
        run = {
            "partition": partition, "spread": spread, "shards": shards, "train": train, "evaluate": evaluate,
            "compare": compare, "ceilings": ceilings, "reader": reader, "information": information, "locate": locate,
        }[given.command]  # fmt: skip
        return run(given)
    except ImportError as error:
        package = (error.name or "").split(".")[0]
        print(f"{COLLECTIONS_NEED if package in COLLECTIONS else toyearth.PAINTING_NEEDS} ({error})", file=sys.stderr)
        return 2
    except (CheckpointError, ValueError, ArithmeticError, RuntimeError, OSError) as error:
        print(error, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
