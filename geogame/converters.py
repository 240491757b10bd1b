"""What the variable parts of addresses look like."""

from django.urls import register_converter
from django.urls.converters import StringConverter

from geogame.models import CODE_ALPHABET


class GameCode(StringConverter):
    """A game's code; anything else is no address at all and never reaches the database."""

    regex = f"[{CODE_ALPHABET}]{{10}}"


register_converter(GameCode, "code")
