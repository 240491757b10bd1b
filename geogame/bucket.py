"""Photos in a bucket of an S3-compatible store: what goes wrong there is an OSError, as with files in a folder."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from boto3.exceptions import Boto3Error
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from s3transfer.exceptions import RetriesExceededError
from storages.backends.s3 import S3Storage

AT_ONCE = 1000  # keys that one request deletes, as the protocol has it
CONNECT_S, READ_S = 5, 20  # seconds; boto's own are a minute each, and a page waits
TRIES = 3  # of a request


class Bucket(S3Storage):
    """Django's storage for photos. Raises FileNotFoundError, and ConnectionError where the store does not answer."""

    def __init__(self, addressing_style: str | None = None, **options: Any) -> None:
        config = Config(
            s3={"addressing_style": addressing_style},
            connect_timeout=CONNECT_S,
            read_timeout=READ_S,
            retries={"total_max_attempts": TRIES, "mode": "standard"},
        )
        super().__init__(client_config=config, **options)

    def _open(self, name: str, mode: str = "rb") -> Any:
        with _failing_as_files_do(name):
            file = super()._open(name, mode)
            if "r" in mode:
                file.open()  # fetched now: later an answer would break off
            return file

    def _save(self, name: str, content: Any) -> str:
        with _failing_as_files_do(name):
            return super()._save(name, content)

    def exists(self, name: str) -> bool:
        with _failing_as_files_do(name):
            return super().exists(name)

    def listdir(self, name: str) -> tuple[list[str], list[str]]:
        with _failing_as_files_do(name):
            return super().listdir(name)

    def delete(self, name: str) -> None:
        self.delete_all([name])

    def delete_all(self, names: Sequence[str]) -> None:
        """Delete many files by few requests; of those that are not there nothing is said."""
        for begin in range(0, len(names), AT_ONCE):
            some = names[begin : begin + AT_ONCE]
            with _failing_as_files_do(some[0]):
                keys = [{"Key": self._normalize_name(name)} for name in some]
                answer = self.bucket.delete_objects(Delete={"Objects": keys, "Quiet": True})
            for error in answer.get("Errors", []):
                raise ConnectionError(f"{error['Key']} is not deleted: {error['Code']}")


@contextmanager
def _failing_as_files_do(name: str) -> Iterator[None]:
    try:
        yield
    except (ClientError, BotoCoreError, Boto3Error, RetriesExceededError) as error:
        answer = error.response if isinstance(error, ClientError) else {}
        if answer.get("ResponseMetadata", {}).get("HTTPStatusCode") == 404:
            raise FileNotFoundError(f"{name}: {error}") from error
        raise ConnectionError(f"{name}: {error}") from error
