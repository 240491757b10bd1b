"""Addresses of the site. None of them names a photo's file, and none runs a model on a picture that a player sends."""

from django.contrib import admin
from django.contrib.auth.decorators import login_required
from django.templatetags.static import static
from django.urls import path
from django.utils.functional import lazy
from django.views.generic import RedirectView
from django.views.i18n import JavaScriptCatalog

from geogame.views import (
    accounts,
    comparison,
    experiments,
    exports,
    games,
    health,
    home,
    metrics,
    people,
    rooms,
    rounds,
    sets,
    setup,
)

# For pages that name no icon: the admin's, files that are opened by themselves. The name of the file is known later.
ICON = RedirectView.as_view(url=lazy(static, str)("img/favicon.svg"))

urlpatterns = [
    path("", home.show, name="home"),
    path("leaderboard/", home.leaderboard, name="leaderboard"),
    path("comparison/", comparison.show, name="comparison"),
    path("comparison/methods/", comparison.methods, name="methods"),
    path("comparison/charts/<slug:name>.<slug:kind>", comparison.chart, name="chart"),
    path("experiments/", experiments.all_of_them, name="experiments"),
    path("experiments/<slug:slug>/", experiments.show, name="experiment"),
    path("experiments/<slug:slug>/take-part/", experiments.take_part, name="take-part"),
    path("experiments/<slug:slug>/protocol.json", experiments.protocol_json, name="protocol"),
    path("export/", exports.show, name="export"),
    path("export/rounds.<slug:kind>", exports.rounds, name="export-rounds"),
    path("games/", games.start, name="start"),
    path("games/<code:code>/", games.show, name="game"),
    path("games/<typed:code>/", RedirectView.as_view(pattern_name="game", query_string=True), name="typed-game"),
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
    path("rounds/<uuid:round_id>/photos/<int:position>/<slug:key>/", rounds.photo, name="round-photo"),
    path("sets/<slug:slug>/cover/", sets.cover, name="cover"),
    path("setup/<str:token>/", setup.first_admin, name="setup"),
    path("favicon.ico", ICON, name="icon"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", metrics.metrics, name="metrics"),
    path("jsi18n/", JavaScriptCatalog.as_view(packages=["geogame"]), name="javascript-catalog"),
    path("account/", accounts.SignIn.as_view(), name="sign-in"),
    path("account/new/", accounts.SignUp.as_view(), name="sign-up"),
    path("account/out/", accounts.SignOut.as_view(), name="sign-out"),
    path("account/password/", login_required(accounts.ChangePassword.as_view(), login_url="sign-in"), name="password"),
    path("account/play/", accounts.play_as_account, name="play-as-account"),
    path("you/", people.show, name="you"),
    path("you/data/", people.data, name="my-data"),
    path("you/delete/", people.delete, name="delete-me"),
    path("you/deleted/", people.deleted, name="deleted"),
    path("admin/login/", accounts.admin_sign_in, name="admin-sign-in"),  # nor this
    path("admin/logout/", accounts.SignOut.as_view(), name="admin-sign-out"),  # not the admin's own
    path("admin/", admin.site.urls),
]
