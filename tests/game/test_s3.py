"""Photos that are kept in a bucket: brought in, played, seen by the machine, taken away and deleted there."""

import io
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from django.conf import settings
from django.core.files.storage import default_storage
from django.db import transaction
from django.test import Client
from django.utils import timezone
from moto.server import ThreadedMotoServer

from geogame import derivatives, environment, imports, photos, play, seals, taking_away, tasks
from geogame.bucket import Bucket
from geogame.models import Person, PhotoSet
from geogame.rules.sphere import Point
from geogame.sources import Item
from predictor.tasks import _look
from tests.conftest import CARD, jpeg
from tests.game.conftest import browser_of, photo_address
from tests.game.test_uploading import Reader

HERE = Point(10.5, 20.25)
KEYS = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_DEFAULT_REGION": "us-east-1"}


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """An S3 server in this process, on a port of its own."""
    running = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    running.start()
    host, port = running.get_host_and_port()
    yield f"http://{host}:{port}"
    running.stop()


@pytest.fixture
def bucket(server: str, monkeypatch: pytest.MonkeyPatch, settings: Any) -> Iterator[Any]:
    """An empty bucket, in which this installation keeps its photos, as its environment says."""
    for name, value in {**KEYS, "S3_BUCKET": "photos", "S3_ENDPOINT_URL": server}.items():
        monkeypatch.setenv(name, value)
    made = boto3.resource("s3", endpoint_url=server).create_bucket(Bucket="photos")
    settings.STORAGES = {**settings.STORAGES, "default": environment.photo_storage()}
    yield made
    made.objects.all().delete()
    made.delete()


def names(bucket: Any) -> set[str]:
    return {each.key for each in bucket.objects.all()}


@pytest.fixture
def kept(bucket: Any, toy_set: PhotoSet) -> PhotoSet:
    """The toy set, and one photo large enough to have other sizes."""
    photos.take_in(toy_set, Item("large.jpg", lambda: jpeg((700, 500)), HERE, {}))
    return toy_set


def test_photos_lie_in_the_bucket_and_nobody_else_may_read_them(kept: PhotoSet, bucket: Any) -> None:
    lie = {name for photo in kept.photos.all() for name in photos.files_of(photo)}
    assert names(bucket) == lie
    assert len(lie) > 4 + 4  # four photos, and other sizes of the large one
    for each in bucket.objects.all():
        granted = {grant["Grantee"].get("URI") for grant in each.Acl().grants}
        assert granted == {None}  # the owner alone


def test_a_photo_of_a_round_is_fetched_and_passed_on(kept: PhotoSet, ana: Person) -> None:
    photos.withdraw(kept.photos.exclude(original_name="large.jpg"), timezone.now())
    now = timezone.now()
    game = play.open_game(kept, [CARD], 1, 60, now)
    play.join(game, ana, "Ana", now)
    opened = play.start_round(game, now)
    assert opened is not None
    large = kept.photos.get(original_name="large.jpg")
    answer = browser_of(ana).get(photo_address(opened), {"width": 640}, headers={"accept": "image/webp"})
    with default_storage.open(derivatives.name(str(large.file.name), 640, "webp")) as file:
        assert b"".join(answer) == file.read()
    assert (answer.status_code, answer["Content-Type"]) == (200, "image/webp")  # no redirection to the bucket
    assert not {"ETag", "Last-Modified", "Content-Disposition", "Location"} & set(answer.headers)
    assert not any(name.lower().startswith("x-amz") for name in answer.headers)
    assert Client().get(f"/sets/{kept.slug}/cover/").status_code == 200
    photos.delete_files(large)
    assert browser_of(ana).get(photo_address(opened)).status_code == 404


