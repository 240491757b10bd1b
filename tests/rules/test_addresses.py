"""The address of a photo is good for an hour or two, for one photo of one round."""

from datetime import UTC, datetime, timedelta

import pytest

from geogame.rules.addresses import holds, key

TEN = datetime(2026, 3, 1, 10, 0, tzinfo=UTC)


def at(minutes: float) -> datetime:
    return TEN + timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("told", "asked", "is_good"),
    [
        (0, 0, True), (0, 119.9, True), (0, 120, False), (59.9, 60, True), (59.9, 120, False),
        (60, 59.5, True), (90, 10, False),  # told by a machine whose clock is a little fast, or far too fast
    ],
)  # fmt: skip
def test_a_key_is_good_in_its_hour_and_the_next(told: float, asked: float, is_good: bool) -> None:
    assert holds(key("secret", "round", 1, at(told)), "secret", "round", 1, at(asked)) is is_good


def test_a_key_is_the_same_all_the_hour() -> None:
    assert key("secret", "round", 1, at(0)) == key("secret", "round", 1, at(59.9)) != key("secret", "round", 1, at(60))


@pytest.mark.parametrize(
    ("secret", "round_id", "position"), [("other", "round", 1), ("secret", "another", 1), ("secret", "round", 2)]
)
def test_a_key_opens_nothing_else(secret: str, round_id: str, position: int) -> None:
    assert not holds(key("secret", "round", 1, TEN), secret, round_id, position, TEN)


@pytest.mark.parametrize("given", ["", "0" * 32, "é"])
def test_what_is_no_key_opens_nothing(given: str) -> None:
    assert not holds(given, "secret", "round", 1, TEN)
