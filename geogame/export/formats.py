"""Rows as CSV, NDJSON and Parquet, made a piece at a time: whoever takes the pieces keeps none of them."""

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from geogame.export import parquet
from geogame.export.dictionary import Column
from geogame.export.facts import Page
from geogame.formulas import guarded

Parts = Iterator[bytes]
Columns = Sequence[Column]


def csv_parts(columns: Columns, pages: Iterable[Iterable[Any]]) -> Parts:
    """Write CSV, the header at once. Texts that a spreadsheet would run as a formula get an apostrophe in front."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([each.name for each in columns])
    yield _taken(out)
    cells = [(each.of, CELLS.get(each.kind, _as_it_is)) for each in columns]
    for page in pages:
        writer.writerows([cell(of(fact)) for of, cell in cells] for fact in page)
        yield _taken(out)


def _taken(out: io.StringIO) -> bytes:
    text = out.getvalue()
    out.seek(0)
    out.truncate()
    return text.encode()


def _as_it_is(value: Any) -> Any:
    return value


def _text(value: str | None) -> str | None:
    if value is None:
        return None
    # Python's csv leaves a lone CR unquoted, and it would end the row.
    value = value.replace("\r\n", "\n").replace("\r", "\n")
    return guarded(value)


def _word(value: bool | None) -> str | None:
    return None if value is None else "true" if value else "false"


def _moment(value: datetime | None) -> str | None:
    return value.isoformat() if value else None


CELLS: dict[str, Callable[[Any], Any]] = {"string": _text, "boolean": _word, "datetime": _moment}


def ndjson_parts(columns: Columns, pages: Iterable[Iterable[Any]]) -> Parts:
    """Write one JSON object a line."""
    values = [(each.name, each.of, _moment if each.kind == "datetime" else _as_it_is) for each in columns]
    for page in pages:
        lines = (json.dumps({name: told(of(fact)) for name, of, told in values}, ensure_ascii=False) for fact in page)
        yield "".join(f"{line}\n" for line in lines).encode()


@dataclass(frozen=True)
class Format:
    """How rows are written, and what a browser is told of it."""

    parts: Callable[[Columns, Iterable[Page]], Parts]
    content_type: str


FORMATS = {
    "csv": Format(csv_parts, "text/csv; charset=utf-8"),
    "ndjson": Format(ndjson_parts, "application/x-ndjson; charset=utf-8"),
    "parquet": Format(parquet.parts, "application/vnd.apache.parquet"),
}


class Tally:
    """Counts the rows that pass."""

    def __init__(self) -> None:
        self.rows = 0

    def count(self, pages: Iterable[Page]) -> Iterator[Page]:
        for page in pages:
            self.rows += len(page)
            yield page