def test_deletion_deletes_in_the_bucket(
    kept: PhotoSet, bucket: Any, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        photos.remove(kept.photos.get(original_name="large.jpg"))
    assert names(bucket) == {photo.file.name for photo in kept.photos.all()}
    with django_capture_on_commit_callbacks(execute=True):
        kept.delete()
    assert names(bucket) == set()


def test_a_set_is_deleted_in_the_bucket_by_few_requests(
    kept: PhotoSet, bucket: Any, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    asked = []
    delete_all = Bucket.delete_all
    monkeypatch.setattr(Bucket, "delete_all", lambda self, names: (asked.append(len(names)), delete_all(self, names)))
    monkeypatch.setattr("geogame.bucket.AT_ONCE", 5)  # in several parts
    there = len(names(bucket))
    with django_capture_on_commit_callbacks(execute=True):
        PhotoSet.objects.filter(pk=kept.pk).delete()
    assert (asked, names(bucket)) == ([there], set())


def test_what_is_deleted_while_the_bucket_is_away_is_deleted_when_it_is_back(
    kept: PhotoSet,
    bucket: Any,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Callable[..., Any],
    caplog: Any,
) -> None:
    def away(self: Bucket, names: object) -> None:
        raise ConnectionError("nobody answers")

    there = names(bucket)
    with monkeypatch.context() as patched, django_capture_on_commit_callbacks(execute=True):
        patched.setattr(Bucket, "delete_all", away)
        photos.remove(kept.photos.get(original_name="large.jpg"))
        kept.delete()
    assert not PhotoSet.objects.exists()
    with monkeypatch.context() as patched:
        patched.setattr(Bucket, "delete_all", away)
        assert tasks.delete_leftovers() == 0
    assert "cannot be deleted yet: nobody answers" in caplog.text
    assert names(bucket) == there
    monkeypatch.setattr(photos, "BLOCK", 2)
    assert tasks.delete_leftovers() == 4
    assert names(bucket) == set()
    assert tasks.delete_leftovers() == 0
    assert any(each["task"] == tasks.delete_leftovers.name for each in settings.CELERY_BEAT_SCHEDULE.values())


def test_files_are_kept_where_their_photo_is_not_deleted_after_all(kept: PhotoSet, bucket: Any) -> None:
    there = names(bucket)
    with transaction.atomic():
        kept.delete()
        transaction.set_rollback(True)
    assert PhotoSet.objects.exists()
    assert tasks.delete_leftovers() == 0
    assert names(bucket) == there


def test_a_bucket_that_is_away_is_no_missing_file_and_its_photos_go_on_waiting(
    kept: PhotoSet, bucket: Any, monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Path, caplog: Any
) -> None:
    settings.INBOX_ROOT = tmp_path
    monkeypatch.setattr(tasks, "_darkroom", Reader())
    monkeypatch.setattr(tasks, "nudge_developing", lambda: None)
    upload = imports.open_import(kept, imports.UPLOAD, {}, None, timezone.now())
    data = jpeg()
    (arrival,) = imports.expect(upload, [("a.jpg", len(data), 1)])
    imports.receive(arrival, 0, io.BytesIO(data), timezone.now())
    monkeypatch.setenv("S3_ENDPOINT_URL", "http://127.0.0.1:9")  # where nobody listens
    settings.STORAGES = {**settings.STORAGES, "default": environment.photo_storage()}
    for _ in range(imports.TRIES + 1):
        assert tasks.develop() == 0
    assert "cannot be kept" in caplog.text
    shown = kept.exhibits.first()
    with pytest.raises(ConnectionError):
        seals.sums([shown.pk])
    monkeypatch.setenv("S3_ENDPOINT_URL", str(bucket.meta.client.meta.endpoint_url))
    settings.STORAGES = {**settings.STORAGES, "default": environment.photo_storage()}
    assert tasks.develop() == 1
    arrival.refresh_from_db()
    assert (arrival.photo is not None, arrival.tries) == (True, 1)


def test_what_a_broken_try_wrote_is_found_by_its_token(kept: PhotoSet, bucket: Any) -> None:
    large = str(kept.photos.get(original_name="large.jpg").file.name)
    token = large.rsplit("/", 1)[-1].removesuffix(".jpg")
    photos.delete_named(token)
    assert not any(token in name for name in names(bucket))
    assert len(names(bucket)) == 3


def test_the_machine_reads_what_is_in_the_bucket_and_says_what_is_not(kept: PhotoSet, caplog: Any) -> None:
    first, second = list(kept.exhibits.all()[:2])
    photos.delete_files(second.photos.get())
    (seen,) = list(_look([first.pk, second.pk]))
    assert (seen[0], [each.size for each in seen[1]]) == (first.pk, [(320, 240)])
    assert "S3_BUCKET" in caplog.text
    assert seals.sums([first.pk, second.pk])[second.pk] == [""]


def test_a_set_is_taken_away_from_the_bucket(kept: PhotoSet) -> None:
    data = b"".join(taking_away.write(kept))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert len([name for name in archive.namelist() if name.endswith(".jpg")]) == 4
