"""Look for an answer in bytes that players receive: as text in any rounding, numbers in any encoding, metadata."""

import base64
import gzip
import math
import re
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from geogame.rules.sphere import Point

EXIF_MARKS = (b"Exif\x00\x00", b"http://ns.adobe.com/xap/", b"Photoshop 3.0", b"ICC_PROFILE", b"\xff\xfe")
NEAR = 80  # bytes: how far apart the two halves of a coarsely rounded place may stand


@dataclass(frozen=True)
class Secrets:
    """What must not leave the server before the reveal."""

    points: list[Point]
    words: list[str] = field(default_factory=list)  # file names, titles


def find(data: bytes, secrets: Secrets) -> list[str]:
    """Return what kinds of leak these bytes hold, none for clean ones."""
    if data[:2] == b"\x1f\x8b":
        data = gzip.decompress(data)
    found = [f"{kind}: {needle!r}" for kind, needle in _needles(secrets) if needle in data]
    found += [f"rounded: {place}" for place in secrets.points if _coarse_pair(data, place)]
    if data[:2] == b"\xff\xd8":
        found += [f"metadata: {mark!r}" for mark in EXIF_MARKS if _marked(data, mark)]
    return found


def _needles(secrets: Secrets) -> Iterator[tuple[str, bytes]]:
    for word in secrets.words:
        yield "word", word.encode()
    for place in secrets.points:
        for value in place:
            yield from _encodings(value)


def _encodings(value: float) -> Iterator[tuple[str, bytes]]:
    texts = {repr(value), *(f"{abs(value):.{digits}f}" for digits in range(2, 8)), _cut(value)}
    texts |= {str(abs(round(value * 10**power))) for power in (5, 6, 7)}
    texts |= {f"{abs(math.radians(value)):.{digits}f}" for digits in (5, 6)}
    for text in texts:
        yield "text", text.encode()
        yield from (("base64 of text", part) for part in _base64(text.encode()) if len(part) >= 6)
    for layout in ("<f", ">f", "<d", ">d"):
        raw = struct.pack(layout, value)
        yield f"bytes {layout}", raw
        yield f"hex {layout}", raw.hex().encode()
        yield from (("base64 of bytes", part) for part in _base64(raw) if len(part) >= 4)


def _cut(value: float) -> str:
    """Return the value with two decimals, cut instead of rounded."""
    return f"{math.trunc(abs(value) * 100) / 100:.2f}"


def _base64(raw: bytes) -> Iterator[bytes]:
    """Return what every base64 text that holds these bytes at any of the three alignments must contain."""
    for shift in range(3):
        coded = base64.b64encode(bytes(shift) + raw)
        start = math.ceil(shift * 4 / 3)
        stop = (shift + len(raw)) * 8 // 6
        for alphabet in (coded, coded.replace(b"+", b"-").replace(b"/", b"_")):
            yield alphabet[start:stop]


def _coarse_pair(data: bytes, place: Point) -> bool:
    """Tell whether latitude and longitude stand close together, rounded to one decimal or to whole degrees."""
    for digits in (1, 0):
        lat, lng = (re.escape(f"{abs(value):.{digits}f}").encode() for value in place)
        edge = rb"(?<![\d.])", rb"(?![\d.])"
        pair = rb"%s%s%s[^{}]{1,%d}?%s%s%s" % (edge[0], lat, edge[1], NEAR, edge[0], lng, edge[1])
        if digits == 0:  # two bare whole numbers must stand side by side to mean a place
            pair = rb"%s%s%s[^\d{}]{1,24}%s%s%s" % (edge[0], lat, edge[1], edge[0], lng, edge[1])
        if re.search(pair, data):
            return True
    return False


def _marked(data: bytes, mark: bytes) -> bool:
    """Look for a metadata mark in the head of a JPEG: before the scan, where the segments are."""
    head = data[: data.find(b"\xff\xda")]
    return mark in head


@dataclass
class Wire:
    """Everything a browser received, to be searched."""

    parts: list[tuple[str, bytes]] = field(default_factory=list)

    def add(self, where: str, body: bytes, headers: Iterable[tuple[str, str]] = ()) -> None:
        self.parts.append((f"body of {where}", body))
        lines = "\n".join(f"{name}: {value}" for name, value in headers)
        self.parts.append((f"headers of {where}", lines.encode()))

    def leaks(self, secrets: Secrets) -> list[str]:
        return [f"{where}: {what}" for where, data in self.parts for what in find(data, secrets)]
