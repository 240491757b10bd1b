"""What the variable parts of addresses look like."""

from django.urls import register_converter
from django.urls.converters import StringConverter

from geogame.forms import CodeForm
from geogame.models import CODE_ALPHABET


class GameCode(StringConverter):
    """A game's code; anything else is no address at all and never reaches the database."""

    regex = f"[{CODE_ALPHABET}]{{10}}"


class TypedCode(StringConverter):
    """A game's code as somebody typed it, in small letters or with a hyphen; read as the code field reads it."""

    regex = "[0-9A-Za-z-]{10,11}"

    def to_python(self, value: str) -> str:
        form = CodeForm({"code": value})
        if not form.is_valid():
            raise ValueError(value)
        return str(form.cleaned_data["code"])


register_converter(GameCode, "code")
register_converter(TypedCode, "typed")
