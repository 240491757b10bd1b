"""Deleting in the admin: what stored rounds need stays, with a sentence, and is withdrawn instead."""

import io
import zipfile
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.core.files.storage import default_storage
from django.test import Client

from geogame import photos, play, taking_away
from geogame.models import Exhibit, Experiment, Game, Photo, PhotoSet, Round, Slot
from geogame.rules.sphere import Point
from tests.conftest import CARD, NOON, add_photo

PHOTOS, SETS = "/admin/geogame/photo/", "/admin/geogame/photoset/"


@pytest.fixture
def staff(client: Client, db: None) -> Client:
    client.force_login(get_user_model().objects.create_superuser("boss"))
    return client


@pytest.fixture
def played(toy_set: PhotoSet) -> Photo:
    """The one photo of three that a game shows."""
    play.open_game(toy_set, [CARD], 1, None, NOON)
    return Round.objects.get().exhibit.photos.get()


@pytest.fixture
def fresh(toy_set: PhotoSet, played: Photo) -> Photo:
    return toy_set.photos.exclude(pk=played.pk).earliest("pk")


def posted(page: Client, address: str, action: str, *chosen: Any, **more: object) -> Any:
    return page.post(address, {"action": action, "_selected_action": [each.pk for each in chosen], **more}, follow=True)


def test_a_played_photo_stays_and_is_withdrawn_instead(staff: Client, played: Photo) -> None:
    address = f"{PHOTOS}{played.pk}/delete/"
    assert address in staff.get(f"{PHOTOS}{played.pk}/change/").content.decode()
    for answer in (staff.get(address), staff.post(address, {"post": "yes"})):
        assert answer.status_code == 200
        words = answer.content.decode()
        assert "This photo has been played" in words
        assert "Withdraw it instead" in words
        assert "permission" not in words
    assert "1 exhibit changed." in posted(staff, PHOTOS, "withdraw", played).content.decode()
    assert not Exhibit.objects.filter(photos=played, retired_at=None).exists()
    assert "It is withdrawn already" in staff.get(address).content.decode()


def test_a_photo_that_nobody_played_goes(staff: Client, fresh: Photo) -> None:
    assert "Delete it for good" in staff.get(f"{PHOTOS}{fresh.pk}/delete/").content.decode()
    staff.post(f"{PHOTOS}{fresh.pk}/delete/", {"post": "yes"})
    assert not Photo.objects.filter(pk=fresh.pk).exists()


def test_of_a_mixture_those_that_nobody_played_go(staff: Client, played: Photo, fresh: Photo) -> None:
    asked = posted(staff, PHOTOS, "delete_selected", played, fresh).content.decode()
    assert "Delete it for good" in asked
    assert "This photo has been played" in asked
    assert Photo.objects.count() == 3
    done = posted(staff, PHOTOS, "delete_selected", played, fresh, decided="1").content.decode()
    assert "1 deleted." in done
    assert "1 stays: it cannot be deleted." in done
    assert not Photo.objects.filter(pk=fresh.pk).exists()
    assert Photo.objects.filter(pk=played.pk).exists()
    assert not Exhibit.objects.filter(photos=None).exists()  # nor an exhibit that shows nothing


def test_a_photo_that_is_played_while_it_is_deleted_stays(
    staff: Client, fresh: Photo, monkeypatch: pytest.MonkeyPatch
) -> None:
    needed, asked = photos.needed, []

    def once_too_early(some: Any) -> Any:
        asked.append(1)
        return {} if len(asked) == 1 else needed(some)

    Round.objects.update(exhibit=fresh.exhibits.get())
    monkeypatch.setattr(photos, "needed", once_too_early)
    answer = staff.post(f"{PHOTOS}{fresh.pk}/delete/", {"post": "yes"})
    assert "This photo has been played" in answer.content.decode()
    assert Photo.objects.filter(pk=fresh.pk).exists()


def test_a_photo_of_a_frozen_set_and_one_of_a_sealed_experiment_stay_with_the_reason(
    staff: Client, toy_set: PhotoSet
) -> None:
    photo = toy_set.photos.earliest("pk")
    study = Experiment.objects.create(name="Study", slug="study", photo_set=toy_set, opponent="planet", weights="w")
    Slot.objects.create(experiment=study, number=1, exhibits=[photo.exhibits.get().pk])
    Experiment.objects.filter(pk=study.pk).update(sealed_at=NOON, seal="a" * 64, protocol={})
    for says in ("A sealed experiment shows this photo", "This set is frozen"):
        answer = staff.post(f"{PHOTOS}{photo.pk}/delete/", {"post": "yes"})
        assert answer.status_code == 200
        assert says in answer.content.decode()
        PhotoSet.objects.update(frozen_at=NOON, frozen_sha256="a" * 64)
    assert 'value="withdraw"' not in answer.content.decode()
    assert "withdrawn already" not in answer.content.decode()
    refused = posted(staff, PHOTOS, "withdraw", photo).content.decode()
    assert "This set is frozen" in refused
    assert "The experiment “Study” is made of it." in staff.get(f"{SETS}{toy_set.pk}/delete/").content.decode()
    assert Photo.objects.filter(pk=photo.pk).exists()


