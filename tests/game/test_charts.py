"""The charts: each draws whatever there is, in both themes and sizes, with words that can be read."""

from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

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
    "pairs": "the last duels, oldest first",
    "map": "people won more",
    "crowds": "as good as the machine",
    "calibration": "how probable it held it to be",
}


def world(n: int) -> dict[str, Any]:
    """Return the report of n duels: ten people, a quarter as many places, some answers missing."""
    rng = np.random.default_rng(n)
    places = max(1, n // 4)
    exhibit, person = rng.integers(0, places, n), rng.integers(0, 10, n)
    person_km = np.where(rng.random(n) < 0.1, np.inf, rng.uniform(0.0001, 20_000, n))
    duels = Duels(person, exhibit, np.arange(n), person_km, rng.uniform(0.0001, 20_000, places)[exhibit])
    lat, lng = rng.uniform(-60, 80, places)[exhibit], rng.uniform(-180, 180, places)[exhibit]
    given = np.isfinite(person_km)
    here = Evidence(duels, np.where(given, lat, np.nan), np.where(given, lng, np.nan), lat, lng, duels.round, given)
    said = rng.random(n)
    bins = [calibration.reliability(said, rng.random(n) < said)] if n else []
    told = report(duels, 1, 200).as_dict() | {
        "curves": comparisons._curves(duels),
        "pairs": comparisons._pairs(duels),
        "map": comparisons._map(here),
        "crowds": comparisons._crowds(here, 1),
        "calibration": {"200": {"bins": [vars(each) | {"interval": vars(each.interval)} for each in bins[0]]}}
        if bins
        else None,
    }
    return dict(comparisons.plain(told))


WORLDS = {"empty": world(0), "of one duel": world(1), "of a few": world(7), "large": world(900)}


@pytest.mark.parametrize("name", list(charts.CHARTS))
@pytest.mark.parametrize(
    ("size", "theme", "narrow"),
    [
        ("empty", "dark", True), ("of one duel", "light", False), ("of a few", "dark", True), ("large", "light", True),
        ("large", "dark", False),
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
