"""Sentences for people, in their language."""

from typing import TypeVar

from django.utils.translation import gettext

from geogame.rules.refusals import Refused

Value = TypeVar("Value")
TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")  # how Unicode turns writing round
FIRST_STRONG, END = "\u2068", "\u2069"  # around what turns nothing outside


def sentence(refusal: Refused) -> str:
    """Return the sentence of a refusal in the reader's language."""
    return gettext(refusal.sentence) % {name: isolated(value) for name, value in refusal.values.items()}


def isolated(value: Value) -> Value | str:
    """Return a value of a sentence so that a name that turns writing round does not turn the words after it."""
    if not isinstance(value, str) or not TURNING & set(value):
        return value
    return f"{FIRST_STRONG}{value.replace(END, '')}{END}"  # it must not end itself what is put around it
