"""Freezing a set and taking it away, in the admin."""

import io
import zipfile

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.urls import reverse

from geogame import freezes
from geogame.models import Doubt, PhotoSet

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
    assert b"1 grave doubts are open" in answer.content
    doubt.delete()
    answer = staff.post(page(toy_set, "freeze"), follow=True)
    toy_set.refresh_from_db()
    assert freezes.holds(toy_set)
    assert toy_set.frozen_sha256.encode() in answer.content
    assert staff.get(page(toy_set, "freeze")).status_code == 405


def test_a_set_is_taken_away_by_who_may_see_it(toy_set: PhotoSet, staff: Client) -> None:
    answer = staff.get(page(toy_set, "take_away"))
    assert answer.headers["Content-Disposition"] == 'attachment; filename="toy.zip"'
    with zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content))) as archive:  # type: ignore[attr-defined]
        assert len([name for name in archive.namelist() if name.endswith(".jpg")]) == 3
    nobody = Client()
    assert nobody.get(page(toy_set, "take_away")).status_code == 302
    nobody.force_login(User.objects.create_user("guest", is_staff=True))
    assert nobody.get(page(toy_set, "take_away")).status_code == 403
