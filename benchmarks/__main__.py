"""python -m benchmarks [--json]           every benchmark; the exit status is 1 where a goal is missed
python -m benchmarks --large [--json]   what takes minutes and gigabytes of disk: a collection of the paper's size,
                                        a million guesses, two thousand photos, a hall through ten rounds"""

import argparse
import json
import sys
from dataclasses import asdict

from tqdm import tqdm

from benchmarks import (
    cells,
    collections,
    comparison,
    distances,
    explaining,
    importing,
    locating,
    painting,
    rooms,
    training,
    worker,
)
from benchmarks.measure import Result

ALL = (
    cells.leaf_ids, cells.leaf_ids_by_the_c_library, cells.lookup, cells.assignment, cells.partition,
    collections.nearly_linear, distances.distances, locating.at_once, locating.halved, locating.channels_last,
    explaining.heatmaps, painting.for_training, painting.for_playing, training.from_shards, worker.worker,
    comparison.short, importing.short, rooms.short,
)  # fmt: skip
LARGE = (collections.of_the_papers_size, comparison.large, importing.whole, rooms.whole)


def table(results: list[Result]) -> str:
    """The results, to read."""
    lines = []
    for each in results:
        bound = "at least" if each.higher_is_better else "at most"
        verdict = "" if each.reached() else "  MISSED"
        lines.append(f"{each.name}: {_three_digits(each.value)} {each.unit} (goal: {bound} {each.goal:g}){verdict}")
        lines.append(f"    against {each.reference}")
    return "\n".join(lines)


def _three_digits(value: float) -> str:
    """Ratios near one need two decimals.

    >>> _three_digits(0.946), _three_digits(12.51)
    ('0.95', '12.5')
    """
    return f"{value:.2f}" if value < 2 else f"{value:.1f}"


def main() -> int:
    """Run all benchmarks and print them."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="How fast things are, as ratios.")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--large", action="store_true", help="only what takes minutes and gigabytes of disk")
    given = parser.parse_args()
    results: list[Result] = []
    for benchmark in tqdm(LARGE if given.large else ALL, desc="measuring", unit="benchmark", leave=False):
        found = benchmark()
        results += found if isinstance(found, list) else [found]
    print(json.dumps([asdict(each) for each in results]) if given.json else table(results))
    return int(not all(each.reached() for each in results))


if __name__ == "__main__":
    sys.exit(main())
