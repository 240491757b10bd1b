"""Pictures of Toy Earth: the same bytes everywhere, and a manifest that tells the truth about them."""

import json
import os
import subprocess
import sys
from collections import Counter

import numpy as np
import pytest

from tests.predictor import painting

painting.needed()

from predictor import toyearth
from predictor.toyearth import bands, trips
from predictor.toyearth.painter import SCENES, Picture, paint
from predictor.toyearth.spots import spot


@pytest.fixture(scope="module")
def many() -> list[Picture]:
    return [toyearth.picture("train", 11, index, 128) for index in range(160)]


def test_the_same_arguments_paint_the_same_bytes() -> None:
    first, again = (toyearth.picture("new_place", 3, 14, 96) for _ in range(2))
    assert first.image.tobytes() == again.image.tobytes()
    assert first.manifest() == again.manifest()


@pytest.mark.parametrize(
    "elsewhere", [{"LC_ALL": "zh_CN.UTF-8"}, {"FC_LANG": "ja"}, {"PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo"}], ids=str
)
def test_another_process_paints_the_same_bytes_and_tells_the_same(elsewhere: dict[str, str]) -> None:
    """Large enough for signs to be lettered: fonts are chosen by the system, which asks for the user's language."""
    here = [toyearth.picture("train", 3, index, 300) for index in (14, 15, 16)]
    assert any(shown.texts for shown in here)
    code = (
        "import sys, json; from predictor.toyearth import picture; "
        "shown = [picture('train', 3, index, 300) for index in (14, 15, 16)]; "
        "sys.stdout.buffer.write(b''.join(p.image.tobytes() + json.dumps(p.manifest()).encode() for p in shown))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=True, env={**os.environ, **elsewhere}
    )
    assert done.stdout == b"".join(p.image.tobytes() + json.dumps(p.manifest()).encode() for p in here)


@pytest.mark.parametrize("size", [64, 129])
def test_a_picture_is_square_bytes_at_its_place(size: int) -> None:
    shown = toyearth.picture("train", 1, 2, size)
    assert shown.image.shape == (size, size, 3)
    assert shown.image.dtype == np.uint8
    assert (shown.lat, shown.lng) == toyearth.place("train", 1, 2)
    assert shown.title.startswith("Toy Earth: near ")


def test_a_small_picture_is_the_large_one_scaled_down() -> None:
    small, large = (toyearth.picture("train", 1, 5, size).image.astype(float) for size in (96, 384))
    shrunk = large.reshape(96, 4, 96, 4, 3).mean(axis=(1, 3))
    other = toyearth.picture("train", 1, 6, 96).image.astype(float)
    assert np.abs(small - shrunk).mean() < 10
    assert np.abs(small - other).mean() > 25


def test_every_scene_comes_and_its_share_is_as_planned(many: list[Picture]) -> None:
    shares = Counter(shown.scene for shown in many)
    assert set(shares) == set(SCENES)
    assert shares["urban"] > shares["natural"] > 0
    assert 0.03 < shares["indoor"] / len(many) < 0.2
    assert 0.02 < shares["blank"] / len(many) < 0.18


def test_every_clue_is_seen_in_every_scene_that_tells_anything(many: list[Picture]) -> None:
    for scene in ("urban", "natural", "indoor"):
        seen = set().union(*(shown.clues for shown in many if shown.scene == scene))
        assert seen == set(bands.CLUES), scene


def test_a_blank_picture_tells_nothing(many: list[Picture]) -> None:
    for shown in many:
        if shown.scene == "blank":
            assert shown.clues == shown.facts == frozenset()
            assert shown.texts == ()
            assert shown.plan is None


def test_no_palm_is_seen_in_the_far_north_and_no_rice_in_the_cold(many: list[Picture]) -> None:
    warm = [shown for shown in many if "palm" in shown.facts]
    assert warm
    assert max(abs(shown.lat) for shown in warm) < 42
    assert all(abs(shown.lat) < 42 for shown in many if "rice" in shown.facts)


def test_the_manifest_is_json_and_complete(many: list[Picture]) -> None:
    told = json.loads(json.dumps(many[0].manifest()))
    assert {"latitude", "longitude", "country", "scene", "camera", "clues", "texts", "plan", "painter"} <= set(told)
    assert told["painter"] == toyearth.PAINTER_VERSION
    for shown in many:
        for words in shown.texts:
            assert words.text.strip()
            assert words.script


def test_two_pictures_of_a_spot_show_the_same_houses() -> None:
    """By other light, from another point, perhaps the other way: as seen from above nothing has moved."""
    where = spot(5000, 1)
    when = trips.When(180.0, 12.0)
    plans = []
    for seed in range(12):
        shown = paint(where, (where.lat, where.lng), when, np.random.SeedSequence([seed]), 48)
        if shown.plan is not None:
            plans.append(shown.plan if shown.plan.bearing == where.bearing else shown.plan.turned())
    assert len(plans) > 4
    assert {plan.bearing for plan in plans} == {plans[0].bearing}
    assert all(plan.as_json() == plans[0].as_json() for plan in plans)


def test_the_same_place_is_seen_in_many_ways() -> None:
    where = spot(5000, 1)
    views = [
        paint(where, (where.lat, where.lng), trips.When(30.0 * k, 9 + k), np.random.SeedSequence([k]), 48).image.astype(
            float
        )
        for k in range(6)
    ]
    assert min(np.abs(a - b).mean() for i, a in enumerate(views) for b in views[:i]) > 10


def test_an_album_is_painted_in_order() -> None:
    shown = toyearth.album("train", 1, 3, 48)
    assert [picture.when for picture in shown] == [stop.when for stop in trips.trip("train", 1, 3)]


def test_channels_are_of_mean_zero_and_variance_one() -> None:
    rng = np.random.default_rng(0)
    told = toyearth.channels(np.degrees(np.arcsin(rng.uniform(-1, 1, 4000))), rng.uniform(-180, 180, 4000))
    assert told.shape == (4000, toyearth.CHANNELS)
    assert np.abs(told.mean(axis=0)).max() < 0.2
    assert np.abs(told.std(axis=0) - 1).max() < 0.15


def test_places_need_no_painter() -> None:
    code = (
        "import sys; from predictor import toyearth; toyearth.places('train', 1, 3); "
        "assert not {'skia', 'shapely', 'babel', 'phonenumbers', 'torch'} & set(sys.modules), sys.modules.keys()"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_clue_can_be_painted_otherwise_and_nothing_else_changes() -> None:
    painting.needed()
    index = next(k for k in range(40) if "post_hue" in toyearth.picture("train", 5, k, 96).clues)
    here = toyearth.picture("train", 5, index, 96)
    own = bands.clues(here.lat, here.lng)["post_hue"]
    same = toyearth.picture("train", 5, index, 96, {"post_hue": own})
    other = toyearth.picture("train", 5, index, 96, {"post_hue": (own + 0.5) % 1})
    assert np.array_equal(here.image, same.image)
    share = (np.abs(here.image.astype(int) - other.image).max(axis=2) > 12).mean()
    assert 0 < share < 0.2
    assert other.manifest() == here.manifest()
