"""Words over shops, against dictionaries."""

import pytest

from predictor.toyearth.countries import codes, country
from predictor.toyearth.words import words


@pytest.mark.parametrize(
    ("language", "kind", "word"),
    [
        ("ja", "hotel", "ホテル"), ("ja", "post office", "郵便局"), ("ko", "bank", "은행"), ("zh", "bank", "银行"),
        ("zh_Hant", "bank", "銀行"), ("zh_Hant", "post office", "郵局"), ("ru", "school", "школа"),
        ("sr", "hospital", "болница"), ("sr_Latn", "hospital", "bolnica"), ("de", "bread", "Brot"),
        ("pt", "bicycle", "bicicleta"), ("es", "post office", "oficina de correos"), ("ar", "bank", "بنك"),
        ("fa", "bank", "بانک"), ("hi", "bicycle", "बाइक"), ("th", "hotel", "โรงแรม"), ("el", "bank", "τράπεζα"),
        ("he", "bread", "לחם"), ("ka", "bank", "ბანკი"), ("am", "bank", "ባንክ"), ("sw", "school", "shule"),
        ("nb", "hospital", "sykehus"), ("nn", "hospital", "sjukehus"), ("nn", "bread", "brød"),
    ],
)  # fmt: skip
def test_a_shop_is_called_as_a_dictionary_calls_it(language: str, kind: str, word: str) -> None:
    assert words(language)[kind] == word


@pytest.mark.parametrize("language", ["kl", "dz", "und", "xx", ""])
def test_a_language_that_cldr_does_not_know_has_no_words(language: str) -> None:
    assert words(language) == {}


def test_words_reach_nearly_every_country_and_fit_over_a_door() -> None:
    silent = {code for code in codes() if not any(words(language.code) for language in country(code).languages)}
    assert silent <= {"AQ", "BT", "GL", "HM", "MV"}
    spoken = {language.code for code in codes() for language in country(code).languages}
    every = [word for language in spoken for word in words(language).values()]
    assert len(every) > 2500
    assert all(word == word.strip() and 0 < len(word) <= 18 for word in every)
