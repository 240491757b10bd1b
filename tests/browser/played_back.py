"""Settings of the game whose services are played back: it asks the address SERVICES in place of theirs."""

import os
from functools import partial

from django.apps import AppConfig

from geogame.settings import *  # noqa: F403
from geogame.settings import INSTALLED_APPS


class PlayedBack(AppConfig):
    name = "tests.browser"

    def ready(self) -> None:
        from geogame import tasks  # not before the models are there

        here = os.environ["SERVICES"]
        tasks.Commons = partial(tasks.Commons, api=f"{here}/commons")  # type: ignore[misc,assignment]
        tasks.Mapillary = partial(tasks.Mapillary, api=f"{here}/mapillary")  # type: ignore[misc,assignment]


INSTALLED_APPS = [*INSTALLED_APPS, "tests.browser.played_back.PlayedBack"]
