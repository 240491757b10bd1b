"""Freezing a set: from then on its photos, places and albums stay, and a hash tells that they have."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Count

from geogame import seals
from geogame.models import Arrival, Doubt, PhotoSet
from geogame.rules import protocol
from geogame.rules.refusals import NotNow, gettext_noop

FORMAT = 1


class Unfinished(NotNow):
    """Grave doubts hold up a freeze: `kinds` says of how many photos, by kind."""

    def __init__(self, kinds: dict[str, int]) -> None:
        says = gettext_noop("Doubts to be settled first, of photos kept out of games or without a place: %(count)d.")
        super().__init__(says, count=sum(kinds.values()))
        self.kinds = kinds


def written(photo_set: PhotoSet) -> dict[str, Any]:
    """Return what is hashed: what the set shows, and the digest of each exhibit in play, whatever their order.

    An exhibit's digest is that of experiments: the SHA-256 of its original files in the order shown, and its place in
    whole numbers of 1e-7 degrees. Names, credits and licences may still be mended.
    """
    shown = seals.digests(photo_set.exhibits.filter(retired_at=None))
    return {"format": FORMAT, "domain": photo_set.domain, "exhibits": sorted(shown.values())}


def digest(photo_set: PhotoSet) -> str:
    """Return the SHA-256 of what is written, as hexadecimal digits."""
    return protocol.digest(written(photo_set))


def holds(photo_set: PhotoSet) -> bool:
    """Tell whether a frozen set is still what was frozen."""
    return bool(photo_set.frozen_sha256) and digest(photo_set) == photo_set.frozen_sha256


@transaction.atomic
def freeze(photo_set: PhotoSet, now: datetime) -> str:
    """Freeze a set, for good, and return its hash; one that is frozen stays as it is. Raises NotNow."""
    locked = PhotoSet.objects.select_for_update().get(pk=photo_set.pk)
    if locked.frozen_at is None:
        _refuse_unfinished(locked)
        locked.frozen_at, locked.frozen_sha256 = now, digest(locked)
        locked.save(update_fields=["frozen_at", "frozen_sha256"])
    return locked.frozen_sha256


def _refuse_unfinished(photo_set: PhotoSet) -> None:
    if not photo_set.exhibits.filter(retired_at=None).exists():
        raise NotNow(gettext_noop("There is nothing in this set that could be frozen."))
    if Arrival.objects.filter(source__photo_set=photo_set, done_at=None).exists():
        raise NotNow(
            gettext_noop(
                "Photos are still coming in. Wait until the import has ended, or finish it on the upload page."
            )
        )
    grave = Doubt.objects.filter(photo__photo_set=photo_set, severity=Doubt.GRAVE, verdict=Doubt.Verdict.OPEN)
    by_kind = grave.exclude(photo__review="rejected").order_by("kind").values_list("kind")
    if kinds := dict(by_kind.annotate(Count("photo", distinct=True))):
        raise Unfinished(kinds)
