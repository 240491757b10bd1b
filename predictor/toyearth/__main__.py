"""python -m predictor.toyearth render --count 20 --split new_place --seed 1 --out DIR   JPEGs and their tables
python -m predictor.toyearth render --albums 5 --out DIR            trips of several pictures
python -m predictor.toyearth sheet --out sheet.jpg                  twenty places, to look at
python -m predictor.toyearth starter --out DIR                      the three sets that ship with the game
python -m predictor.toyearth clues --count 1000                     which clue is seen in which scene, and how often

A rendered folder holds photos.csv, which the game imports, and manifest.jsonl: a line of JSON for each picture."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from tqdm import tqdm

from predictor.toyearth import PAINTING_NEEDS, sets
from predictor.toyearth.spots import SPLITS

MANY = 1_000_000


def arguments() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m predictor.toyearth", description="Paint made-up pictures.")
    commands = parser.add_subparsers(dest="command", required=True)
    render = commands.add_parser("render", help="write pictures, photos.csv and manifest.jsonl into a folder")
    amount = render.add_mutually_exclusive_group(required=True)
    amount.add_argument("--count", type=_between(1, MANY), help="single pictures")
    amount.add_argument("--albums", type=_between(1, MANY), help="trips of several pictures")
    sheet = commands.add_parser("sheet", help="write a contact sheet of twenty places")
    starter = commands.add_parser("starter", help="write the three sets that ship with the game")
    clues = commands.add_parser("clues", help="count which clue is seen in which scene")
    clues.add_argument("--count", type=_between(1, MANY), default=1000)
    for command, default in ((render, 640), (sheet, 240), (starter, sets.STARTER_PX), (clues, 160)):
        command.add_argument("--size", type=_between(32, 4096), default=default, help="pixels a side")
    for command in (render, starter):
        command.add_argument("--out", type=Path, required=True, help="a folder")
    sheet.add_argument("--out", type=_image, required=True, help="an image file")
    for command in (render, clues):
        command.add_argument("--split", choices=SPLITS, default="new_place")
        command.add_argument("--seed", type=_between(0, 2**32 - 1), default=1)
    return parser


def _between(low: int, high: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not text.isdecimal() or not low <= int(text) <= high:
            raise argparse.ArgumentTypeError(f"{text} is not a whole number from {low} to {high}")
        return int(text)

    return read


def _image(text: str) -> Path:
    path = Path(text)
    if path.suffix.lower() not in {".jpg", ".jpeg", ".png", ".webp"} or not path.absolute().parent.is_dir():
        raise argparse.ArgumentTypeError(f"{text} is not a .jpg, .png or .webp in a folder that is there")
    return path


def render(given: argparse.Namespace) -> None:
    """Write a folder of pictures."""
    make, many = (sets.trip, given.albums) if given.albums else (sets.single, given.count)
    albums = [make(given.split, given.seed, index) for index in tqdm(range(many), desc="choosing", leave=False)]
    sets.write(given.out, albums, given.size)


def main() -> int:
    """Run one command; what a user can mend is told in a sentence."""
    given = arguments().parse_args()
    try:
        if given.command == "render":
            render(given)
        elif given.command == "sheet":
            sets.sheet(given.size).save(given.out, quality=sets.JPEG_QUALITY)
        elif given.command == "starter":
            sets.starter(given.out, given.size)
        else:
            print(sets.clue_table(given.split, given.seed, given.count, given.size))
    except ImportError as error:
        print(f"{PAINTING_NEEDS} ({error})", file=sys.stderr)
        return 2
    except (RuntimeError, ValueError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
