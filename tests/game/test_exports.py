"""Exports: three formats that agree, streamed, for staff alone, with every column explained."""

import asyncio
import csv
import html
import io
import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from geogame import asgi, comparisons
from geogame.export import columns, facts, formats
from geogame.export.dictionary import Column
from geogame.export.downloads import Download
from geogame.export.facts import Page
from geogame.export.pseudonyms import pseudonym
from geogame.formulas import MARKS
from geogame.models import Experiment, Game, Person, PhotoSet, Player
from geogame.selections import Selection
from tests.conftest import NOON
from tests.game.test_asgi import Request
from tests.game.test_records import Says, play_game

Rows = list[dict[str, Any]]
LATER = NOON + timedelta(days=365)


@pytest.fixture
def _played(toy_set: PhotoSet, ana: Person, ben: Person, machine_says: Says) -> None:
    """Ana in a class, Ben with a name that is a formula; a missing answer on either side."""
    Person.objects.filter(pk=ana.pk).update(group="+5b")
    ben.name = '=HYPERLINK("x")'
    ben.save()
    toy_set.photos.update(extra={"scene": "street", "country": "DE"})
    play_game(toy_set, ana, [1, None, 3], [2, 3, None], machine_says)
    play_game(toy_set, ben, [0.5], [8], machine_says)


@pytest.fixture
def staff(db: None) -> Client:
    browser = Client()
    browser.force_login(get_user_model().objects.create_superuser("boss"))
    return browser


def written(kind: str, **selected: Any) -> bytes:
    pages = facts.pages(Selection(**selected), LATER)
    return b"".join(formats.FORMATS[kind].parts(columns.COLUMNS, pages))


def read_csv(content: bytes) -> Rows:
    """Read CSV with the dictionary in hand: empty is no value, and a text may bear an apostrophe."""
    reads = {
        "string": lambda text: text.removeprefix("'"),
        "integer": int,
        "number": float,
        "boolean": lambda text: text == "true",
        "datetime": datetime.fromisoformat,
    }
    kinds = {each.name: each.kind for each in columns.COLUMNS}
    rows = csv.DictReader(io.StringIO(content.decode(), newline=""))
    return [{name: reads[kinds[name]](text) if text else None for name, text in row.items()} for row in rows]


def read_ndjson(content: bytes) -> Rows:
    rows = [json.loads(line) for line in content.splitlines()]
    return [_no_empty_text({**row, "created": datetime.fromisoformat(row["created"])}) for row in rows]


def read_parquet(content: bytes) -> Rows:
    return [_no_empty_text(row) for row in pyarrow.parquet.read_table(io.BytesIO(content)).to_pylist()]


def _no_empty_text(row: dict[str, Any]) -> dict[str, Any]:
    return {name: None if value == "" else value for name, value in row.items()}


@pytest.mark.usefixtures("_played")
def test_the_three_formats_say_the_same_row_by_row() -> None:
    rows = read_csv(written("csv"))
    assert len(rows) == 8
    assert rows == read_ndjson(written("ndjson")) == read_parquet(written("parquet"))


@pytest.mark.usefixtures("_played")
def test_a_row_tells_of_set_photo_and_group() -> None:
    mine = read_csv(written("csv"))[1]
    assert (mine["scene"], mine["country"], mine["group"], mine["domain"]) == ("street", "DE", "+5b", "toy-earth")
    assert (mine["experiment"], mine["voided"], mine["looked_away"], mine["time_limit_s"]) == (None, False, None, 60)


@pytest.mark.usefixtures("_played")
def test_no_cell_is_run_by_a_spreadsheet() -> None:
    for row in csv.reader(io.StringIO(written("csv").decode(), newline="")):
        for cell in row:
            assert not cell.startswith(MARKS) or float(cell) < 0, cell


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@x", "\t=1", "\r=1", "\n=1", "＝1"])
def test_a_text_that_would_be_run_gets_an_apostrophe(text: str) -> None:
    assert formats._text(text) == f"'{text}".replace("\r", "\n")  # a lone CR would end the row


