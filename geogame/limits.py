"""How often somebody may do something. Counted where all web processes see it: in Redis, or in the one process.

Behind one address may sit a classroom, or a hall of two hundred on the hall's own network: what an address may do is
meant for them, what a seat or a person may do for one.
"""

import contextlib

from django.conf import settings
from django.http import HttpRequest
from limits import RateLimitItem, RateLimitItemPerDay, RateLimitItemPerMinute, RateLimitItemPerSecond
from limits.errors import StorageError
from limits.storage import storage_from_string
from limits.strategies import FixedWindowRateLimiter

from geogame.rules.refusals import TooOften

OPEN_ROOM = RateLimitItemPerMinute(120, namespace="open")  # by an address
JOIN = RateLimitItemPerMinute(600, namespace="join")  # by an address
UNKNOWN_CODE = RateLimitItemPerMinute(30, namespace="code")  # by an address, by a person: codes that are no game's
HERE = RateLimitItemPerDay(1, namespace="here")  # by an address and a game: whether somebody of the game was there
GUESS = RateLimitItemPerSecond(20, 10, namespace="guess")  # by a seat
WHY = RateLimitItemPerMinute(30, namespace="why")  # by a seat
DRAFT = RateLimitItemPerSecond(60, 10, namespace="draft")  # by a seat


# Made when this module is imported, by one thread: the library looks for its Redis client, which two must not import.
_limiter = FixedWindowRateLimiter(storage_from_string(settings.LIMITS_STORAGE, wrap_exceptions=True))


def spare(limit: RateLimitItem, who: object) -> None:
    """Count one; raise TooOften where it is one too many. Where nobody can count, nobody is held up."""
    try:
        good = _limiter.hit(limit, str(who))
    except StorageError:
        return
    if not good:
        raise TooOften


def note(limit: RateLimitItem, who: object) -> None:
    """Count one, however many there were."""
    with contextlib.suppress(TooOften):
        spare(limit, who)


def is_spent(limit: RateLimitItem, who: object) -> bool:
    """Tell whether nothing is left, without counting."""
    try:
        return not _limiter.test(limit, str(who))
    except StorageError:
        return False


def forget() -> None:
    """Begin anew: for tests."""
    _limiter.storage.reset()


def address(request: HttpRequest) -> str:
    """Return where a request comes from; behind a proxy, what that proxy says (uvicorn reads its headers)."""
    return str(request.META.get("REMOTE_ADDR", ""))
