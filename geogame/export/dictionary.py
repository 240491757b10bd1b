"""What a column of data is. Headers, schemas, the page and the file that explains them are all made of these."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["string", "integer", "number", "boolean", "date", "datetime"]  # as Frictionless calls them


@dataclass(frozen=True)
class Column:
    """One column. `of` takes it from a row's facts; None is no value."""

    name: str
    kind: Kind
    unit: str  # "" where there is none
    meaning: str
    since: int  # the version of the columns that it came with
    of: Callable[[Any], Any]
    required: bool = False


def schema(columns: Iterable[Column], key: str | Sequence[str] = (), links: Iterable[dict[str, Any]] = ()) -> Any:
    """Return the columns as a Frictionless table schema."""
    told: dict[str, Any] = {"fields": [_field(each) for each in columns], "missingValues": [""]}
    if key:
        told["primaryKey"] = key
    if links:
        told["foreignKeys"] = list(links)
    return told


def _field(column: Column) -> dict[str, Any]:
    told: dict[str, Any] = {"name": column.name, "type": column.kind, "description": column.meaning}
    if column.kind == "datetime":
        told["format"] = "any"
    if column.unit:
        told["unit"] = column.unit
    if column.required:
        told["constraints"] = {"required": True}
    return told


def markdown(columns: Iterable[Column]) -> Iterator[str]:
    """Yield the columns as the lines of a table."""
    yield "| column | type | unit | since | meaning |"
    yield "|---|---|---|---|---|"
    for each in columns:
        yield f"| `{each.name}` | {each.kind} | {each.unit} | {each.since} | {each.meaning} |"
