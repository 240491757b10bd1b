"""Tables: the shapes that published collections have, their faults, and memory that does not grow with their length."""

import codecs
import io
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any
from unicodedata import normalize

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from geogame import doubts, tables
from geogame.positions import Oddity
from geogame.rules.refusals import BadInput
from geogame.rules.sphere import Point
from geogame.sources import Item, Refusal, entries
from geogame.tables import Row, SourceError
from tests.conftest import jpeg


def rows(text: str | bytes, name: str = "photos.csv") -> list[Row | Refusal]:
    return list(tables.rows(io.BytesIO(text.encode() if isinstance(text, str) else text), name))


def only(text: str | bytes, name: str = "photos.csv") -> Row:
    (row,) = rows(text, name)
    assert isinstance(row, Row), row
    return row


@pytest.mark.parametrize("lat_lng", ["latitude,longitude", "lat,lng", "LAT,LON", " Lat , Long "])
@pytest.mark.parametrize("name", ["filename", "path", "IMG_FILE", "id"])
def test_columns_are_known_by_many_names(name: str, lat_lng: str) -> None:
    row = only(f"{name},{lat_lng},weather\na.jpg,48.1,11.57,sun\n")
    assert (row.name, row.place, row.extra) == ("a.jpg", Point(48.1, 11.57), {"weather": "sun"})


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_cells_are_parted_as_the_first_line_shows(delimiter: str) -> None:
    lines = [["filename", "latitude", "longitude", "title"], ["a.jpg", "48.1", "11.5", "a, b"]]
    if delimiter == ",":
        lines[1][3] = '"a, b"'
    row = only("\ufeff" + "\r\n".join(delimiter.join(line) for line in lines))
    assert (row.place, row.words["title"]) == (Point(48.1, 11.5), "a, b")


def test_the_metadata_of_2018_says_lon_lat_and_means_lat_lon() -> None:
    head = "IMG_ID,AUTHOR,LON,LAT,S3_Label,S16_Label"
    line = "a_b.jpg,somebody,-16.663606,145.563537,1,2"
    row = only(f"{head}\n{line}\n")
    assert row.place == Point(-16.663606, 145.563537)  # Cairns
    assert row.words["credit"] == "somebody"
    assert "LON,LAT" in tables.opened(io.BytesIO(f"{head}\n".encode()), "x.csv").shape.notice
    later = only("IMG_ID,AUTHOR,LAT,LON\na.jpg,somebody,-16.663606,145.563537\n")
    assert later.place == row.place


def test_a_latitude_that_is_none_is_no_place_and_the_other_way_round_is_offered() -> None:
    row = only("id,lat,lng,title\na,145.56,-16.66,Cairns\n")
    assert (row.place, row.precision_m, row.words["title"]) == (None, None, "Cairns")
    assert row.odd == Oddity("swapped", {"told": "145.56, -16.66", "lat": -16.66, "lng": 145.56})


@pytest.mark.parametrize(
    ("lat", "lng", "meant"),
    [
        ("48,8566", "2,3522", (48.8566, 2.3522)),
        ("-33,8688", "−70,6693", (-33.8688, -70.6693)),
        ("48°51'24\"N", "2° 21′ 7.2″ E", (48.856667, 2.352)),
        ("S 33 51 24", "151 12 36 E", (-33.856667, 151.21)),
        ("11°34'48\"E", "48°8'N", (48.133333, 11.58)),  # the other way round
    ],
)
def test_coordinates_as_people_write_them_are_offered_and_never_used_by_themselves(
    lat: str, lng: str, meant: tuple[float, float]
) -> None:
    row = only(f"id;latitude;longitude\na;{lat};{lng}\n")
    assert row.place is None
    assert row.odd is not None
    assert row.odd.kind == "table-form"
    assert (row.odd.values["lat"], row.odd.values["lng"]) == pytest.approx(meant, abs=1e-5)


@pytest.mark.parametrize(
    ("lat", "lng"),
    [
        ("north", "east"),
        ("about 48", "near 2"),
        ("1,2,3,4", "5"),
        ("95,5", "200,1"),
        ("0,0", "0,0"),
        ("-", "°"),
        ("36.0575 N", "112.1378 O"),
        ("-48 N", "11 E"),
        ("48.86", "2.35 S"),
        ("E 48", "W 2"),
        ("48 N", "2 N"),
    ],
)
def test_of_what_means_no_place_none_is_offered(lat: str, lng: str) -> None:
    row = only(f"id;latitude;longitude\na;{lat};{lng}\n")
    assert (row.place, row.odd and row.odd.kind) == (None, "table-odd")


@pytest.mark.parametrize(
    ("cells", "why"),
    [
        ("0,0", "no fix"), ("-48,181", "Longitude 181"), ("95,100", "Latitude 95"), ("200,10", "Latitude 200"),
        ("nan,11.5", "finite"), ("1e999,3", "Latitude inf"), ("48.1,", "only one of"),
        ("north,east", "not two numbers"),
    ],
)  # fmt: skip
def test_a_place_that_makes_no_sense_is_none_and_what_the_table_said_is_told(cells: str, why: str) -> None:
    odd = only(f"id,lat,lng\na,{cells}\n").odd
    assert odd is not None
    assert odd.kind == "table-odd"
    said = doubts.KINDS[odd.kind].sentence % {**odd.values, "why": str(odd.values["why"]) % odd.values}
    assert why in said
    assert f"“{', '.join(cells.split(','))}”" in said
    assert json.loads(json.dumps(odd.values, allow_nan=False)) == odd.values


