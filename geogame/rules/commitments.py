"""Promises that can be checked: a digest is told before a photo is shown, and what it was made of after the reveal.

The canonical bytes are ASCII, each line ended by a line feed:

    beat-planet commitment 1
    round: 0b2f3c6e-…          the round's id, in lower case with hyphens
    of: place                  or the opponent and its weights: planet@0f61b6116c23
    lat: 481371934             degrees times 10^7, a whole number
    lng: 115754821
    salt: 9f86d081…            64 hexadecimal digits, drawn for this one commitment

A machine that has no answer says `lat: none` and `lng: none`. The commitment is the SHA-256 of these bytes, in
hexadecimal. The salt keeps anybody from trying all places of the Earth; whole numbers mean the same in every language.
"""

import hashlib
import secrets

from geogame.rules.sphere import Point

E7 = 10**7


def new_salt() -> str:
    """Return 256 random bits as 64 hexadecimal digits."""
    return secrets.token_hex(32)


def e7(point: Point | None) -> tuple[int, int] | None:
    """Return latitude and longitude in whole units of 1e-7 degrees; None for no answer."""
    return None if point is None else (round(point.lat * E7), round(point.lng * E7))


def canonical(round_id: str, of: str, point: Point | None, salt: str) -> bytes:
    """Return the bytes that are committed to.

    >>> print(canonical("1b4e28ba-2fa1-41d2-883f-0016d3cca427", "place", Point(48.1, -11.5), "00ff").decode(), end="")
    beat-planet commitment 1
    round: 1b4e28ba-2fa1-41d2-883f-0016d3cca427
    of: place
    lat: 481000000
    lng: -115000000
    salt: 00ff
    """
    lat, lng = e7(point) or ("none", "none")
    lines = (
        "beat-planet commitment 1",
        f"round: {round_id}",
        f"of: {of}",
        f"lat: {lat}",
        f"lng: {lng}",
        f"salt: {salt}",
    )
    return "".join(f"{line}\n" for line in lines).encode("ascii")


def digest(round_id: str, of: str, point: Point | None, salt: str) -> str:
    """Return the commitment: SHA-256 of the canonical bytes, 64 hexadecimal digits."""
    return hashlib.sha256(canonical(round_id, of, point, salt)).hexdigest()
