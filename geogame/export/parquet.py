"""Rows as Parquet: row groups are written as they come, into memory that is handed on at once."""

import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import pyarrow
from pyarrow.parquet import ParquetWriter

from geogame.export.dictionary import Column

GROUP_ROWS = 32_768  # in a row group; readers skip and share out whole groups
TYPES = {
    "string": pyarrow.string(),
    "integer": pyarrow.int64(),
    "number": pyarrow.float64(),
    "boolean": pyarrow.bool_(),
    "date": pyarrow.date32(),
    "datetime": pyarrow.timestamp("us", tz="UTC"),
}


def schema(columns: Iterable[Column]) -> pyarrow.Schema:
    """Return the columns as an Arrow schema, what they mean along with them."""
    return pyarrow.schema([_field(each) for each in columns])


def _field(column: Column) -> pyarrow.Field:
    told = {"description": column.meaning, "unit": column.unit, "since": str(column.since)}
    return pyarrow.field(column.name, TYPES[column.kind], not column.required, told)


class _Pipe(io.RawIOBase):
    """Takes bytes and gives them back: what a writer writes is sent on."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._parts.append(bytes(data))
        return len(self._parts[-1])

    def taken(self) -> bytes:
        parts, self._parts = self._parts, []
        return b"".join(parts)


def parts(columns: Sequence[Column], pages: Iterable[Iterable[Any]]) -> Iterator[bytes]:
    """Write Parquet, its first bytes at once."""
    told, pipe = schema(columns), _Pipe()
    with ParquetWriter(pyarrow.PythonFile(pipe, mode="w"), told, compression="zstd") as writer:
        yield pipe.taken()
        for group in _groups(_batches(columns, told, pages)):
            writer.write_table(group, row_group_size=GROUP_ROWS)
            yield pipe.taken()
    yield pipe.taken()


def _batches(columns: Sequence[Column], told: Any, pages: Iterable[Iterable[Any]]) -> Iterator[Any]:
    for page in pages:
        values = [[each.of(fact) for fact in page] for each in columns]
        yield pyarrow.record_batch(
            [pyarrow.array(each, of.type) for each, of in zip(values, told, strict=True)], schema=told
        )


def _groups(batches: Iterable[Any]) -> Iterator[Any]:
    waiting: list[Any] = []
    for batch in batches:
        waiting.append(batch)
        if sum(each.num_rows for each in waiting) >= GROUP_ROWS:
            yield pyarrow.Table.from_batches(waiting)
            waiting = []
    if waiting:
        yield pyarrow.Table.from_batches(waiting)
