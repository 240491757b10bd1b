"""python -m predictor.toyearth render --count N --size 640 --split new_place --seed 1 --out DIR   JPEGs and photos.csv
python -m predictor.toyearth sheet --out sheet.jpg   a contact sheet, to look at"""

import argparse
import csv
import hashlib
from pathlib import Path

from PIL import Image
from tqdm import tqdm

from predictor.toyearth import PAINTER_VERSION, Picture, picture
from predictor.toyearth.land import SPLITS

COLUMNS = ("filename", "latitude", "longitude", "credit", "licence", "source_url", "title", "album")
JPEG_QUALITY = 90


def render(count: int, size: int, split: str, seed: int, out: Path) -> None:
    """Write count pictures and photos.csv into a folder."""
    out.mkdir(parents=True, exist_ok=True)
    with (out / "photos.csv").open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(COLUMNS)
        for index in tqdm(range(count), desc="painting", unit="picture"):
            shown = picture(split, seed, index, size)
            name = file_name(split, seed, index)
            Image.fromarray(shown.image).save(out / name, quality=JPEG_QUALITY)
            rows.writerow(row_of(name, shown))


def file_name(split: str, seed: int, index: int) -> str:
    """A name that tells nothing."""
    key = f"toy-earth {PAINTER_VERSION} {split} {seed} {index}"
    return hashlib.sha256(key.encode()).hexdigest()[:16] + ".jpg"


def row_of(name: str, shown: Picture) -> tuple[str, ...]:
    """One row of photos.csv."""
    return name, f"{shown.lat:.6f}", f"{shown.lng:.6f}", "Toy Earth", "CC0-1.0", "", shown.title, ""


def sheet(columns: int, rows: int, size: int, split: str, seed: int, out: Path) -> None:
    """Write a contact sheet of columns by rows pictures."""
    paper = Image.new("RGB", (columns * (size + 6) + 6, rows * (size + 6) + 6), (24, 28, 44))
    for index in tqdm(range(columns * rows), desc="painting", unit="picture"):
        image = Image.fromarray(picture(split, seed, index, size).image)
        paper.paste(image, (6 + index % columns * (size + 6), 6 + index // columns * (size + 6)))
    paper.save(out, quality=JPEG_QUALITY)


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m predictor.toyearth", description="Paint made-up pictures.")
    commands = parser.add_subparsers(dest="command", required=True)
    for name, folder in (("render", "a folder"), ("sheet", "an image file")):
        command = commands.add_parser(name)
        command.add_argument("--out", type=Path, required=True, help=folder)
        command.add_argument("--size", type=int, default=640 if name == "render" else 240, help="pixels a side")
        command.add_argument("--split", choices=SPLITS, default="new_place")
        command.add_argument("--seed", type=int, default=1)
    commands.choices["render"].add_argument("--count", type=int, required=True)
    commands.choices["sheet"].add_argument("--columns", type=int, default=6)
    commands.choices["sheet"].add_argument("--rows", type=int, default=4)
    return parser.parse_args()


def main() -> None:
    """Run one command."""
    given = arguments()
    if given.command == "render":
        render(given.count, given.size, given.split, given.seed, given.out)
    else:
        sheet(given.columns, given.rows, given.size, given.split, given.seed, given.out)


if __name__ == "__main__":
    main()
