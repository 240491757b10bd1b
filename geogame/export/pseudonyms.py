"""Names that say nothing: the same person has the same one in all exports of an installation, and another elsewhere."""

import hmac
from functools import lru_cache

from django.conf import settings

DIGITS = 16  # hexadecimal: of a million people no two are called the same, but with a chance of one in 37 million


def pseudonym(person: int) -> str:
    """Return what the person of this primary key is called here. It changes where SECRET_KEY does."""
    return _pseudonym(settings.SECRET_KEY, person)


@lru_cache(maxsize=50_000)
def _pseudonym(secret: str, person: int) -> str:
    own = hmac.digest(secret.encode(), b"geogame.pseudonyms", "sha256")  # no other signature is made with this one
    return "p" + under(own, str(person).encode())


def under(secret: bytes, what: bytes) -> str:
    """Return a name under a secret: nobody without the secret can tell whose it is, or try all people for it."""
    return hmac.digest(secret, what, "sha256").hex()[:DIGITS]
