"""Names that look the same are the same, and what cannot be seen is no name."""

import pytest

from geogame.rules import names


@pytest.mark.parametrize(
    "other",
    [
        "ZOÉ", "zoe\u0301", "Zoe\u034f\u0301", "\uff3ao\u00e9", "Zo\u200d\u00e9", "Zo\u00e9\ufe0f", "\u3164Zo\u00e9",
        "Z\u00adoé", "\u202eZoé", " Zoé\u2800 ",
    ],
    ids=ascii,
)  # fmt: skip
def test_names_that_look_the_same_are_alike(other: str) -> None:
    assert names.alike(other) == names.alike("Zoé")


@pytest.mark.parametrize("other", ["Zoe", "Zo", "Z oé", "Zoé 2", "Zoë"])
def test_names_that_look_different_are_not(other: str) -> None:
    assert names.alike(other) != names.alike("Zoé")


def test_a_filler_parts_words_as_a_space_does() -> None:
    assert names.alike("Ana\u3164Maria") == names.alike("ana\u00a0 maria") != names.alike("Anamaria")


@pytest.mark.parametrize(
    "name",
    ["", "  ", "\u3164", "\u115f\u1160", "\uffa0", "\u2800\u2800", "\u200b", "\ufe0f", "\u034f", "\u0301"],
    ids=ascii,
)
def test_what_cannot_be_seen_is_no_name(name: str) -> None:
    assert names.tidy(name) == ""


@pytest.mark.parametrize("name", ["Ana Maria", "李雷", "محمد", "नीना", "Zoe\u0301", "❤\ufe0f", "7", "!"], ids=ascii)
def test_a_name_that_can_be_seen_is_kept_as_it_is(name: str) -> None:
    assert names.tidy(name) == name


def test_a_name_is_one_line_without_directions() -> None:
    assert names.tidy("  Ana\u202e \u3164\nMaria ") == "Ana Maria"
