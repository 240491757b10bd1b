"""Freezing a set and taking it away, in the admin."""

import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from geogame import contamination, freezes, photos, tasks
from geogame.models import Doubt, Photo, PhotoSet
from geogame.rules.refusals import BadInput
from geogame.sources import single
from tests.conftest import jpeg
from tests.game.test_doubts import agreed_far_from

User = get_user_model()


@pytest.fixture
def staff(db: None) -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("boss"))
    return client


def page(photo_set: PhotoSet, name: str) -> str:
    return reverse(f"admin:geogame_photoset_{name}", args=[photo_set.pk])


def test_a_set_is_frozen_by_a_button_or_it_is_said_why_not(toy_set: PhotoSet, staff: Client) -> None:
    doubt = Doubt.objects.create(photo=toy_set.photos.first(), kind="blank", severity=Doubt.GRAVE)
    answer = staff.post(page(toy_set, "freeze"), follow=True)
    assert b"or without a place: 1." in answer.content
    doubt.delete()
    answer = staff.post(page(toy_set, "freeze"), follow=True)
    toy_set.refresh_from_db()
    assert freezes.holds(toy_set)
    assert toy_set.frozen_sha256.encode() in answer.content
    assert staff.get(page(toy_set, "freeze")).status_code == 405


def test_what_holds_up_a_freeze_is_one_click_away(toy_set: PhotoSet, staff: Client) -> None:
    """A light doubt of the same kind and a photo that is rejected hold up nothing."""
    odd, light, rejected = toy_set.photos.order_by("pk")
    lost = photos.take_in(toy_set, single("lost.jpg", jpeg()))
    Photo.objects.filter(pk=rejected.pk).update(review="rejected")
    for photo, severity in ((odd, Doubt.GRAVE), (light, Doubt.HINT), (rejected, Doubt.GRAVE)):
        Doubt.objects.create(photo=photo, kind="place-odd", severity=severity)
    told = staff.post(page(toy_set, "freeze"), follow=True).content.decode()
    for kind, words, found in (("place-odd", "Odd place (1)", odd), ("no-place", "No place (1)", lost)):
        asked = page(toy_set, "review") + f"?doubts=held&doubts={kind}"
        assert f'<a href="{asked.replace("&", "&amp;")}">{words}</a>' in told
        assert [each["pk"] for each in staff.get(asked).context["records"]] == [found.pk]
    toy_set.photos.all().delete()
    toy_set.exhibits.all().delete()
    told = staff.post(page(toy_set, "freeze"), follow=True).content.decode()
    assert f'<a href="{page(toy_set, "upload")}">To the upload page</a>' in told


def test_a_set_is_taken_away_by_who_may_change_it(toy_set: PhotoSet, staff: Client) -> None:
    answer = staff.get(page(toy_set, "take_away"))
    assert answer.headers["Content-Disposition"] == 'attachment; filename="toy.zip"'
    with zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content))) as archive:  # type: ignore[attr-defined]
        assert len([name for name in archive.namelist() if name.endswith(".jpg")]) == 3
    nobody = Client()
    assert nobody.get(page(toy_set, "take_away")).status_code == 302
    guest = User.objects.create_user("guest", is_staff=True)
    guest.user_permissions.set(Permission.objects.filter(codename__in=["view_photoset", "view_photo"]))
    nobody.force_login(guest)
    assert nobody.get(page(toy_set, "take_away")).status_code == 403
    shown = nobody.get(page(toy_set, "change")).content.decode()
    assert "Who may change the set may take it away." in shown
    for button in ("take-away/", "publish/", "freeze/", "labels/", "check/"):
        assert (f'"{page(toy_set, "change").replace("change/", button)}"' in shown) == (button == "publish/"), button
    assert 'name="published"' not in shown


