"""The Django app of the game."""

from django.apps import AppConfig


class GeogameConfig(AppConfig):
    name = "geogame"
    verbose_name = "Beat PlaNet"

    def ready(self) -> None:
        # The admin's autodiscovery is off (it would import leaflet's admin, which wants GDAL).
        # The converters are for both routings, of pages and of sockets.
        from geogame import admin, converters  # noqa: F401