def test_a_wrong_cell_that_is_long_is_told_in_short() -> None:
    odd = only(f"id,lat,lng\na,{'x' * 5000},{'9' * 5000}\n").odd
    assert odd is not None
    assert len(str(odd.values["told"])) < 60


def yfcc(media: str = "0", accuracy: str = "16", more: bool = False) -> str:
    cells = {name: "" for name in tables.YFCC}
    cells |= {
        "photo_id": "42", "user_nickname": "Ana+M%C3%BCller", "title": "Old+%22bridge", "longitude": "145.5635",
        "latitude": "-16.6636", "accuracy": accuracy, "page_url": "http://www.flickr.com/photos/1/42/",
        "license_name": "Attribution License", "license_url": "http://creativecommons.org/licenses/by/2.0/",
        "media_type": media,
    }  # fmt: skip
    line = list(cells.values())
    return "\t".join(["7", "42", "abcdef", *line[1:]] if more else line) + "\n"


@pytest.mark.parametrize("more", [False, True])
def test_yfcc100m_has_no_header_and_longitude_first(more: bool) -> None:
    row = only(yfcc(more=more), "yfcc100m_dataset")
    assert (row.name, row.place) == ("42", Point(-16.6636, 145.5635))
    assert row.words["credit"] == "Ana Müller"
    assert row.words["title"] == 'Old "bridge'
    assert row.words["licence"] == "Attribution License http://creativecommons.org/licenses/by/2.0/"
    assert row.extra.get("hash") == ("abcdef" if more else None)


def test_yfcc100m_videos_are_refused_and_coarse_places_said_to_be_so() -> None:
    assert "video" in str(rows(yfcc(media="1"))[0].reason)  # type: ignore[union-attr]
    assert [only(yfcc(accuracy=each)).precision_m for each in ("16", "11", "3")] == [
        pytest.approx(11.12, abs=0.01), 10_000.0, 1_000_000.0,
    ]  # fmt: skip


def test_osv_5m_knows_namibia_and_whose_its_pictures_are() -> None:
    head = "id,latitude,longitude,thumb_original_url,country,captured_at,creator_username,creator_id"
    row = only(f"{head}\n0012,-22.56,17.08,https://x,NA,1,wanderer,9\n")
    assert (row.name, row.extra["country"]) == ("0012", "NA")
    assert (row.words["licence"], row.words["credit"]) == ("CC BY-SA 4.0", "wanderer / Mapillary")


def test_a_parquet_table_reads_like_a_csv(tmp_path: Path) -> None:
    columns = {"id": [7, 8], "latitude": [48.1, None], "longitude": [11.5, None], "title": ["a\0b", None]}
    pq.write_table(pa.table(columns), tmp_path / "t.parquet")
    first, second = tables.rows(tmp_path / "t.parquet")
    assert (first.name, first.place, first.words["title"]) == ("7", Point(48.1, 11.5), "ab")  # type: ignore[union-attr]
    assert (second.name, second.place) == ("8", None)  # type: ignore[union-attr]
    with pytest.raises(SourceError, match="damaged"):
        rows((tmp_path / "t.parquet").read_bytes()[:-20], "t.parquet")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"filename,latitude,longitude\n\xff\xfe,1,2\n", "UTF-8"),
        (b"filename,latitude,longitude\n" + b"x" * 200_000 + b",1,2\n", "cannot be read"),
        (b"", "lacks the columns filename, latitude, longitude"),
        (b"filename,latitude\n", "lacks the columns .*longitude"),
        (b"\0\0\0\0", "lacks the columns"),
    ],
)
def test_what_is_no_table_is_refused_with_a_sentence(text: bytes, words: str) -> None:
    with pytest.raises(SourceError, match=words):
        rows(text)


@pytest.mark.parametrize(
    ("digits", "metres"),
    [("48.1371,11.5754", 11.1), ("48,11.5", 111_195), ("48.13,11", 111_195), ("51.510000,-0.100000", 1112)],
)
def test_digits_tell_how_precise_a_place_can_be(digits: str, metres: float) -> None:
    assert only(f"filename,latitude,longitude\na,{digits}\n").precision_m == pytest.approx(metres, rel=0.01)


def names(folder: Path) -> Iterator[tuple[str, str]]:
    for each in entries(folder):
        yield (each.name, "item") if isinstance(each, Item) else (each.file, str(each.reason))


