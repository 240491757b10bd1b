"""Games and people in the admin: to be looked at, not edited; every change to a game goes through `play`."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from geogame.models import Game, Guess, Person, Player, Prediction, Round


class ReadOnly(admin.ModelAdmin):  # type: ignore[type-arg]
    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


class ReadOnlyRows(admin.TabularInline):  # type: ignore[type-arg]
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


class PlayerRows(ReadOnlyRows):
    model = Player
    fields = ("name", "kind", "opponent", "weights", "domain", "joined_at")


class RoundRows(ReadOnlyRows):
    model = Round
    fields = ("number", "exhibit", "opened_at", "closes_at", "closed_at")


class GuessRows(ReadOnlyRows):
    model = Guess
    fields = ("player", "lat", "lng", "error_km", "points", "seconds", "auto", "seen_before")


@admin.register(Game)
class GameAdmin(ReadOnly):
    list_display = ("code", "photo_set", "created_at", "finished_at")
    list_filter = ("photo_set", "created_at")
    search_fields = ("code", "players__name")
    inlines = (PlayerRows, RoundRows)


@admin.register(Round)
class RoundAdmin(ReadOnly):
    list_display = ("game", "number", "exhibit", "opened_at", "closed_at")
    list_filter = ("game__photo_set",)
    inlines = (GuessRows,)


@admin.register(Prediction)
class PredictionAdmin(ReadOnly):
    list_display = ("exhibit", "opponent", "weights", "seconds", "waited_s", "device", "failure", "created_at")
    list_filter = ("opponent", "weights", "device", ("failure", admin.EmptyFieldListFilter))
    list_select_related = ("exhibit",)
    fields = ("exhibit", "opponent", "weights", "lat", "lng", "failure", "seconds", "waited_s", "device", "created_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Prediction]:
        return super().get_queryset(request).defer("probabilities")  # hundreds of kilobytes for a page of them


@admin.register(Person)
class PersonAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("__str__", "created_at")
    search_fields = ("name",)
    fields = ("name",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # people come by playing
