"""Addresses of the site. None of them names a photo's file, and none runs a model on a picture that a player sends."""

from django.contrib import admin
from django.urls import path
from django.views.i18n import JavaScriptCatalog

from geogame.views import games, health, home, metrics, rounds, sets, setup

urlpatterns = [
    path("", home.show, name="home"),
    path("leaderboard/", home.leaderboard, name="leaderboard"),
    path("games/", games.start, name="start"),
    path("games/<code:code>/", games.show, name="game"),
    path("games/<code:code>/snapshot/", games.state, name="snapshot"),
    path("games/<code:code>/next/", games.advance, name="next"),
    path("rounds/<uuid:round_id>/guess/", rounds.guess, name="guess"),
    path("rounds/<uuid:round_id>/draft/", rounds.draft, name="draft"),
    path("rounds/<uuid:round_id>/bell/", rounds.bell, name="bell"),
    path("rounds/<uuid:round_id>/why/", rounds.why, name="why"),
    path("rounds/<uuid:round_id>/photos/<int:position>/", rounds.photo, name="round-photo"),
    path("sets/<slug:slug>/cover/", sets.cover, name="cover"),
    path("setup/<str:token>/", setup.first_admin, name="setup"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", metrics.metrics, name="metrics"),
    path("jsi18n/", JavaScriptCatalog.as_view(packages=["geogame"]), name="javascript-catalog"),
    path("admin/", admin.site.urls),
]
