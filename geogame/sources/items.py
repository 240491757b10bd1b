"""What a source yields."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from geogame.positions import Oddity
from geogame.rules.sphere import Point
from geogame.tables import Refusal

Json = dict[str, object]


@dataclass(frozen=True)
class Item:
    """One file to take in: its name, how to read it, and what a table or a service says of it."""

    name: str
    read: Callable[[], bytes]
    place: Point | None = None
    words: dict[str, str] = field(default_factory=dict)  # credit, licence, source_url, title, album
    extra: dict[str, str] = field(default_factory=dict)  # columns that the game does not know
    precision_m: float | None = None  # of the place
    place_from: str = "table"  # as `Photo.From` has it
    odd: Oddity | None = None  # what a table tells in place of one that makes sense: then the file's is not taken


Entry = Item | Refusal


class Network(Protocol):
    """A service that is asked for photos page by page."""

    def page(self, cursor: Json | None) -> tuple[list[Entry], Json | None]:
        """Return a page and where the next one begins, None after the last. Raises SourceError where it gives up."""
