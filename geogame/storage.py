"""Where files lie: static files under names that change with their content."""

import hashlib
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedStatics(CompressedManifestStaticFilesStorage):
    """Hash the imports inside JavaScript modules too (Django leaves that off): no browser keeps an old module.

    All this is done once for the same files. To do it again takes seconds of every start, and would pull files away
    for a moment from under another web server of the same checkout.
    """

    support_js_module_import_aggregation = True

    def post_process(self, paths: dict[str, Any], dry_run: bool = False, **options: Any) -> Iterator[Any]:
        done = Path(self.path("processed"))
        found = fingerprint(paths)
        if not done.exists() or done.read_text() != found:
            yield from super().post_process(paths, dry_run=dry_run, **options)
            if not dry_run:
                done.write_text(found)


def fingerprint(paths: dict[str, Any]) -> str:
    """Return a digest of files, {name: (storage, path)}, and of what processes them."""
    whole = hashlib.sha256(f"{version('django')} {version('whitenoise')}".encode())
    for name, (storage, path) in sorted(paths.items()):
        with storage.open(path) as file:
            whole.update(name.encode() + b"\0" + hashlib.sha256(file.read()).digest())
    return whole.hexdigest()
