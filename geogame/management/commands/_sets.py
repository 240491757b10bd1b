"""How commands find the photo set that is meant."""

from contextlib import suppress
from difflib import get_close_matches

from django.core.management.base import CommandError

from geogame.models import PhotoSet
from geogame.rules.refusals import BadInput
from geogame.selections import set_called

MOST = 5  # sets that a refusal names


def called(words: str) -> PhotoSet:
    """Return the set of this name or short name. Raises CommandError, which lists the names that are near."""
    with suppress(BadInput):
        return set_called(words)
    names: dict[str, str] = {}  # by what may have been meant
    for name, slug in PhotoSet.objects.order_by("name").values_list("name", "slug"):
        names |= {name.lower(): name, slug.lower(): name}
    near = dict.fromkeys(names[each] for each in get_close_matches(words.lower(), names, n=2 * MOST, cutoff=0.5))
    some, kind = (list(near), "Near it") if near else (list(dict.fromkeys(names.values())), "There are")
    if not some:
        raise CommandError(f"There is no photo set called {words}, nor any other.")
    more = f" and {len(some) - MOST} more" if len(some) > MOST else ""
    raise CommandError(f"There is no photo set called {words}. {kind}: {', '.join(some[:MOST])}{more}.")
