"""Street photographs of Mapillary in a box: API v4, https://www.mapillary.com/developer/api-documentation.

All are CC BY-SA 4.0. Addresses of files expire, so that each file is fetched soon after its page.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import urlencode

from geogame.pictures import Unusable
from geogame.positions import plausible
from geogame.rules.refusals import gettext_noop
from geogame.sources.commons import Box
from geogame.sources.items import Entry, Item, Json, judged
from geogame.sources.web import Nonsense, TooMuch, Web
from geogame.tables import SourceError

NAME = "Mapillary"
API = "https://graph.mapillary.com"
FIELDS = "id,captured_at,compass_angle,geometry,computed_geometry,thumb_2048_url,is_pano,sequence,creator"
LARGEST_DEG2 = 0.009  # of a box; from 0.010 on the service refuses
SMALLEST_DEG = 1e-4  # eleven metres: if that is too dense, something else is wrong
LIMIT = 2_000  # photos of one answer; as many are a hint that there are more
MOST_BOXES = 20_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Mapillary:
    """Mapillary's photos of an area. `token` is a client token, sent in a header and written down nowhere.

    Raises SourceError where there is none, or the area is too large.
    """

    area: Box
    token: str
    api: str = API
    web: Web | None = None

    def __post_init__(self) -> None:
        if not self.token:
            raise SourceError(gettext_noop("Mapillary asks for a client token: set MAPILLARY_TOKEN."))
        next(pieces(self.area))

    def page(self, cursor: Json | None) -> tuple[list[Entry], Json | None]:
        """Return the photos of the next box. One that is too dense is cut in four, which come next."""
        boxes = [Box(*each) for each in cursor["boxes"]] if cursor else list(pieces(self.area))  # type: ignore[attr-defined]
        first, *rest = boxes
        web = self._web()
        try:
            found = self._in(first, web)
        except TooMuch:
            found, rest = [], [*_quarters(first), *rest]
        else:
            if len(found) >= LIMIT:
                found, rest = [], [*_quarters(first), *rest]
        return found, {"boxes": [list(each) for each in rest]} if rest else None

    def _web(self) -> Web:
        own = {"User-Agent": "BeatPlaNet/0.1 python-urllib", "Authorization": f"OAuth {self.token}"}
        return self.web or Web(NAME, own)

    def _in(self, box: Box, web: Web) -> list[Entry]:
        words = {
            "fields": FIELDS,
            "limit": LIMIT,
            "bbox": f"{box.west:.6f},{box.south:.6f},{box.east:.6f},{box.north:.6f}",
        }
        said = web.ask(f"{self.api}/images?{urlencode(words)}")
        if not isinstance(said, dict) or not isinstance(said.get("data"), list):
            raise Nonsense(service=NAME)
        return [judged(_name(each), partial(_item, each, web)) for each in said["data"]]


def pieces(area: Box) -> Iterator[Box]:
    """Cut an area into boxes that Mapillary takes. Raises SourceError where they are too many."""
    for part in _on_this_side(area):
        height, width = part.north - part.south, part.east - part.west
        side = LARGEST_DEG2**0.5
        rows, columns = int(height // side) + 1, int(width // side) + 1
        if rows * columns > MOST_BOXES:
            raise SourceError(gettext_noop("This area is too large: choose one of a few hundred kilometres at most."))
        for row in range(rows):
            for column in range(columns):
                yield Box(
                    part.south + row * height / rows,
                    part.west + column * width / columns,
                    part.south + (row + 1) * height / rows,
                    part.west + (column + 1) * width / columns,
                )


def _on_this_side(area: Box) -> list[Box]:
    """Cut an area at the 180th meridian, which the service knows no boxes across."""
    if area.west < area.east:
        return [area]
    return [area._replace(east=180.0), area._replace(west=-180.0)]


def _quarters(box: Box) -> list[Box]:
    """Raises SourceError where a box is too small to be cut."""
    if box.north - box.south < SMALLEST_DEG:
        raise SourceError(gettext_noop("Mapillary answers HTTP 500 even for a box of a few metres. Try later."))
    lat, lng = (box.south + box.north) / 2, (box.west + box.east) / 2
    return [
        Box(box.south, box.west, lat, lng),
        Box(box.south, lng, lat, box.east),
        Box(lat, box.west, box.north, lng),
        Box(lat, lng, box.north, box.east),
    ]


def _name(told: Any) -> str:
    return f"{told.get('id', '?') if isinstance(told, dict) else '?'}.jpg"


def _item(told: dict[str, Any], web: Web) -> Item:
    if told.get("is_pano"):
        raise Unusable(gettext_noop("It is a panorama."))
    geometry = told.get("computed_geometry") or told.get("geometry") or {}
    try:
        lng, lat = (float(each) for each in geometry["coordinates"][:2])
    except (KeyError, TypeError, ValueError) as error:
        raise Unusable(gettext_noop("It has no place.")) from error
    if not told.get("thumb_2048_url"):
        raise Unusable(gettext_noop("Mapillary has no file of it."))
    address = str(told["thumb_2048_url"])
    creator = (told.get("creator") or {}).get("username", "")
    words = {
        "title": "",
        "credit": f"{creator} / Mapillary" if creator else "Mapillary",
        "licence": "CC BY-SA 4.0",
        "source_url": f"https://www.mapillary.com/app/?pKey={told['id']}",
    }
    extra = {key: str(told[key]) for key in ("captured_at", "compass_angle", "sequence") if told.get(key) is not None}
    return Item(
        _name(told), partial(web.picture, address), plausible(lat, lng), words, extra, None, "service",
        taken_at=_time(told.get("captured_at")),
    )  # fmt: skip


def _time(captured_ms: Any) -> datetime | None:
    """Return a time that is told in milliseconds since 1970, None where it is none."""
    with suppress(TypeError, OverflowError):
        return EPOCH + timedelta(milliseconds=captured_ms) if captured_ms > 0 else None
    return None
