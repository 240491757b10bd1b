"""What a source yields."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from geogame.pictures import Unusable
from geogame.positions import Oddity
from geogame.rules.refusals import BadInput, gettext_noop
from geogame.rules.sphere import Point
from geogame.tables import Refusal

Json = dict[str, object]
# What is raised where JSON of another shape is read.
SHAPELESS = (AttributeError, LookupError, TypeError, ValueError, OverflowError)


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
    taken_at: datetime | None = None  # as a service knows it; the camera's clock, where the file tells it, goes before


Entry = Item | Refusal


class Senseless(Unusable):
    sentence = gettext_noop("What the service says of it makes no sense.")


def judged(name: str, read: Callable[[], Item]) -> Entry:
    """Return what a service says of a file, or why that is not taken: it may be of any shape."""
    try:
        return read()
    except BadInput as error:
        return Refusal(name, error)
    except SHAPELESS:
        return Refusal(name, Senseless())


class Network(Protocol):
    """A service that is asked for photos page by page."""

    def page(self, cursor: Json | None) -> tuple[list[Entry], Json | None]:
        """Return a page and where the next one begins, None after the last. Raises SourceError where it gives up."""
