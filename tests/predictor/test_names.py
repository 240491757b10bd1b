"""What stands on signs: words, towns and numbers of the country."""

import re
import unicodedata
from random import Random

import pytest

from tests.predictor import painting

painting.needed()

from predictor.toyearth.countries import country
from predictor.toyearth.land import City, world
from predictor.toyearth.names import (
    _in_language,
    contact,
    distance_line,
    local_name,
    number_plate,
    script_of,
    shop_words,
)


def city(name: str, code: str) -> City:
    return next(c for c in world().cities if (c.name, c.country) == (name, code))


@pytest.mark.parametrize(
    ("code", "letters"),
    [("JP", ("CJK", "HIRAGANA", "KATAKANA")), ("RU", ("CYRILLIC",)), ("GR", ("GREEK",)), ("IL", ("HEBREW", "ARABIC")),
     ("TH", ("THAI",)), ("ET", ("ETHIOPIC", "LATIN")), ("DE", ("LATIN",))],
)  # fmt: skip
def test_shops_speak_the_countrys_languages(code: str, letters: tuple[str, ...]) -> None:
    for seed in range(30):
        words = shop_words(country(code), Random(seed))
        names = [unicodedata.name(letter) for letter in words.text if letter.isalpha()]
        assert all(name.startswith((*letters, "MODIFIER")) or "PROLONGED" in name for name in names), words


@pytest.mark.parametrize(
    ("name", "code", "expected"), [("Moscow", "RU", "Cyrl"), ("Tokyo", "JP", "Jpan"), ("Athens", "GR", "Grek")]
)
def test_towns_are_named_in_the_local_script(name: str, code: str, expected: str) -> None:
    text = local_name(city(name, code), country(code), Random(1))
    assert script_of(text, country(code)) == expected


@pytest.mark.parametrize(
    ("name", "code", "expected"),
    [
        ("Moscow", "RU", "Москва"), ("Seoul", "KR", "서울"), ("Vienna", "AT", "Wien"), ("Kyoto", "JP", "京都"),
        ("Tehran", "IR", "تهران"), ("Sofia", "BG", "София"),
        ("Chiang Mai", "TH", "เชียงใหม่"), ("Cairo", "EG", "القاهرة"),
    ],
)  # fmt: skip
def test_towns_have_the_names_that_people_there_use(name: str, code: str, expected: str) -> None:
    assert local_name(city(name, code), country(code), Random(1)) == expected


def test_a_ukrainian_name_is_spelled_with_ukrainian_letters() -> None:
    ukrainian = next(language for language in country("UA").languages if language.code == "uk")
    for town, expected in (("Lviv", "Львів"), ("Kharkiv", "Харків"), ("Kyiv", "Київ")):
        assert _in_language(city(town, "UA"), ukrainian) == expected


def test_a_town_without_a_known_name_keeps_its_own() -> None:
    assert local_name(City("Nowhere", "JP", 35.0, 135.0), country("JP"), Random(1)) == "Nowhere"


def test_distances_are_in_the_countrys_unit() -> None:
    leeds, lyon = city("Leeds", "GB"), city("Lyon", "FR")
    assert distance_line(leeds, 80.5, country("GB"), Random(1)).text == "Leeds 50"
    assert distance_line(lyon, 80.5, country("FR"), Random(1)).text == "Lyon 80"


def test_a_contact_tells_the_country() -> None:
    told = {contact(country("JP"), Random(seed)).text for seed in range(40)}
    assert any(text.startswith("+81 ") for text in told)
    assert any(re.fullmatch(r"www\.[a-z]{4}\.jp", text) for text in told)


@pytest.mark.parametrize(
    ("code", "shape"),
    [("DE", r"[A-Z]{2}-[A-Z]{2} \d{4}"), ("GB", r"[A-Z]{2}\d{2} [A-Z]{3}"), ("FR", r"[A-Z]{2}-\d{3}-[A-Z]{2}")],
)
def test_numbers_have_the_countrys_order(code: str, shape: str) -> None:
    pattern = country(code).plates.pattern
    numbers = {number_plate(pattern, Random(seed)) for seed in range(20)}
    assert len(numbers) > 15
    assert all(re.fullmatch(shape, number) for number in numbers)
