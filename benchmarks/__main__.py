"""python -m benchmarks [--json]      every benchmark; the exit status is 1 where a goal is missed"""

import argparse
import json
import sys
from dataclasses import asdict

from tqdm import tqdm

from benchmarks import cells, distances, locating, painting, training
from benchmarks.measure import Result

ALL = (
    cells.leaf_ids, cells.partition, distances.distances, locating.at_once, painting.for_training, painting.for_playing,
    training.from_shards,
    training.from_shards,
)  # fmt: skip


def table(results: list[Result]) -> str:
    """The results, to read."""
    lines = []
    for each in results:
        bound = "at least" if each.higher_is_better else "at most"
        verdict = "" if each.reached() else "  MISSED"
        lines.append(f"{each.name}: {each.value:.1f} {each.unit} (goal: {bound} {each.goal:g}){verdict}")
        lines.append(f"    against {each.reference}")
    return "\n".join(lines)


def main() -> int:
    """Run all benchmarks and print them."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="How fast things are, as ratios.")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    results = [benchmark() for benchmark in tqdm(ALL, desc="measuring", unit="benchmark", leave=False)]
    print(json.dumps([asdict(each) for each in results]) if given.json else table(results))
    return int(not all(each.reached() for each in results))


if __name__ == "__main__":
    sys.exit(main())
