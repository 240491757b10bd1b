"""The Django app of the game."""

from django.apps import AppConfig


class GeogameConfig(AppConfig):
    name = "geogame"
    verbose_name = "Beat PlaNet"

    def ready(self) -> None:
        # The admin's autodiscovery is off (it would import leaflet's admin, which wants GDAL).
        from geogame import admin  # noqa: F401
