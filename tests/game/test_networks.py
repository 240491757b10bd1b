"""Commons and Mapillary, against a service that plays back what they document, and what goes wrong with them."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from geogame.pictures import Unusable
from geogame.rules.sphere import Point, distance_km
from geogame.sources import commons, mapillary
from geogame.sources.commons import Box, Commons
from geogame.sources.items import Entry, Item
from geogame.sources.mapillary import Mapillary
from geogame.sources.web import Web
from geogame.tables import Refusal, SourceError
from tests.conftest import jpeg
from tests.game.playback import Answer, Service, service

HERE = Point(48.1, 11.5)


@pytest.fixture
def there() -> Iterator[Service]:
    with service() as made:
        yield made


@pytest.fixture
def waited() -> list[float]:
    return []


def web(waited: list[float]) -> Web:
    return Web(
        "The service", {"User-Agent": "BeatPlaNet/0.1 (me@example.org)", "Authorization": "OAuth secret"}, waited.append
    )


def file(there: Service, number: int = 1, **changed: Any) -> dict[str, Any]:
    info = {
        "mime": "image/jpeg", "thumburl": f"{there.address}/{number}.jpg", "descriptionurl": f"https://c/File:{number}",
        "extmetadata": {
            "Artist": {"value": '<a href="//c/User:Ana">Ana &amp; <b>Ben</b></a>'},
            "LicenseShortName": {"value": "CC BY-SA 4.0"}, "LicenseUrl": {"value": "https://l"},
        },
    }  # fmt: skip
    place = {"lat": 48.1 + number / 1000, "lon": 11.5, "primary": True, "globe": "earth"}
    return {"pageid": number, "title": f"File:{number}.jpg", "coordinates": [place], "imageinfo": [info | changed]}


def found(there: Service, waited: list[float], *pages: dict[str, Any], **words: Any) -> list[Entry]:
    there.says("/api", Answer({"query": {"pages": list(pages)}}))
    return Commons([HERE], "me@example.org", api=f"{there.address}/api", web=web(waited), **words).page(None)[0]


def test_commons_gives_photos_with_author_licence_and_source(there: Service, waited: list[float]) -> None:
    (item,) = found(there, waited, file(there))
    assert isinstance(item, Item)
    assert (item.name, item.place, item.place_from) == ("1.jpg", Point(48.101, 11.5), "service")
    assert item.words == {
        "title": "1", "credit": "Ana & Ben", "licence": "CC BY-SA 4.0 https://l", "source_url": "https://c/File:1",
    }  # fmt: skip
    picture = jpeg()
    there.says("/1.jpg", Answer(picture))
    assert item.read() == picture
    asked, fetched = there.asked
    assert asked.words["ggscoord"] == "48.10000|11.50000"
    assert asked.words["maxlag"] == "5"
    assert "me@example.org" in asked.headers["User-Agent"]
    assert "Authorization" not in fetched.headers  # files lie on hosts of their own


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ('Unknown author<span style="display: none;">Unknown author</span>', "Unknown author"),
        ('<span hidden>x</span><b style="DISPLAY:NONE"><i>y</i><br>z<img></b>Ana', "Ana"),
        ("<div hidden>x<div>y</div>z</div>Ana", "Ana"),
        ("<style>.a { b: c }</style><script>if (a < b) { c() }</script>Ana", "Ana"),
        ("<div>Ana</div><div>Ben</div>", "Ana Ben"),
        ("Ana<br>Ben<br/>Cleo", "Ana Ben Cleo"),
        ("<ul><li>Ana<li>Ben</ul><table><tr><td>Cleo<td>Dora</table>", "Ana Ben Cleo Dora"),
        ("<b>A</b>na &amp; B<i>e</i>n", "Ana & Ben"),
        ('<p style="display:none">x<i>y</p>Ana', "Ana"),
        ('<a style="display:none-such">Ana</a>', "Ana"),
        ("Ana<![foo[ Ben", "Ana"),
    ],
)
def test_of_html_what_is_seen_is_read(html: str, text: str) -> None:
    assert commons.plain(html) == text


def test_commons_is_not_asked_by_who_does_not_say_who_asks() -> None:
    with pytest.raises(SourceError, match="COMMONS_CONTACT"):
        Commons([HERE], "").page(None)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"mime": "image/svg+xml"}, "no photograph"),
        ({"extmetadata": {"Artist": {"value": "Ana"}}}, "names no licence"),
        ({"extmetadata": {}}, "names no licence"),
    ],
)
def test_what_is_no_free_photograph_is_refused(
    there: Service, waited: list[float], changed: dict[str, Any], words: str
) -> None:
    (refusal,) = found(there, waited, file(there, **changed))
    assert isinstance(refusal, Refusal)
    assert words in str(refusal.reason)


def test_a_place_on_the_moon_is_none(there: Service, waited: list[float]) -> None:
    page = file(there)
    page["coordinates"][0]["globe"] = "moon"
    (refusal,) = found(there, waited, page)
    assert isinstance(refusal, Refusal)
    assert "place on Earth" in str(refusal.reason)


@pytest.mark.parametrize(
    "changed",
    [
        {"pageid": None},
        {"coordinates": [{"lon": 11.5}]},
        {"coordinates": [{"lat": "north", "lon": 11.5}]},
        {"coordinates": [{"lat": 10**400, "lon": 11.5}]},
        {"coordinates": "48, 11"},
        {"imageinfo": [1, 2]},
        {"imageinfo": ["x"]},
        {"imageinfo": [{"extmetadata": {"Artist": "Ana"}}]},
    ],
)
def test_a_file_that_commons_tells_nonsense_of_is_refused_and_no_other(
    there: Service, waited: list[float], changed: dict[str, Any]
) -> None:
    item, refusal = sorted(
        found(there, waited, file(there, 2), file(there) | changed), key=lambda each: type(each).__name__
    )
    assert isinstance(item, Item)
    assert isinstance(refusal, Refusal)
    assert (item.name, refusal.file) == ("2.jpg", "1.jpg")
    assert "makes no sense" in str(refusal.reason)


@pytest.mark.parametrize("page", ["x", None, 7, ["a"], {}])
def test_what_commons_has_in_place_of_a_file_is_refused(there: Service, waited: list[float], page: Any) -> None:
    (refusal,) = found(there, waited, page)
    assert isinstance(refusal, Refusal)
    assert (refusal.file, "makes no sense" in str(refusal.reason)) == ("?", True)


def test_what_no_database_keeps_is_left_out_of_an_answer(there: Service, waited: list[float]) -> None:
    page = file(there) | {"title": "File:A\0n\ud800a.jpg"}
    (item,) = found(there, waited, page)
    assert isinstance(item, Item)
    assert (item.name, item.words["title"]) == ("An?a.jpg", "An?a")


def test_the_cameras_place_is_taken_and_the_motifs_tells_how_coarse_it_is(there: Service, waited: list[float]) -> None:
    page = file(there)
    page["coordinates"].insert(0, {"lat": 48.2, "lon": 11.5, "primary": False, "globe": "earth"})
    (item,) = found(there, waited, page)
    assert isinstance(item, Item)
    assert item.place == Point(48.101, 11.5)
    assert item.precision_m == pytest.approx(11_008, abs=2)


def test_an_answer_in_parts_is_asked_for_to_the_end(there: Service, waited: list[float]) -> None:
    first, second = file(there), {"pageid": 1, "coordinates": file(there).pop("coordinates")}
    del first["coordinates"]
    there.says(
        "/api",
        Answer({"query": {"pages": [first]}, "continue": {"cocontinue": "x|1", "continue": "||"}}),
        Answer({"query": {"pages": [second]}}),
    )
    entries, rest = Commons([HERE], "me", api=f"{there.address}/api", web=web(waited)).page(None)
    assert [type(each) for each in entries] == [Item]
    assert rest is None
    assert there.asked[1].words["cocontinue"] == "x|1"


def test_an_answer_that_repeats_itself_or_has_no_end_is_given_up(
    there: Service, waited: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commons, "MOST_PARTS", 5)
    source = Commons([HERE], "me", api=f"{there.address}/api", web=web(waited))
    more = Answer({"query": {}, "continue": {"cocontinue": "x"}})
    there.says("/api", more)
    with pytest.raises(SourceError, match="never said before"):
        source.page(None)
    assert len(there.asked) == 2
    there.says("/api", *(Answer({"query": {}, "continue": {"cocontinue": str(n)}}) for n in range(20)))
    with pytest.raises(SourceError, match="never said before"):
        source.page(None)
    assert len(there.asked) == 2 + 5


def test_centres_are_asked_one_after_the_other_and_go_on_where_they_stopped(
    there: Service, waited: list[float]
) -> None:
    there.says("/api", Answer({"batchcomplete": True}))
    source = Commons([HERE, Point(1, 2)], "me", api=f"{there.address}/api", web=web(waited))
    assert source.page(None) == ([], {"centre": 1})
    assert source.page({"centre": 1}) == ([], None)
    assert [each.words["ggscoord"] for each in there.asked] == ["48.10000|11.50000", "1.00000|2.00000"]


def test_of_a_crowded_centre_some_are_chosen_by_chance_the_same_each_time(there: Service, waited: list[float]) -> None:
    pages = [file(there, number) for number in range(1, 30)]
    one, same = (found(there, waited, *pages, each=3, seed=5) for _ in range(2))
    other = found(there, waited, *pages, each=3, seed=6)
    names = [[each.name for each in some if isinstance(each, Item)] for some in (one, same, other)]
    assert len(names[0]) == 3
    assert names[0] == names[1] != names[2]


def test_a_lagging_service_is_asked_again_when_it_says_so(there: Service, waited: list[float]) -> None:
    there.says(
        "/api",
        Answer({"error": {"code": "maxlag", "lag": 9}}, headers={"Retry-After": "7"}),
        Answer(b"busy", status=429, headers={"Retry-After": "3"}),
        Answer(b"gone fishing", status=503),
        Answer({"query": {"pages": [file(there)]}}),
    )
    entries, _ = Commons([HERE], "me", api=f"{there.address}/api", web=web(waited)).page(None)
    assert len(entries) == 1
    assert waited == [7.0, 3.0, 4.0]


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ([Answer(b"<html>Sorry</html>")], "no JSON"),
        ([Answer({"query": {"pages": []}}, cut=True)], "5 tries"),
        ([Answer(status=503)], "5 tries"),
        ([Answer(status=403)], "HTTP 403"),
        ([Answer(status=500)], "out of order"),
        ([Answer(status=302, headers={"Location": "http://localhost:9/api"})], "another host"),
        ([Answer({"error": {"code": "badvalue"}})], "badvalue"),
        ([Answer({"error": "out of lemons"})], "out of lemons"),
        ([Answer([])], "never said before"),
        ([Answer(b"null")], "never said before"),
        ([Answer({"hello": 1})], "never said before"),
        ([Answer({"query": None})], "never said before"),
        ([Answer({"query": []})], "never said before"),
        ([Answer({"query": {"pages": {"1": {}}}})], "never said before"),
        ([Answer({"query": {}, "continue": "x"})], "never said before"),
        ([Answer(b'{"query": {"pages": [NaN]}}')], "no JSON"),
        ([Answer(b"[" * 100_000)], "no JSON"),
    ],
)
def test_a_service_that_makes_no_sense_is_given_up_with_a_sentence(
    there: Service, waited: list[float], answers: list[Answer], words: str
) -> None:
    there.says("/api", *answers)
    with pytest.raises(SourceError, match=words):
        Commons([HERE], "me", api=f"{there.address}/api", web=web(waited)).page(None)


@pytest.mark.parametrize(
    ("answer", "words"),
    [(Answer(status=404), "404"), (Answer(status=503), "5 tries"), (Answer(jpeg(), cut=True), "5 tries")],
)
def test_a_file_that_does_not_come_is_that_files_trouble_alone(
    there: Service, waited: list[float], answer: Answer, words: str
) -> None:
    there.says("/1.jpg", answer)
    with pytest.raises(Unusable, match=words):
        web(waited).picture(f"{there.address}/1.jpg")


@pytest.mark.parametrize(
    "address", ["file:///etc/passwd", "None", "http://[", "http://x:y/", "http://x/ü", "http://x/ y"]
)
def test_a_file_is_fetched_by_an_address_of_the_web_alone(waited: list[float], address: str) -> None:
    with pytest.raises(Unusable, match="none of the web's"):
        web(waited).picture(address)
    assert waited == []


def test_a_file_that_leads_to_another_host_is_not_asked_for_again(there: Service, waited: list[float]) -> None:
    there.says("/1.jpg", Answer(status=302, headers={"Location": "http://localhost:9/1.jpg"}))
    with pytest.raises(Unusable, match="another host"):
        web(waited).picture(f"{there.address}/1.jpg")
    assert (len(there.asked), waited) == (1, [])


def test_what_drips_for_ever_is_not_waited_for(
    there: Service, waited: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("geogame.sources.web.LONGEST_S", 0.2)
    monkeypatch.setattr("geogame.sources.web.TRIES", 1)
    there.says("/1.jpg", Answer(bytes(10_000), drips=0.02))
    with pytest.raises(Unusable, match="did not come"):
        web(waited).picture(f"{there.address}/1.jpg")


def test_after_the_last_try_nobody_waits(there: Service, waited: list[float]) -> None:
    there.says("/api", Answer(status=503))
    with pytest.raises(SourceError, match="The service gives no answer"):
        web(waited).ask(f"{there.address}/api")
    assert (len(there.asked), waited) == (5, [1.0, 2.0, 4.0, 8.0])


def test_a_grid_leaves_no_place_of_its_area_out() -> None:
    area = commons.box(46.0, 178.5, 47.0, -179.5)  # across the 180th meridian
    centres = commons.grid(area)
    for lat in (46.0, 46.37, 47.0):
        for lng in (178.5, 179.99, -180.0, -179.5):
            assert min(distance_km(Point(lat, lng), each) for each in centres) <= 10.01
    with pytest.raises(SourceError, match="too large"):
        commons.grid(commons.box(-35, -20, 37, 50))


@pytest.mark.parametrize(
    "corners", [(1, 0, 1, 2), (0, 0, 91, 1), (0, -181, 1, 1), (0, 5, 1, 5), (float("nan"), 0, 1, 1)]
)
def test_a_box_of_nonsense_is_refused(corners: tuple[float, float, float, float]) -> None:
    with pytest.raises(SourceError, match="south, west, north, east"):
        commons.box(*corners)


def test_towns_of_a_continent_come_in_a_random_order_that_a_seed_repeats() -> None:
    africa = commons.towns("+AF", seed=1, count=50)
    assert len(set(africa)) == 50
    assert all(-36 < each.lat < 38 and -26 < each.lng < 58 for each in africa)
    assert africa == commons.towns("+AF", seed=1, count=50) != commons.towns("+AF", seed=2, count=50)
    assert all(41 < each.lat < 51.5 for each in commons.towns("fr", seed=1, count=30))
    with pytest.raises(SourceError, match="no country"):
        commons.towns("XX", seed=1)


def image(there: Service, number: int = 7, **changed: Any) -> dict[str, Any]:
    return {
        "id": str(number), "captured_at": 1507560881000, "compass_angle": 200.9, "sequence": "s", "is_pano": False,
        "geometry": {"type": "Point", "coordinates": [11.5, 48.1]},
        "computed_geometry": {"type": "Point", "coordinates": [11.5001, 48.1001]},
        "thumb_2048_url": f"{there.address}/t.jpg", "creator": {"username": "wanderer", "id": "1"},
    } | changed  # fmt: skip


SMALL = Box(48.0, 11.0, 48.05, 11.05)


def streets(there: Service, waited: list[float], area: Box = SMALL) -> Mapillary:
    return Mapillary(area, "secret", api=there.address, web=web(waited))


def test_mapillary_gives_photos_at_their_computed_places(there: Service, waited: list[float]) -> None:
    there.says("/images", Answer({"data": [image(there)]}))
    (item,), rest = streets(there, waited).page(None)
    assert isinstance(item, Item)
    assert item.taken_at == datetime(2017, 10, 9, 14, 54, 41, tzinfo=UTC)
    assert (item.name, item.place, rest) == ("7.jpg", Point(48.1001, 11.5001), None)
    assert (item.words["credit"], item.words["licence"]) == ("wanderer / Mapillary", "CC BY-SA 4.0")
    assert there.asked[0].words["bbox"] == "11.000000,48.000000,11.050000,48.050000"
    assert there.asked[0].headers["Authorization"] == "OAuth secret"
    assert "secret" not in str(there.asked[0].words)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"is_pano": True}, "panorama"),
        ({"geometry": None, "computed_geometry": None}, "no place"),
        ({"thumb_2048_url": None}, "no file"),
        ({"computed_geometry": {"coordinates": ["x", None]}}, "no place"),
        ({"computed_geometry": {"coordinates": [11.5, 148.1]}}, "148"),
        ({"computed_geometry": "x"}, "no place"),
        ({"computed_geometry": {"coordinates": [10**400, 148.1]}}, "makes no sense"),
        ({"creator": "wanderer"}, "makes no sense"),
    ],
)
def test_what_mapillary_has_no_photo_of_is_refused(
    there: Service, waited: list[float], changed: dict[str, Any], words: str
) -> None:
    there.says("/images", Answer({"data": [image(there, **changed)]}))
    (refusal,), _ = streets(there, waited).page(None)
    assert isinstance(refusal, Refusal)
    assert words in str(refusal.reason)


@pytest.mark.parametrize("when", [None, 0, -5, "yesterday", 10**30, []])
def test_a_time_that_is_none_loses_no_photo(there: Service, waited: list[float], when: Any) -> None:
    there.says("/images", Answer({"data": [image(there, captured_at=when)]}))
    (item,), _ = streets(there, waited).page(None)
    assert isinstance(item, Item)
    assert item.taken_at is None


@pytest.mark.parametrize("entry", ["x", None, 7, [], {}])
def test_what_mapillary_has_in_place_of_a_photo_is_refused(there: Service, waited: list[float], entry: Any) -> None:
    there.says("/images", Answer({"data": [entry, image(there)]}))
    (refusal, item), _ = streets(there, waited).page(None)
    assert isinstance(item, Item)
    assert isinstance(refusal, Refusal)
    assert refusal.file == "?.jpg"


@pytest.mark.parametrize("status", [400, 401, 403])
def test_a_token_that_is_refused_is_what_is_asked_about(there: Service, waited: list[float], status: int) -> None:
    there.says("/images", Answer({"error": {"code": 190}}, status=status))
    with pytest.raises(SourceError, match=rf"HTTP {status}.*Is the token right"):
        streets(there, waited).page(None)


def test_a_box_that_is_too_dense_is_cut_in_four_and_never_taken_for_empty(there: Service, waited: list[float]) -> None:
    error = {"error": {"message": "Please reduce the amount of data you're asking for, then retry your request"}}
    there.says("/images", Answer(error, status=500), Answer({"data": [image(there)]}))
    source, names, cursor = streets(there, waited), list[str](), None
    while True:
        entries, cursor = source.page(cursor)
        names += [each.name for each in entries if isinstance(each, Item)]
        if cursor is None:
            break
    assert len(names) == 4
    boxes = [[float(each) for each in asked.words["bbox"].split(",")] for asked in there.asked]
    area = sum((east - west) * (north - south) for west, south, east, north in boxes[1:])
    assert area == pytest.approx(0.05 * 0.05)


def test_an_answer_as_long_as_can_be_is_asked_for_again_in_parts(
    there: Service, waited: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mapillary, "LIMIT", 2)
    there.says("/images", Answer({"data": [image(there, 1), image(there, 2)]}))
    entries, cursor = streets(there, waited).page(None)
    assert entries == []
    assert cursor is not None
    assert len(cursor["boxes"]) == 4  # type: ignore[arg-type]


def test_a_service_that_is_always_too_dense_is_given_up(there: Service, waited: list[float]) -> None:
    there.says("/images", Answer(status=500))
    source = streets(there, waited)

    def ask_on() -> None:
        cursor = None
        for _ in range(100):
            _, cursor = source.page(cursor)

    with pytest.raises(SourceError, match="few metres"):
        ask_on()


@pytest.mark.parametrize("said", [{"nothing": 1}, [], {"data": "x"}])
def test_an_answer_of_another_shape_is_no_empty_one(there: Service, waited: list[float], said: Any) -> None:
    there.says("/images", Answer(said))
    with pytest.raises(SourceError, match="never said before"):
        streets(there, waited).page(None)


def test_an_area_is_cut_into_boxes_that_mapillary_takes() -> None:
    boxes = list(mapillary.pieces(Box(-1.0, 179.5, 0.0, -179.5)))
    assert all(each.west < each.east and (each.east - each.west) * (each.north - each.south) < 0.01 for each in boxes)
    assert sum((each.east - each.west) * (each.north - each.south) for each in boxes) == pytest.approx(1.0)
    with pytest.raises(SourceError, match="too large"):
        list(mapillary.pieces(Box(-40, -20, 40, 60)))


def test_mapillary_wants_a_token() -> None:
    with pytest.raises(SourceError, match="MAPILLARY_TOKEN"):
        Mapillary(SMALL, "").page(None)