def test_a_played_set_stays_and_is_withdrawn_instead(staff: Client, played: Photo, toy_set: PhotoSet) -> None:
    address = f"{SETS}{toy_set.pk}/delete/"
    for answer in (staff.get(address), staff.post(address, {"post": "yes"})):
        assert answer.status_code == 200
        words = answer.content.decode()
        assert "1 photo of this set has been played; stored rounds need it." in words
        assert "Withdraw it instead" in words
        assert "permission" not in words
    posted(staff, SETS, "withdraw", toy_set)
    toy_set.refresh_from_db()
    assert not toy_set.published
    assert "It is withdrawn already" in staff.get(address).content.decode()
    assert toy_set.photos.count() == 3


def test_of_a_mixture_of_sets_those_that_nobody_played_go(staff: Client, played: Photo, toy_set: PhotoSet) -> None:
    other = PhotoSet.objects.create(name="Other", slug="other")
    add_photo(other, Point(1.0, 2.0))
    assert "Other</a> with 1 photo" in staff.get(f"{SETS}{other.pk}/delete/").content.decode()
    done = posted(staff, SETS, "delete_selected", other, toy_set, decided="1").content.decode()
    assert "1 deleted." in done
    assert list(PhotoSet.objects.all()) == [toy_set]
    assert Game.objects.exists()


def test_a_set_that_nobody_played_goes_with_what_a_machine_said_of_it(staff: Client, toy_set: PhotoSet) -> None:
    photos.record_prediction(toy_set.exhibits.all()[0], "planet", "w", "no idea")
    staff.post(f"{SETS}{toy_set.pk}/delete/", {"post": "yes"})
    assert not PhotoSet.objects.exists()
    assert not Exhibit.objects.exists()


def test_who_may_not_delete_photos_deletes_no_set(client: Client, toy_set: PhotoSet) -> None:
    helper = get_user_model().objects.create_user("helper", is_staff=True)
    helper.user_permissions.set(Permission.objects.filter(codename__in=["view_photoset", "delete_photoset"]))
    client.force_login(helper)
    answer = client.post(f"{SETS}{toy_set.pk}/delete/", {"post": "yes"})
    assert answer.status_code == 403
    words = answer.content.decode()
    assert "helper, who has no permission for this" in words
    assert "seat at this table" not in words
    assert PhotoSet.objects.exists()
    posted(client, SETS, "delete_selected", toy_set, decided="1")
    assert PhotoSet.objects.exists()


def test_the_picture_of_a_played_photo_can_be_destroyed_and_its_rounds_stay(
    staff: Client, played: Photo, django_capture_on_commit_callbacks: Any
) -> None:
    names = list(photos.files_of(played))
    assert all(default_storage.exists(name) for name in names)
    assert "Destroy its picture for good" in staff.get(f"{PHOTOS}{played.pk}/delete/").content.decode()
    assert (
        "Destroy its picture for good" in posted(staff, PHOTOS, "destroy", played).content.decode()
    )  # first it is asked
    assert default_storage.exists(names[0])
    with django_capture_on_commit_callbacks(execute=True):
        told = posted(staff, PHOTOS, "destroy", played, decided="1").content.decode()
    assert "1 picture destroyed." in told
    assert "destroyed</a>" in told  # in the list
    assert not any(default_storage.exists(name) for name in names)
    assert Round.objects.get().exhibit.photos.get() == played
    photos.restore(Photo.objects.filter(pk=played.pk))
    assert not Exhibit.objects.filter(photos=played, retired_at=None).exists()
    Exhibit.objects.update(retired_at=None)  # however it may have come back
    assert not photos.in_play().filter(photos=played).exists()
    assert staff.get(f"{PHOTOS}{played.pk}/picture/320/").status_code == 404
    page = staff.get(f"{PHOTOS}{played.pk}/change/").content.decode()
    assert "It was destroyed." in page
    with zipfile.ZipFile(io.BytesIO(b"".join(taking_away.write(played.photo_set)))) as archive:
        assert len([name for name in archive.namelist() if name.startswith("photos/")]) == 2
    assert photos.destroy(Photo.objects.filter(pk=played.pk), NOON) == 0  # once


def test_who_may_not_delete_destroys_no_picture(client: Client, played: Photo) -> None:
    helper = get_user_model().objects.create_user("helper", is_staff=True)
    helper.user_permissions.set(Permission.objects.filter(codename__in=["view_photo", "change_photo"]))
    client.force_login(helper)
    posted(client, PHOTOS, "destroy", played, decided="1")
    played.refresh_from_db()
    assert played.file
