"""Some of what the fuzzer does, the same each time: files, EXIF blocks and words that are damaged by chance."""

from collections.abc import Callable, Iterator

import numpy as np
import pytest

from geogame import doubts
from tests.fuzz import checks
from tests.game import hostile

EXIF = hostile.gps_block((48.0, 8.0, 13.89), (11.0, 34.0, 31.7), ("N", "E"))
FILES = [hostile.saved(form) for form in hostile.FORMS] + [hostile.saved("JPEG", exif=EXIF)]
WORDS = [hostile.XMP.encode(), hostile.COMMENTS]


def mutants(seeds: list[bytes], count: int) -> Iterator[bytes]:
    """Change some bytes of each seed, move a piece or cut one out, so many times."""
    chance = np.random.default_rng(7)
    for number in range(count):
        data = bytearray(seeds[number % len(seeds)])
        for _ in range(chance.integers(1, 6)):
            at, to = sorted(chance.integers(0, len(data), 2))
            match chance.integers(0, 4):
                case 0:
                    data[at] = chance.integers(0, 256)
                case 1:
                    data[at : at + 4] = chance.choice([b"\0\0\0\0", b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff"])
                case 2:
                    data[at:at] = data[to : to + 64]
                case 3 if len(data) > 64:
                    del data[at : min(to, at + 16)]
        yield bytes(data)


@pytest.mark.filterwarnings("ignore::UserWarning")  # Pillow's, of what is damaged
@pytest.mark.parametrize(
    ("check", "seeds", "count"),
    [(checks.check_file, FILES, 280), (checks.check_exif, [EXIF], 1500), (checks.check_words, WORDS, 300)],
)
def test_what_is_damaged_by_chance_is_read_or_refused(
    check: Callable[[bytes], object], seeds: list[bytes], count: int
) -> None:
    for seed in seeds:
        check(seed)
    for data in mutants(seeds, count):
        check(data)


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_what_is_odd_about_a_damaged_file_can_be_said() -> None:
    taken = [developed for data in mutants(FILES, 60) if (developed := checks.check_file(data))]
    assert 0 < len(taken) < 60
    for developed in taken:
        for odd in developed.oddities:
            assert doubts.KINDS[odd.kind].sentence % odd.values
