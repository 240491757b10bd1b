"""Name the places of more photos than are written at once, while somebody else writes between any two blocks; print as
JSON how many have a name. Run by `test_concurrency.py`: `python -m tests.game.many_names`."""

import json
import threading
from collections.abc import Sequence

from tests.game import standalone  # noqa: F401  # first: it sets Django up  # isort: skip

from geogame import coasts, doubts
from geogame.models import Person, Photo, PhotoSet

near = coasts.near


def interrupted(lats: Sequence[float], lngs: Sequence[float]) -> list[tuple[str, str]]:
    other = threading.Thread(target=lambda: Person.objects.create(name="Ana"))
    other.start()
    other.join()
    return near(lats, lngs)


if __name__ == "__main__":
    coasts.near = interrupted
    made = PhotoSet.objects.create(name="Many", slug="many")
    Photo.objects.bulk_create(
        Photo(photo_set=made, width=1, height=1, lat=number / 100, lng=2, file=f"{number}", original_sha256=f"{number}")
        for number in range(2 * doubts.BLOCK + 1)
    )
    doubts.name_places(made)
    named = made.photos.filter(extra__has_key="near").count()
    print(json.dumps([{"named": named, "photos": made.photos.count()}]))
