"""The game's settings, and beside its addresses two bare ones to hold it against."""

from geogame.settings import *  # noqa: F403

ROOT_URLCONF = "benchmarks.hall_app"