@pytest.mark.usefixtures("_played")
def test_people_are_called_by_the_same_pseudonym_everywhere_and_machines_by_their_name(ana: Person) -> None:
    everything = written("ndjson").decode()
    assert "Ana" not in everything
    assert "HYPERLINK" not in everything
    assert str(ana.key) not in everything
    names = {row["player"] for row in read_ndjson(written("ndjson"))}
    assert len(names) == 3
    assert {pseudonym(ana.pk), "PlaNet"} < names


def test_a_pseudonym_follows_from_the_installations_secret(settings: Any) -> None:
    here = pseudonym(1)
    assert here != pseudonym(2)
    settings.SECRET_KEY = "another"
    assert pseudonym(1) != here


@pytest.mark.usefixtures("_played")
def test_names_are_told_to_who_asks_for_them(capsys: pytest.CaptureFixture[str], staff: Client) -> None:
    call_command("export_rounds", "--names")
    assert "Ana" in capsys.readouterr().out
    assert "Ana" in staff.get("/export/rounds.csv?names=1").getvalue().decode()


@pytest.mark.usefixtures("_played")
def test_a_voided_seat_is_left_out_unless_asked_for(staff: Client, ana: Person) -> None:
    Player.objects.filter(person=ana).update(voided_at=NOON, void_reason="two people played")
    assert {row["voided"] for row in read_csv(written("csv"))} == {False}
    rows = read_csv(staff.get("/export/rounds.csv?voided=1").getvalue())
    assert [row["player"] for row in rows if row["voided"]] == [pseudonym(ana.pk)] * 3


@pytest.mark.usefixtures("_played")
def test_an_experiment_is_not_told_before_its_sealed_number_is_reached(toy_set: PhotoSet) -> None:
    running = Experiment.objects.create(slug="e", name="E", photo_set=toy_set, opponent="planet", weights="w")
    Game.objects.filter(players__name="Ana").update(experiment=running)
    assert len(read_csv(written("csv"))) == 2
    Experiment.objects.update(finished_at=NOON)
    assert {row["experiment"] for row in read_csv(written("csv"))} == {None, "e"}


@pytest.mark.usefixtures("_played")
def test_the_export_keeps_to_scene_group_and_experiment(capsys: pytest.CaptureFixture[str]) -> None:
    def kinds(*options: str) -> list[str]:
        call_command("export_rounds", "--format", "ndjson", *options)
        return [json.loads(line)["kind"] for line in capsys.readouterr().out.splitlines()]

    assert kinds("--country", "DE").count("human") == 4
    assert kinds("--group", "+5b").count("human") == 3
    for option, words in (
        ("--experiment", "no experiment"), ("--scene", "no photograph is of the scene none. Scenes here: street"),
        ("--country", "Countries here: DE"), ("--group", r"no group none. Groups here: \+5b"),
        ("--opponent", "No machine none has played here. Machines here: planet@0123456789ab"),
        ("--weights", "No machine none"),
    ):  # fmt: skip
        with pytest.raises(CommandError, match=f"(?i){words}"):
            kinds(option, "none")


