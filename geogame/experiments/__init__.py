"""The verbs of experiments: prepare, seal, take part, give up, take out, abandon, check. What is sealed never changes.

The experiment's row is the one lock: whoever takes a place, gives one up or ends it all locks that row. Experiments
are locked before any round, game or seat, several of them in the order of their keys (`lock_of`); see `play` for what
comes after. Each verb may run twice, or in two processes at once, without harm.
"""

from geogame.experiments.checks import check, check_all, is_checked, published, uncheck
from geogame.experiments.places import abandon, exclude, sealed_machine, take_part, tidy, tidy_one
from geogame.experiments.reading import (
    Reserve,
    Standing,
    counted_rounds,
    excluded,
    excluded_since,
    lock,
    lock_of,
    open_to_all,
    place_of,
    reserve,
    selection,
    standing,
)
from geogame.experiments.results import keep_first, tested
from geogame.experiments.sealing import (
    MOST_ROUNDS,
    PAPER,
    Progress,
    again,
    prepare,
    progress,
    seal,
    spare_places,
)

__all__ = [
    "MOST_ROUNDS",
    "PAPER",
    "Progress",
    "Reserve",
    "Standing",
    "abandon",
    "again",
    "check",
    "check_all",
    "counted_rounds",
    "exclude",
    "excluded",
    "excluded_since",
    "is_checked",
    "keep_first",
    "lock",
    "lock_of",
    "open_to_all",
    "place_of",
    "prepare",
    "progress",
    "published",
    "reserve",
    "seal",
    "sealed_machine",
    "selection",
    "spare_places",
    "standing",
    "take_part",
    "tested",
    "tidy",
    "tidy_one",
    "uncheck",
]
