"""Sets Django up for programs that tests run in processes of their own: imported before anything that needs it."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "geogame.settings")
django.setup()
