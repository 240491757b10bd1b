"""What is written on signs: shops, streets and towns, in the languages and scripts of a place.

Words come from Unicode CLDR (words.py), towns' names from CLDR and GeoNames; telephone numbers are libphonenumber's
examples.
"""

import json
import unicodedata
from difflib import SequenceMatcher
from functools import lru_cache
from pathlib import Path
from random import Random

import phonenumbers
from babel import Locale

from predictor.toyearth.countries import Country, Language
from predictor.toyearth.land import City
from predictor.toyearth.lettering import Words
from predictor.toyearth.words import words

# ISO 15924: how Unicode's names of that script's letters begin.
_LETTERS = {
    "Arab": "ARABIC", "Armn": "ARMENIAN", "Beng": "BENGALI", "Cyrl": "CYRILLIC", "Deva": "DEVANAGARI",
    "Ethi": "ETHIOPIC", "Geor": "GEORGIAN", "Grek": "GREEK", "Gujr": "GUJARATI", "Guru": "GURMUKHI", "Hans": "CJK",
    "Hant": "CJK", "Hebr": "HEBREW", "Jpan": "CJK", "Khmr": "KHMER", "Knda": "KANNADA", "Kore": "HANGUL", "Laoo": "LAO",
    "Mlym": "MALAYALAM", "Mymr": "MYANMAR", "Orya": "ORIYA", "Sinh": "SINHALA", "Taml": "TAMIL", "Telu": "TELUGU",
    "Thaa": "THAANA", "Thai": "THAI", "Tibt": "TIBETAN",
}  # fmt: skip
_LONGEST = 18  # letters on a sign
_ALPHABET, _DIGITS = "ABCDEFGHJKLMNPRSTUVWXYZ", "0123456789"


def spoken(country: Country, rng: Random) -> Language:
    """Choose the language of a sign: official ones by how many know them, among those whose words are known."""
    known = [language for language in country.languages if words(language.code)]
    if not known:
        return Language("en", "Latn", 1.0)
    return rng.choices(known, [max(language.share, 0.02) for language in known])[0]


def shop_words(country: Country, rng: Random) -> Words:
    """Return what stands over a shop."""
    language = spoken(country, rng)
    return Words(rng.choice(list(words(language.code).values())), language.script, "shop")


def contact(country: Country, rng: Random) -> Words:
    """Return a line that tells the country by a telephone prefix or an internet ending."""
    number = phonenumbers.example_number(country.code)
    if country.domain and (number is None or rng.random() < 0.5):
        stem = "".join(rng.choice("aeioubdklmnrst") for _ in range(4))
        return Words(f"www.{stem}{country.domain}", "Latn", "website")
    if number is None:
        return Words("Open", "Latn", "shop")
    return Words(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL), "Latn", "phone")


def local_name(city: City, country: Country, rng: Random) -> str:
    """Return a town's name as a sign has it: in a language of the country where that is known, else GeoNames' own."""
    language = spoken(country, rng)
    return _named_for_clocks(city, language.code) or _in_language(city, language) or city.name


@lru_cache(maxsize=4096)
def _named_for_clocks(city: City, language: str) -> str | None:
    """Return the name that CLDR has for a town after which a time zone is called."""
    if city.zone.split("/")[-1].replace("_", " ") != city.name:
        return None
    told = Locale.parse(language).time_zones.get(city.zone, {}).get("city")
    return str(told) if told else None


@lru_cache(maxsize=4096)
def _in_language(city: City, language: Language) -> str | None:
    """Return that of GeoNames' names that a language not written in Latin could have: spelled with its letters only.

    GeoNames' table does not say which name belongs to which language. Of several, the one that sounds most like the
    town's international name is taken; of those in Han characters, whose names tell no sound, the shortest.
    """
    own = _letters().get(language.code)
    if own is None:
        return None
    fitting = [name for name in city.names if len(name) <= _LONGEST and name.isprintable() and _is_spelled(name, own)]
    if not fitting:
        return None
    return max(fitting, key=lambda name: (_is_ideographic(name), _likeness(name, city.name), -len(name), name))


def _is_ideographic(name: str) -> bool:
    """Say whether a name is written in Han characters alone: towns are, where they can be."""
    return all(unicodedata.name(letter, "").startswith("CJK UNIFIED") for letter in name)


def _is_spelled(name: str, own: frozenset[str]) -> bool:
    written = [letter for letter in name.lower() if not letter.isspace() and letter not in "-’'"]
    return bool(written) and all(letter in own for letter in written)


def _likeness(name: str, international: str) -> float:
    """Return how much the letters' names, read aloud, are like the international name, 0 to 1."""
    return SequenceMatcher(None, "".join(map(_sound, name.lower())), international.lower()).ratio()


def _sound(letter: str) -> str:
    """Return the sound in a letter's name: "ka" says k, "em" says m, "seo" says seo.

    >>> [_sound(letter) for letter in "км서ホ"]
    ['k', 'm', 'seo', 'ho']
    """
    words = unicodedata.name(letter, "").lower().split()
    if not words or "ideograph" in words[-1] or words[-1] == "sign":
        return ""
    sound = words[-1]
    if words[0] in {"cyrillic", "greek", "hebrew", "arabic"} and len(sound) > 1:
        return sound[1:] if sound in {"em", "en", "el", "er", "es", "ef"} else sound.rstrip("aeh") or sound
    return sound


@lru_cache(maxsize=1)
def _letters() -> dict[str, frozenset[str]]:
    """Return the letters of languages not written in Latin (sources/letters.py)."""
    told = json.loads(Path(__file__).with_name("letters.json").read_text(encoding="utf-8"))
    return {language: frozenset(letters) for language, letters in told.items()}


def script_of(text: str, country: Country) -> str:
    """Return the script of a name's first letter that is not Latin, as the country calls it; "Latn" if there is none.

    Han characters are Jpan, Hans or Hant by the country's languages.
    """
    own = [language.script for language in country.languages]
    for letter in "" if text.isascii() else text:
        name = unicodedata.name(letter, "")
        fitting = [script for script, begins in _LETTERS.items() if name.startswith(begins)]
        if fitting:
            return next((script for script in own if script in fitting), fitting[0])
    return "Latn"


def distance_line(city: City, km: float, country: Country, rng: Random) -> Words:
    """Return a line of a direction sign: a town and how far it is, in the country's unit."""
    name = local_name(city, country, rng)[:_LONGEST]
    far = max(round(km / 1.609344 if country.miles else km), 1)
    return Words(f"{name} {far}", script_of(name, country), "direction")


def number_plate(pattern: str, rng: Random) -> str:
    """Return a number: "A" becomes a letter, "0" a digit."""
    return "".join(rng.choice(_ALPHABET if c == "A" else _DIGITS if c == "0" else c) for c in pattern)
