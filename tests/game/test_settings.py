"""Settings with wrong values are named together with their cure."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from geogame import environment
from tests.servers import ROOT


@pytest.mark.parametrize(
    ("name", "value", "cure"),
    [
        ("REDIS_URL", "localhost", "redis://localhost:6379/0"),
        ("DATABASE_URL", "mongodb://here", "sqlite:///"),
        ("DEBUG", "perhaps", "DEBUG=1"),
        ("BLUR_FACES", "perhaps", "BLUR_FACES=1"),
        ("MACHINE_WAIT_S", "soon", "MACHINE_WAIT_S=15"),
        ("MACHINE_WAIT_S", "-3", "MACHINE_WAIT_S=15"),
        ("SECRET_KEY", "short", "leave it out"),
        ("S3_BUCKET", "My Photos", "S3_BUCKET=photos"),
        ("S3_ENDPOINT_URL", "http://s3.example.org", "S3_BUCKET=photos"),
        ("S3_ENDPOINT_URL", "localhost:9000", "https://s3.example.org"),
    ],
)
def test_a_wrong_setting_ends_with_one_sentence(name: str, value: str, cure: str) -> None:
    env = {**os.environ, name: value}
    env.pop("DJANGO_SETTINGS_MODULE", None)
    done = subprocess.run(
        [sys.executable, "manage.py", "check"], cwd=ROOT, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    assert name in done.stderr
    assert cure in done.stderr
    assert "Traceback" not in done.stderr


def test_the_secret_key_is_made_once_and_kept_private(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SECRET_KEY", raising=False)
    file = tmp_path / "deep" / "secret_key"
    key = environment.secret_key(file)
    assert len(key) >= 50
    assert environment.secret_key(file) == key
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [each.name for each in file.parent.iterdir()] == ["secret_key"]


def test_a_flag_is_read_in_any_spelling(monkeypatch: pytest.MonkeyPatch) -> None:
    for value, meant in (("1", True), ("YES", True), ("off", False), ("", False)):
        monkeypatch.setenv("DEBUG", value)
        assert environment.flag("DEBUG", False) is meant
    monkeypatch.setenv("DEBUG", "2")
    with pytest.raises(ImproperlyConfigured):
        environment.flag("DEBUG", False)


def test_faces_are_blurred_only_where_something_finds_them(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not environment.blur_faces()
    monkeypatch.setenv("BLUR_FACES", "1")
    monkeypatch.setattr(environment, "find_spec", lambda name: None)
    with pytest.raises(ImproperlyConfigured, match=r"geogame/blurring\.txt"):
        environment.blur_faces()
    monkeypatch.setattr(environment, "find_spec", lambda name: name)
    assert environment.blur_faces()
