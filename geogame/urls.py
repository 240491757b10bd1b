"""Addresses of the site. None of them names a photo's file, and none runs a model on a picture that a player sends."""

from django.contrib import admin
from django.urls import path
from django.views.i18n import JavaScriptCatalog

from geogame.views import games, health, home, metrics, rooms, rounds, sets, setup

urlpatterns = [
    path("", home.show, name="home"),
    path("leaderboard/", home.leaderboard, name="leaderboard"),
    path("games/", games.start, name="start"),
    path("games/<code:code>/", games.show, name="game"),
    path("games/<code:code>/snapshot/", games.state, name="snapshot"),
    path("games/<code:code>/next/", games.advance, name="next"),
    path("rooms/", rooms.new, name="new-room"),
    path("join/", rooms.by_code, name="join-by-code"),
    path("games/<code:code>/join/", rooms.join, name="join"),
    path("games/<code:code>/screen/", games.screen, name="screen"),
    path("games/<code:code>/qr.svg", rooms.qr, name="qr"),
    path("games/<code:code>/lead/<str:key>/", rooms.lead, name="lead"),
    path("games/<code:code>/again/", rooms.again, name="again"),
    path("games/<code:code>/<slug:verb>/", rooms.verb, name="verb"),
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
