"""What is written on signs: shops, streets and towns, in the languages and scripts of a place.

Words come from Unicode CLDR (words.py), towns' names from GeoNames, telephone numbers are libphonenumber's examples.
"""

import unicodedata
from functools import lru_cache
from random import Random

import phonenumbers

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
    """Return a town's name as a sign has it: in the script of a language of the country, where GeoNames knows it."""
    script = spoken(country, rng).script
    return _in_script(city, script) or city.name


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


@lru_cache(maxsize=4096)
def _in_script(city: City, script: str) -> str | None:
    begins = _LETTERS.get(script)
    if begins is None:
        return None
    fitting = [
        name
        for name in city.names
        if len(name) <= _LONGEST and all(unicodedata.name(c, "").startswith(begins) for c in name if c.isalpha())
        and any(c.isalpha() for c in name)
    ]  # fmt: skip
    return min(fitting, key=lambda name: (len(name), name)) if fitting else None


def distance_line(city: City, km: float, country: Country, rng: Random) -> Words:
    """Return a line of a direction sign: a town and how far it is, in the country's unit."""
    name = local_name(city, country, rng)[:_LONGEST]
    far = max(round(km / 1.609344 if country.miles else km), 1)
    return Words(f"{name} {far}", script_of(name, country), "direction")


def number_plate(pattern: str, rng: Random) -> str:
    """Return a number: "A" becomes a letter, "0" a digit."""
    return "".join(rng.choice(_ALPHABET if c == "A" else _DIGITS if c == "0" else c) for c in pattern)