def test_of_a_trip_the_last_photo_tells_scene_and_country_to_filters_and_columns_alike(
    toy_set: PhotoSet, ana: Person, machine_says: Says
) -> None:
    """The way leads from a street in Germany into a room in France, whose place is that of the round."""
    first, last, other = toy_set.photos.order_by("pk")
    for photo, scene, country in ((first, "street", "DE"), (last, "room", "FR"), (other, "street", "FR")):
        photo.extra = {"scene": scene, "country": country}
        photo.save()
    trip = first.exhibits.get()
    trip.photos.add(last, through_defaults={"position": 2})
    last.exhibits.exclude(pk=trip.pk).delete()
    play_game(toy_set, ana, [1, 2], [3, 4], machine_says)
    alone = other.exhibits.get()
    for scene, country, exhibits in (("room", "", {trip.pk}), ("street", "", {alone.pk}), ("street", "DE", set()),
                                     ("", "FR", {trip.pk, alone.pk})):  # fmt: skip
        rows = read_csv(written("csv", scene=scene, country=country))
        assert {row["exhibit"] for row in rows} == exhibits
        assert all(row["scene"] == scene or not scene for row in rows)
        assert all(row["country"] == country or not country for row in rows)
    assert comparisons.choices()["country"] == ["FR"]


