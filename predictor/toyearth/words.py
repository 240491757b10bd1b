"""Words over shops, in the languages of the world. words.json is made by sources/shop_words.py from Unicode CLDR."""

import json
from functools import lru_cache
from pathlib import Path


def words(language: str) -> dict[str, str]:
    """Return the word for each kind of shop, by a language's code as `countries.Language` has it; empty if unknown."""
    return _words().get(language, {})


@lru_cache(maxsize=1)
def _words() -> dict[str, dict[str, str]]:
    return dict(json.loads(Path(__file__).with_name("words.json").read_text(encoding="utf-8"))["words"])