@pytest.fixture
def indexes(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of what opponents were trained on; the worker does its task at once."""
    settings.INDEX_ROOT = tmp_path
    monkeypatch.setattr(tasks.check_set, "apply_async", lambda args: tasks.check_set(*args))
    return tmp_path


def test_a_set_is_held_against_an_index_that_lies_in_the_installation(
    toy_set: PhotoSet, staff: Client, indexes: Path
) -> None:
    assert b"INDEX_ROOT" in staff.get(page(toy_set, "change")).content
    first = toy_set.photos.all()[0]
    contamination.write(indexes / "planet.npz", [0xAAAA_5555_AAAA_5555], [first.lat], [first.lng])
    (indexes / "notes.txt").write_text("no index")
    shown = staff.get(page(toy_set, "change")).content.decode()
    assert "<option>planet.npz</option>" in shown
    assert "notes.txt" not in shown
    answer = staff.post(page(toy_set, "check"), {"index": "planet.npz", "opponent": "planet"}, follow=True)
    assert "is being held against planet.npz" in answer.content.decode()
    assert "of 3 photos 0 look like one that planet was trained on, 1 were taken" in answer.content.decode()
    assert toy_set.checks.get().weights != ""
    assert Doubt.objects.get(kind="trained-on").photo == first


@pytest.mark.parametrize(
    ("index", "opponent", "says"),
    [
        ("../planet.npz", "planet", "There is no index of this name"),
        ("broken.npz", "planet", "There is no index of photos in broken.npz"),
        ("bare.npz", "planet", "There is no index of photos in bare.npz"),
        ("planet.npz", "nobody", "whose training photos"),
    ],
)
def test_what_cannot_be_held_against_is_told(
    toy_set: PhotoSet, staff: Client, indexes: Path, index: str, opponent: str, says: str
) -> None:
    contamination.write(indexes / "planet.npz", [0], [0], [0])
    contamination.write(indexes.parent / "planet.npz", [0], [0], [0])
    (indexes / "broken.npz").write_bytes(b"PK")
    np.savez(indexes / "bare.npz", phash=np.zeros(1))
    answer = staff.post(page(toy_set, "check"), {"index": index, "opponent": opponent}, follow=True)
    assert says in answer.content.decode()
    assert not toy_set.checks.exists()


@pytest.mark.parametrize(
    "changed",
    [
        {"lat": np.zeros(2, np.float32)}, {"lat": np.full(3, np.nan, np.float32)}, {"lng": np.full(3, 181, np.float32)},
        {"phash": np.zeros(3, np.int32)}, {"phash": np.array(["x"] * 3)}, {"lng": np.zeros((3, 1), np.float32)},
    ],
)  # fmt: skip
def test_an_index_whose_arrays_make_no_sense_is_told_where_it_is_asked_for(
    toy_set: PhotoSet, staff: Client, indexes: Path, changed: dict[str, Any]
) -> None:
    whole = {"phash": np.zeros(3, np.uint64), "lat": np.zeros(3, np.float32), "lng": np.zeros(3, np.float32)}
    np.savez(indexes / "odd.npz", **{**whole, **changed})
    refused_as_damaged(toy_set, staff)


@pytest.mark.parametrize("packed", [True, False])
def test_an_index_of_which_bytes_were_lost_is_told_where_it_is_asked_for(
    toy_set: PhotoSet, staff: Client, indexes: Path, packed: bool
) -> None:
    random = np.random.default_rng(1)
    lat, lng = (random.uniform(-90, 90, 50_000).astype(np.float32) for _ in range(2))
    phash = random.integers(0, 1 << 63, 50_000, np.uint64)
    (np.savez_compressed if packed else np.savez)(indexes / "odd.npz", phash=phash, lat=lat, lng=lng)
    data = bytearray((indexes / "odd.npz").read_bytes())
    data[100_000:100_050] = bytes(50)
    (indexes / "odd.npz").write_bytes(data)
    refused_as_damaged(toy_set, staff)


def refused_as_damaged(photo_set: PhotoSet, staff: Client) -> None:
    answer = staff.post(page(photo_set, "check"), {"index": "odd.npz", "opponent": "planet"}, follow=True)
    assert "The index odd.npz is damaged" in answer.content.decode()
    assert not photo_set.checks.exists()
    path = contamination.settings.INDEX_ROOT / "odd.npz"
    with pytest.raises(BadInput, match="damaged"):
        contamination.read(path)


def test_a_worker_that_cannot_be_reached_is_told(
    toy_set: PhotoSet, staff: Client, indexes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(args: object) -> None:
        raise ConnectionError

    contamination.write(indexes / "planet.npz", [0], [0], [0])
    monkeypatch.setattr(tasks.check_set, "apply_async", away)
    answer = staff.post(page(toy_set, "check"), {"index": "planet.npz", "opponent": "planet"}, follow=True)
    assert b"cannot be reached" in answer.content


def test_photos_far_from_where_strong_players_agree_are_put_forward_by_a_button(
    toy_set: PhotoSet, staff: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert b"Nowhere do strong players agree" in staff.post(page(toy_set, "labels"), follow=True).content
    wrong = agreed_far_from(toy_set, monkeypatch)
    answer = staff.post(page(toy_set, "labels"), follow=True).content.decode()
    assert "far from the place of 1 photo" in answer
    review = page(toy_set, "review") + "?doubts=label"
    assert f'href="{review}"' in answer
    assert [each["pk"] for each in staff.get(review).context["records"]] == [wrong.pk]