def test_files_are_found_by_what_tables_call_them(tmp_path: Path) -> None:
    """By path, by name, by identity without a suffix, with slashes for underscores; what two share is neither's."""
    for file in ("images/07/123.jpg", "a_b_c.jpg", "one/same.jpg", "two/same.jpg", "deep/named.jpg"):
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_bytes(jpeg())
    called = ["123", "a/b/c", "same", "named.jpg", "one/same.jpg"]
    table = "id,latitude,longitude\n" + "".join(f"{each},1.5,2.5\n" for each in called)
    (tmp_path / "t.csv").write_text(table)
    found = dict(names(tmp_path))
    assert [name for name, what in found.items() if what == "item"] == [
        "images/07/123.jpg", "a_b_c.jpg", "deep/named.jpg", "one/same.jpg", "two/same.jpg",
    ]  # fmt: skip
    assert "no such picture" in found["same"]


@pytest.mark.parametrize(("of_file", "of_table"), [("NFD", "NFC"), ("NFC", "NFD")])
def test_letters_with_accents_are_the_same_however_a_system_writes_them(
    tmp_path: Path, of_file: Any, of_table: Any
) -> None:
    name = "Fotos/Ägypten Straße.jpg"
    (tmp_path / "Fotos").mkdir()
    (tmp_path / normalize(of_file, name)).write_bytes(jpeg())
    table = f"filename,latitude,longitude\n{PurePosixPath(name).name},1.5,2.5\n"
    (tmp_path / "t.csv").write_text(normalize(of_table, table))
    (found,) = entries(tmp_path)
    assert isinstance(found, Item)
    assert found.place == Point(1.5, 2.5)


MEMORY = """
import io, resource, sys
from geogame import tables
class Endless(io.RawIOBase):
    left = int(sys.argv[1])
    def readline(self, size=-1):
        if self.left == int(sys.argv[1]):
            self.left -= 1
            return b"filename,latitude,longitude,title\\n"
        self.left -= 1
        place = self.left, self.left % 80 + .12345, self.left % 170 + .5
        return b"%d.jpg,%.5f,%.5f,A title of some words\\n" % place if self.left >= 0 else b""
count = sum(isinstance(row, tables.Row) for row in tables.opened(Endless(), "t.csv"))
print(count, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


def test_a_long_table_takes_no_more_memory_than_a_short_one() -> None:
    def measured(lines: int) -> tuple[int, int]:
        told = subprocess.run([sys.executable, "-c", MEMORY, str(lines)], capture_output=True, text=True, check=True)
        count, megabytes = told.stdout.split()
        return int(count), int(megabytes)

    (few, before), (many, after) = measured(1_001), measured(100_001)
    assert (few, many) == (1_000, 100_000)
    assert after <= before + 10


def test_an_apostrophe_that_kept_a_spreadsheet_from_running_a_minus_is_no_part_of_the_number() -> None:
    assert only("id,latitude,longitude\na,51.51,'-0.13\n").place == Point(51.51, -0.13)
    assert only("id,latitude,longitude\na,'-33.85,151.21\n").place == Point(-33.85, 151.21)
    odd = only("id;latitude;longitude\na;'-33,85;151,21\n").odd
    assert odd is not None
    assert (odd.values["lat"], odd.values["lng"]) == (-33.85, 151.21)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be"])
def test_unicode_text_of_a_spreadsheet_is_read(encoding: str) -> None:
    text = "filename\tlatitude\tlongitude\ttitle\r\na.jpg\t48.1\t11.5\tZürich Āā\r\nb.jpg\t1.5\t2.5\t\r\n"
    data = text.encode(encoding) if encoding == "utf-16" else codecs.BOM_UTF16_BE + text.encode(encoding)
    first, second = rows(data)
    assert isinstance(first, Row)
    assert (first.place, first.words["title"]) == (Point(48.1, 11.5), "Zürich Āā")
    assert isinstance(second, Row)
    assert second.place == Point(1.5, 2.5)
    with pytest.raises(SourceError, match="UTF-8"):
        rows(data[:-1])


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("48.86, 2.35", (48.86, 2.35)), ("48,86; 2,35", (48.86, 2.35)), ("48.86 2.35", (48.86, 2.35)),
        ("48°51'30\"N 2°17'40\"E", (48.858333, 2.294444)), ("N 48 51 30 E 2 17 40", (48.858333, 2.294444)),
        ("33°51'S, 151°12'E", (-33.85, 151.2)), ("2.35 E, 48.86 N", (48.86, 2.35)), ("−33.85, 151.2", (-33.85, 151.2)),
        ("12,5", None), ("Paris", None), ("48,85 N", None), ("1,5 S", None), ("48° 51'", None), ("48.86,", None),
        ("48°N, 2°N", None), ("48 E, 2 E", None), ("48,5 2,5", None), ("48.86", None), ("1, 2, 3", None), ("", None),
        ("1N" + " " * 100_000 + "x", None),  # which is known at once
    ],
)  # fmt: skip
def test_a_place_that_somebody_writes_is_read(text: str, place: tuple[float, float] | None) -> None:
    found = tables.place_in(text)
    assert found == (None if place is None else pytest.approx(place, abs=1e-5))


@pytest.mark.parametrize(
    ("text", "words"), [("91, 10", "Latitude 91"), ("0, 0", "no fix"), ("151.2, -33.8", "swapped")]
)
def test_numbers_that_are_no_place_are_refused_with_a_sentence(text: str, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        tables.place_in(text)
