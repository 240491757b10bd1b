"""A room plays on while worker, Redis and web process go down and come back, and somebody sends garbage."""

import pytest

from benchmarks.faults import FAULTS, faults


@pytest.mark.slow
@pytest.mark.redis
def test_whatever_goes_down_every_seat_sees_every_reveal_and_no_guess_is_lost() -> None:
    told = faults(seats=30, round_s=6.0)
    assert len(told) == len(FAULTS) + 1
