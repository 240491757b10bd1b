"""The Celery application. Queue `gpu` runs the geolocator; queue `clock` closes rounds that nobody is watching."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "geogame.settings")

app = Celery("geogame", include=["geogame.tasks", "predictor.tasks"])
app.config_from_object("django.conf:settings", namespace="CELERY")
