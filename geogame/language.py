"""Sentences for people, in their language."""

from django.utils.translation import gettext

from geogame.rules.refusals import Refused


def sentence(refusal: Refused) -> str:
    """Return the sentence of a refusal in the reader's language."""
    return gettext(refusal.sentence) % refusal.values
