"""The game: people and machines look at the same photograph and say where on Earth it was taken."""

from geogame.celery import app as celery_app

__all__ = ["celery_app"]
