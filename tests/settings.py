"""Settings of the tests: the small set-up, with an in-memory database, plain static files and nothing left behind."""

import os
import tempfile

os.environ.setdefault("SECRET_KEY", "a key for tests only, long enough and no secret")
os.environ["DATABASE_URL"] = os.environ.get("TEST_DATABASE_URL", "")
os.environ.pop("REDIS_URL", None)

from geogame.settings import *  # noqa: F403

_folder = tempfile.TemporaryDirectory(prefix="beatplanet-tests-")  # removed when the process ends
MEDIA_ROOT = f"{_folder.name}/photos"
INBOX_ROOT = f"{_folder.name}/inbox"
INDEX_ROOT = f"{_folder.name}/indexes"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"base_url": None}},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
STATIC_ROOT = _folder.name  # empty
