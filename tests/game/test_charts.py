"""The charts: each draws whatever there is, in both themes and sizes, with words that can be read."""

import copy
import io
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image, ImageColor

from geogame import charts, comparisons, findings
from geogame.charts.easel import COLOURS
from geogame.evidence import Evidence
from geogame.statistics import calibration
from geogame.statistics.duels import Duels
from geogame.statistics.report import report

SVG = "{http://www.w3.org/2000/svg}"
LABELS = {
    "wins": "of the decided duels were won by people",
    "medians": "2016",
    "curves": "at most so far from the place",
    "thresholds": "continent",
    "pairs": "the last ",
    "map": "people won more",
    "crowds": "as good as the machine",
    "calibration": "how probable it held it to be",
}


def live(report: dict[str, Any]) -> dict[str, Any]:
    """The same as anybody may watch it: sealed by no experiment."""
    told = copy.deepcopy(report)
    comparisons.leave_out_what_holds_once(told)
    for each in told["crowds"]["crowds"]:
        each["interval"] |= {"low": None, "high": None}
    return told | {"crowds": told["crowds"] | {"at_least": None, "at_most": None}}


def world(n: int) -> dict[str, Any]:
    """Return the report of n duels: ten people, a quarter as many places, some answers missing."""
    rng = np.random.default_rng(n)
    places = max(1, n // 4)
    exhibit, person = rng.integers(0, places, n), rng.integers(0, 10, n)
    person_km = np.where(rng.random(n) < 0.1, np.inf, rng.uniform(0.0001, 20_000, n))
    duels = Duels(person, exhibit, np.arange(n), person_km, rng.uniform(0.0001, 20_000, places)[exhibit])
    lat, lng = rng.uniform(-60, 80, places)[exhibit], rng.uniform(-180, 180, places)[exhibit]
    given = np.isfinite(person_km)
    here = Evidence(
        duels, np.where(given, lat, np.nan), np.where(given, lng, np.nan), lat, lng, duels.round, duels.round
    )
    said = rng.random(n)
    bins = [calibration.reliability(said, rng.random(n) < said)] if n else []
    told = report(duels, 1, 200).as_dict() | {
        "curves": comparisons._curves(duels),
        "pairs": comparisons._pairs(duels),
        "machine": None,
        "map": comparisons._map(here),
        "crowds": comparisons._crowds(here, 60),
        "calibration": {"200": {"bins": [vars(each) | {"interval": vars(each.interval)} for each in bins[0]]}}
        if bins
        else None,
    }
    return dict(comparisons.plain(told))


WORLDS = {"empty": world(0), "of one duel": world(1), "of a few": world(7), "large": world(900)}
WORLDS["live"] = live(WORLDS["large"])


@pytest.mark.parametrize("name", list(charts.CHARTS))
@pytest.mark.parametrize(
    ("size", "theme", "narrow"),
    [
        ("empty", "dark", True), ("of one duel", "light", False), ("of a few", "dark", True), ("large", "light", True),
        ("large", "dark", False), ("live", "light", True), ("live", "dark", False),
    ],
)  # fmt: skip
def test_each_chart_draws_whatever_there_is(name: str, size: str, theme: str, narrow: bool) -> None:
    drawn = charts.draw(name, WORLDS[size], "svg", theme, narrow=narrow, title="A <title> & more")
    svg = ElementTree.fromstring(drawn)
    words = "\n".join(node.text or "" for node in svg.iter(f"{SVG}text"))
    assert LABELS[name] in words or "Street View" in words
    assert svg.findtext(f"{SVG}title") == "A <title> & more"
    width, _height = charts.CHARTS[name].narrow if narrow else charts.CHARTS[name].wide
    assert float(svg.attrib["width"].removesuffix("pt")) == pytest.approx(width * 0.75)
    assert b"DejaVu" not in drawn  # the reader's own font
    assert b"http" not in drawn.split(b"</metadata>")[1].replace(b"http://www.w3.org", b"")


def test_a_theme_changes_the_colours_and_nothing_else() -> None:
    dark, light = (charts.draw("curves", WORLDS["large"], "svg", theme, narrow=False) for theme in ("dark", "light"))
    for theme, drawn in (("dark", dark), ("light", light)):
        assert COLOURS[theme]["people"].encode() in drawn
        assert COLOURS[theme]["machine"].encode() in drawn
    assert COLOURS["dark"]["people"].encode() not in light
    assert len(dark) == len(light)


@pytest.mark.parametrize(("kind", "begins"), [("png", b"\x89PNG"), ("pdf", b"%PDF")])
def test_a_chart_can_be_taken_along(kind: str, begins: bytes) -> None:
    assert charts.draw("medians", WORLDS["large"], kind, "light", narrow=False).startswith(begins)


@pytest.mark.parametrize("name", list(charts.CHARTS))
def test_a_chart_that_is_taken_along_says_what_it_shows_of_what_and_when(name: str) -> None:
    caption = [
        "What it shows: a sentence that is so long that it has to be broken, more than once " * 2,
        "As of round 5",
    ]
    plain, saved = (
        ElementTree.fromstring(charts.draw(name, WORLDS["large"], "svg", "light", narrow=False, caption=words))
        for words in ((), caption)
    )
    words = " ".join(node.text or "" for node in saved.iter(f"{SVG}text"))
    assert " ".join(caption[0].split()) in words
    assert "As of round 5" in words
    assert float(saved.attrib["height"].removesuffix("pt")) > float(plain.attrib["height"].removesuffix("pt")) + 24
    assert LABELS[name] in words or "Street View" in words  # the drawing is there as ever


@pytest.mark.parametrize(("narrow", "shown"), [(True, 25), (False, 50)])
def test_a_chart_says_how_many_duels_it_shows(narrow: bool, shown: int) -> None:
    drawn = charts.draw("pairs", WORLDS["large"], "svg", "light", narrow=narrow)
    assert f"the last {shown} duels".encode() in drawn


def test_a_picture_that_is_taken_along_has_a_ground() -> None:
    for theme in ("dark", "light"):
        picture = Image.open(io.BytesIO(charts.draw("wins", WORLDS["large"], "png", theme, narrow=False))).convert(
            "RGBA"
        )
        assert picture.getpixel((1, 1)) == (*ImageColor.getrgb(COLOURS[theme]["raised"]), 255)


def test_who_won_is_drawn_with_the_one_interval_that_the_report_has() -> None:
    watched, sealed = (charts.draw("wins", WORLDS[name], "svg", "dark", narrow=False) for name in ("live", "large"))
    assert b"mean by game" in watched
    assert b"mean by game" not in sealed


def test_crowds_are_drawn_with_intervals_where_one_look_was_agreed_on_only() -> None:
    watched, sealed = (charts.draw("crowds", WORLDS[name], "svg", "dark", narrow=False) for name in ("live", "large"))
    tried = WORLDS["large"]["crowds"]["crowds"]
    assert sealed.count(b"stroke-opacity: 0.5") - watched.count(b"stroke-opacity: 0.5") == len(tried) > 2


def test_the_same_report_gives_the_same_bytes() -> None:
    first, second = (charts.draw("pairs", WORLDS["large"], "svg", "dark", narrow=True) for _ in range(2))
    assert first == second


def test_every_chart_has_words_and_every_word_a_chart() -> None:
    assert {each.name for each in findings.all_of(WORLDS["large"])} == set(charts.CHARTS)


@pytest.mark.parametrize("size", list(WORLDS))
def test_words_are_found_for_whatever_there_is(size: str) -> None:
    for each in findings.all_of(WORLDS[size]):
        assert each.sentence.endswith(".")
        assert all(len(row) == len(each.head) for row in each.rows)
        assert not {"nan", "inf", "None"} & {cell for row in each.rows for cell in row}
