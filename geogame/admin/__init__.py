"""Django's admin for this game. Imported by the app's `ready()`, since autodiscovery is off."""

from geogame.admin import games, photos

__all__ = ["games", "photos"]