def test_rounds_that_closed_at_the_same_moment_are_told_once(
    toy_set: PhotoSet, ana: Person, machine_says: Says, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Readings of one round at a time, where three closed together."""
    play_game(toy_set, ana, [1, 2, 3], [2, 2, 2], machine_says)
    monkeypatch.setattr(facts, "FIRST_ROUNDS", 1)
    monkeypatch.setattr(facts, "MOST_ROUNDS", 1)
    assert sorted(row["round"] for row in read_csv(written("csv"))) == [1, 1, 2, 2, 3, 3]


def test_an_empty_record_gives_a_header_and_no_rows(db: None) -> None:
    assert written("csv").decode() == ",".join(each.name for each in columns.COLUMNS) + "\n"
    assert written("ndjson") == b""
    table = pyarrow.parquet.read_table(io.BytesIO(written("parquet")))
    assert (table.num_rows, table.num_columns) == (0, len(columns.COLUMNS))


# One data dictionary


def test_every_column_is_explained_with_type_and_version(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("export_rounds", "--dictionary")
    told = capsys.readouterr().out
    for each in columns.COLUMNS:
        assert f"| `{each.name}` | {each.kind} | {each.unit} | {each.since} | {each.meaning} |" in told
        assert each.meaning.endswith(".")
        assert 1 <= each.since <= columns.VERSION
    assert len({each.name for each in columns.COLUMNS}) == len(columns.COLUMNS)


@pytest.mark.usefixtures("_played")
def test_the_parquet_file_explains_its_columns_too() -> None:
    schema = pyarrow.parquet.read_schema(io.BytesIO(written("parquet")))
    assert schema.names == [each.name for each in columns.COLUMNS]
    assert [field.metadata[b"description"].decode() for field in schema] == [each.meaning for each in columns.COLUMNS]


def test_columns_are_only_added_at_the_end() -> None:
    assert [each.since for each in columns.COLUMNS] == sorted(each.since for each in columns.COLUMNS)
    assert [each.name for each in columns.COLUMNS if each.since == 1][-2:] == [
        "prediction_seconds",
        "prediction_device",
    ]


# For staff alone


@pytest.mark.parametrize("address", ["/export/", "/export/rounds.csv", "/export/rounds.parquet?names=1"])
def test_nobody_but_staff_gets_an_export(address: str, db: None) -> None:
    player = Client()
    player.force_login(get_user_model().objects.create_user("ana"))
    for browser in (Client(), player):
        answer = browser.get(address)
        assert answer.status_code == 302
        assert answer["Location"].startswith("/admin/login/")


@pytest.mark.usefixtures("_played")
@pytest.mark.parametrize("kind", list(formats.FORMATS))
def test_staff_download_each_format(kind: str, staff: Client) -> None:
    answer = staff.get(f"/export/rounds.{kind}?set=toy")
    assert answer.getvalue() == written(kind)
    assert answer["Content-Type"] == formats.FORMATS[kind].content_type
    assert answer["Content-Disposition"].endswith(f'.{kind}"')
    assert "no-store" in answer["Cache-Control"]


def test_an_unknown_format_or_set_is_named(staff: Client) -> None:
    assert staff.get("/export/rounds.xlsx").status_code == 404
    answer = staff.get("/export/rounds.csv?set=Mars")
    assert answer.status_code == 400
    assert "There is no photo set Mars" in answer.content.decode()


@pytest.mark.usefixtures("_played")
@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("set=Mars", "There is no photo set Mars"), ("group=7b", "There is no group 7b. Groups here: +5b"),
        ("scene=sea", "Scenes here: street"), ("opponent=nobody@1", "No machine nobody@1 has played here"),
        ("since=2026-03-02&until=2026-03-01", "ends before it begins"), ("since=soon", "soon is no date"),
        ("photo_set=toy", "Nothing can be chosen by photo_set. By these it can: experiment, set"),
    ],
)  # fmt: skip
def test_what_is_not_there_is_refused_and_not_exported_as_everything_or_as_nothing(
    query: str, words: str, staff: Client
) -> None:
    page, file = staff.get(f"/export/?{query}"), staff.get(f"/export/rounds.csv?{query}")
    assert (page.status_code, file.status_code) == (400, 400)
    assert words in html.unescape(page.content.decode())
    assert words in file.content.decode()
    assert "/export/rounds.csv" not in page.content.decode()


def test_the_admin_leads_to_the_export_and_the_page_hands_the_selection_on(staff: Client, toy_set: PhotoSet) -> None:
    assert "/export/" in staff.get("/admin/geogame/game/").content.decode()
    Person.objects.create(group='a"b')
    page = staff.get("/export/?set=toy&group=a%22b").content.decode()
    assert "/export/rounds.parquet?set=toy&amp;group=a%22b" in page
    assert all(each.name in page for each in columns.COLUMNS)


# Streamed


def test_the_first_bytes_come_before_the_first_query(toy_set: PhotoSet) -> None:
    for kind in ("csv", "parquet"):
        with CaptureQueriesContext(connection) as asked:
            assert next(formats.FORMATS[kind].parts(columns.COLUMNS, facts.pages(Selection(), LATER)))
        assert len(asked) == 0


@pytest.mark.parametrize("kind", list(formats.FORMATS))
def test_rows_are_handed_on_while_more_are_to_be_read(
    kind: str, toy_set: PhotoSet, ana: Person, machine_says: Says, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("geogame.export.parquet.GROUP_ROWS", 1)
    play_game(toy_set, ana, [1], [2], machine_says)
    (page,) = facts.pages(Selection(), LATER)
    taken = 0

    def endless() -> Iterator[Page]:
        nonlocal taken
        while True:
            taken += 1
            yield page

    parts = formats.FORMATS[kind].parts(columns.COLUMNS, endless())
    for _ in range(3):
        assert next(parts)
    assert taken <= 3


class Slow:
    """Parts of a download: each waits until the test lets it go."""

    def __init__(self, parts: int) -> None:
        self.left, self.closed = parts, False

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        if not self.left:
            raise StopIteration
        self.left -= 1
        return b"row\n"

    def close(self) -> None:
        self.closed = True


class Stays(Request):
    """Is there to the end."""

    async def receive(self) -> dict[str, Any]:
        if not self.parts:
            await asyncio.sleep(3600)
        return await super().receive()


class Watched(Request):
    """Notes how much was still to be made when the first part arrived, and stays connected."""

    def __init__(self, slow: Slow, leaves_after: int | None = None) -> None:
        super().__init__("/export/rounds.csv")
        self.slow, self.left, self.leaves_after = slow, list[int](), leaves_after

    async def receive(self) -> dict[str, Any]:
        if self.parts:
            return await super().receive()
        while self.leaves_after is None or len(self.sent) <= self.leaves_after:
            await asyncio.sleep(0.01)
        return {"type": "http.disconnect"}

    async def send(self, message: dict[str, Any]) -> None:
        await super().send(message)
        self.left.append(self.slow.left)
        if self.leaves_after is not None and len(self.sent) > self.leaves_after:
            await asyncio.sleep(0.1)


def _answer_with(slow: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asgi.noting_arrival, "get_response", lambda request: Download(slow, "text/csv", "rounds.csv"))


@pytest.mark.django_db(transaction=True)
async def test_the_server_sends_a_download_while_it_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    slow = Slow(5)
    _answer_with(slow, monkeypatch)
    asks = Watched(slow)
    assert await asks.answered() == 200
    assert asks.body == b"row\n" * 5
    assert asks.left[:3] == [5, 4, 3]
    assert asks.sent[-1]["more_body"] is False
    assert slow.closed


@pytest.mark.django_db(transaction=True)
async def test_a_download_ends_when_the_browser_has_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    slow = Slow(10_000)
    _answer_with(slow, monkeypatch)
    asks = Watched(slow, leaves_after=2)
    await asks.answered()
    assert slow.left > 9_900
    assert slow.closed
    assert all(message.get("more_body", True) for message in asks.sent)


@pytest.mark.django_db(transaction=True)
async def test_downloads_take_no_place_from_players(monkeypatch: pytest.MonkeyPatch) -> None:
    """As many downloads as there are threads, none of which gets on: a page is answered nevertheless."""

    class Stuck(Stays):
        async def send(self, message: dict[str, Any]) -> None:
            await super().send(message)
            if message["type"] == "http.response.body":
                await asyncio.sleep(3600)

    with monkeypatch.context() as patch:
        _answer_with(Slow(10**9), patch)
        tasks = [asyncio.create_task(Stuck().answered(3600)) for _ in range(2 * asgi.AT_ONCE)]
        await asyncio.sleep(0.3)
    assert await Request().answered() == 200
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


@pytest.mark.django_db(transaction=True)
async def test_what_breaks_off_does_not_look_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks() -> Iterator[bytes]:
        yield b"row\n"
        raise RuntimeError("the database has gone")

    _answer_with(breaks(), monkeypatch)
    asks = Watched(Slow(1))
    with pytest.raises(RuntimeError):
        await asks.answered()
    assert asks.body == b"row\n"
    assert all(message.get("more_body", True) for message in asks.sent)


@pytest.mark.django_db(transaction=True)
async def test_staff_get_all_rows_through_the_whole_site(
    toy_set: PhotoSet, ana: Person, machine_says: Says, staff: Client
) -> None:
    await sync_to_async(play_game)(toy_set, ana, [1, 2], [2, 1], machine_says)
    cookies = "; ".join(f"{name}={morsel.value}" for name, morsel in staff.cookies.items())
    asks = Stays("/export/rounds.csv", cookie=cookies)
    assert await asks.answered() == 200
    assert asks.body == await sync_to_async(written)("csv")


@pytest.mark.usefixtures("_played")
def test_the_command_writes_parquet_to_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("export_rounds", "--format", "parquet", "--output", str(tmp_path / "rounds.parquet"))
    assert "8 rows written" in capsys.readouterr().out
    assert pyarrow.parquet.read_table(tmp_path / "rounds.parquet").num_rows == 8


def test_a_wrong_name_costs_no_file(toy_set: PhotoSet, tmp_path: Path) -> None:
    (tmp_path / "kept.csv").write_text("mine")
    with pytest.raises(CommandError, match="no photo set"):
        call_command("export_rounds", "--set", "Mars", "--output", str(tmp_path / "kept.csv"))
    assert (tmp_path / "kept.csv").read_text() == "mine"


def test_a_lone_carriage_return_ends_no_row() -> None:
    column = Column("country", "string", "", "where it is", 1, lambda row: row)
    (_, part) = formats.csv_parts([column], [["Peru\r=2+2", "\r=3", "plain"]])
    assert list(csv.reader(io.StringIO(part.decode(), newline=""))) == [["Peru\n=2+2"], ["'\n=3"], ["plain"]]
