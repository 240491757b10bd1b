"""Addresses that run out: a photo of a round is found by who was told where within the last hour or two."""

import hashlib
import hmac
from datetime import datetime, timedelta

HOUR = timedelta(hours=1)
AHEAD = timedelta(minutes=1)  # by which another machine's clock may be fast


def hour(now: datetime) -> int:
    """Return the number of the hour. As long as it lasts keys stay as they are, and browsers keep what they have."""
    return int(now.timestamp() // HOUR.total_seconds())


def key(secret: str, round_id: object, position: int, now: datetime) -> str:
    """Return what the address of a round's photo ends in: good in this hour and the next, 32 hexadecimal digits."""
    text = f"photo {position} of round {round_id} in hour {hour(now)}"
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()[:32]


def holds(given: str, secret: str, round_id: object, position: int, now: datetime) -> bool:
    """Tell whether a key is one that is good now."""
    good = {key(secret, round_id, position, then) for then in (now - HOUR, now, now + AHEAD)}
    return any(hmac.compare_digest(given.encode(), each.encode()) for each in good)
