"""Django's admin for this game. Imported by the app's `ready()`, since autodiscovery is off."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from geogame.admin import accounts, experiments, games, photos, photosets

admin.site.site_header = admin.site.site_title = _("Beat PlaNet: admin")
admin.site.index_title = _("Photos and games")

__all__ = ["accounts", "experiments", "games", "photos", "photosets"]
