"""python -m predictor.toyearth render --count 20 --split new_place --seed 1 --out DIR   JPEGs and their tables
python -m predictor.toyearth render --albums 5 --out DIR            trips of several pictures
python -m predictor.toyearth sheet --out sheet.jpg                  twenty places, to look at
python -m predictor.toyearth starter --out DIR                      the three sets that ship with the game
python -m predictor.toyearth clues --count 1000                     which clue is seen in which scene, and how often

A rendered folder holds photos.csv, which the game imports, and manifest.jsonl: a line of JSON for each picture."""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from predictor.toyearth import PAINTING_NEEDS, sets
from predictor.toyearth.spots import SPLITS


def arguments() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m predictor.toyearth", description="Paint made-up pictures.")
    commands = parser.add_subparsers(dest="command", required=True)
    render = commands.add_parser("render", help="write pictures, photos.csv and manifest.jsonl into a folder")
    amount = render.add_mutually_exclusive_group(required=True)
    amount.add_argument("--count", type=_positive, help="single pictures")
    amount.add_argument("--albums", type=_positive, help="trips of several pictures")
    sheet = commands.add_parser("sheet", help="write a contact sheet of twenty places")
    starter = commands.add_parser("starter", help="write the three sets that ship with the game")
    clues = commands.add_parser("clues", help="count which clue is seen in which scene")
    clues.add_argument("--count", type=_positive, default=1000)
    for command, default in ((render, 640), (sheet, 240), (starter, sets.STARTER_PX), (clues, 160)):
        command.add_argument("--size", type=_positive, default=default, help="pixels a side")
    for command, target in ((render, "a folder"), (sheet, "an image file"), (starter, "a folder")):
        command.add_argument("--out", type=Path, required=True, help=target)
    for command in (render, clues):
        command.add_argument("--split", choices=SPLITS, default="new_place")
        command.add_argument("--seed", type=int, default=1)
    return parser


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a positive whole number")
    return number


def render(given: argparse.Namespace) -> None:
    """Write a folder of pictures."""
    albums: Iterator[sets.Album]
    if given.albums:
        albums = (sets.trip(given.split, given.seed, index) for index in range(given.albums))
    else:
        albums = (sets.single(given.split, given.seed, index) for index in range(given.count))
    sets.write(given.out, albums, given.size, given.albums or given.count)


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
    except (RuntimeError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
