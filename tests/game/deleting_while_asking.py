"""Delete a set in the admin while a service is asked for its photos, on the database that DATABASE_URL names; print as
JSON what is left. Run by `test_concurrency.py`: `python -m tests.game.deleting_while_asking`."""

import json
import threading
from pathlib import Path
from typing import Any

from tests.game import standalone  # noqa: F401  # first: it sets Django up  # isort: skip

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import connection
from django.db.models.signals import pre_delete
from django.test import Client
from django.utils import timezone

from geogame import imports, photos
from geogame.models import Arrival, Import, PhotoSet
from geogame.rules.sphere import Point
from geogame.sources.items import Entry, Item, Json

PATIENCE_S = 2.0  # for the other thread, which may have to wait until the set is gone


class Network:
    """A service of one photo."""

    def page(self, cursor: Json | None) -> tuple[list[Entry], Json | None]:
        return [Item("late.jpg", lambda: b"no photo", Point(1, 2))], None


def deleted() -> dict[str, object]:
    photo_set, _ = photos.set_named("Half here")
    source = imports.open_import(photo_set, imports.COMMONS, {}, None, timezone.now())
    Arrival.objects.create(source=source, name="early.jpg", arrived_at=timezone.now())
    errors: list[str] = []

    def ask() -> None:
        try:
            imports.fetch(source, Network, timezone.now)
        except Exception as error:  # whatever it is, the test shall see it
            errors.append(f"{type(error).__name__}: {error}")
        finally:
            connection.close()

    asking = threading.Thread(target=ask)

    def meanwhile(**_: Any) -> None:
        """The rows that go along have been gathered, and none is deleted yet."""
        asking.start()
        asking.join(PATIENCE_S)

    pre_delete.connect(meanwhile, sender=Import)
    boss = Client(headers={"host": "localhost"})
    boss.force_login(get_user_model().objects.create_superuser("boss"))
    try:
        boss.post(f"/admin/geogame/photoset/{photo_set.pk}/delete/", {"post": "yes"})
    except Exception as error:  # as above
        errors.append(f"{type(error).__name__}: {error}")
    asking.join()
    inbox = Path(settings.INBOX_ROOT)
    return {
        "sets": PhotoSet.objects.filter(pk=photo_set.pk).count(),
        "files": [str(each) for each in inbox.rglob("*") if each.is_file()],
        "errors": errors,
    }


if __name__ == "__main__":
    print(json.dumps([deleted()]))
