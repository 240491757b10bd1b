"""Games and people in the admin: to be looked at, not edited; what is done to them goes through the verbs."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Count, Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from geogame import comparisons, people, voiding
from geogame.language import sentence
from geogame.models import Game, Guess, Person, Player, Prediction, Round
from geogame.rules.refusals import Refused
from geogame.selections import NO_SECRET

SHOWN = 50  # of those chosen, by name


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
    fields = readonly_fields = (
        "name", "kind", "opponent", "weights", "domain", "joined_at", "voided_at", "void_reason",
    )  # fmt: skip


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

    def get_inlines(self, request: HttpRequest, obj: Round | None) -> Any:
        """Show the guesses, but for an experiment whose sealed number is not yet reached: staff do not peek either."""
        is_told = obj is not None and Round.objects.filter(NO_SECRET, pk=obj.pk).exists()
        return (GuessRows,) if is_told else ()


@admin.register(Prediction)
class PredictionAdmin(ReadOnly):
    list_display = ("exhibit", "opponent", "weights", "seconds", "waited_s", "device", "failure", "created_at")
    list_filter = ("opponent", "weights", "device", ("failure", admin.EmptyFieldListFilter))
    list_select_related = ("exhibit",)
    fields = ("exhibit", "opponent", "weights", "lat", "lng", "failure", "seconds", "waited_s", "device", "created_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Prediction]:
        return super().get_queryset(request).defer("probabilities")  # hundreds of kilobytes for a page of them


def decide(
    page: "admin.ModelAdmin[Any]",
    request: HttpRequest,
    chosen: QuerySet[Any],
    form: forms.Form,
    title: str,
    follows: str,
) -> HttpResponse:
    """Ask once more, with what has to be said, before something is done to those chosen."""
    action = request.POST.get("action", "")
    names = [str(each) for each in chosen[:SHOWN]]
    context = {
        **page.admin_site.each_context(request),
        "opts": page.opts, "form": form, "title": title, "what_follows": follows, "action": action, "shown": names,
        "keys": list(chosen.values_list("pk", flat=True)), "hidden": chosen.count() - len(names),
    }  # fmt: skip
    return render(request, "admin/geogame/decide.html", context)


class ReasonForm(forms.Form):
    reason = forms.CharField(
        max_length=200, label=_("Reason"), help_text=_("It stands beside the seat, and the person can read it.")
    )


class GroupForm(forms.Form):
    group = forms.CharField(max_length=60, required=False, label=_("Group"), help_text=_("Empty: in none."))


def decided(request: HttpRequest) -> dict[str, Any] | None:
    return request.POST.dict() if "decided" in request.POST else None


class Voiding(admin.ModelAdmin):  # type: ignore[type-arg]
    """Actions on seats, or on whoever has them."""

    def seats_of(self, chosen: QuerySet[Any]) -> QuerySet[Player]:
        raise NotImplementedError

    def has_void_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("geogame.change_player")  # type: ignore[union-attr]

    @admin.action(description=_("Void: they count in no figure any more"), permissions=["void"])
    def void(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        form = ReasonForm(decided(request))
        if form.is_valid():
            try:
                changed = voiding.void(self.seats_of(queryset), form.cleaned_data["reason"], timezone.now())
            except Refused as refusal:
                form.add_error("reason", sentence(refusal))
            else:
                told = ngettext("%d seat counts no more.", "%d seats count no more.", changed)
                messages.success(request, told % changed)
                return None
        follows = gettext("They stay in their games and count in no leaderboard, comparison or export, until restored.")
        return decide(self, request, queryset, form, gettext("Void"), follows)

    @admin.action(description=_("Restore: voided seats count again"), permissions=["void"])
    def restore(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        asked = self.seats_of(queryset).filter(voided_at__isnull=False).count()
        changed = voiding.restore(self.seats_of(queryset))
        messages.success(request, ngettext("%d seat counts again.", "%d seats count again.", changed) % changed)
        if asked > changed:
            left = gettext("%d stay as they are: withdrawn by the person, or given up in an experiment.")
            messages.warning(request, left % (asked - changed))


class Counts(admin.SimpleListFilter):
    title = _("counts")
    parameter_name = "counts"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("counts")), ("no", _("voided or withdrawn"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Player]) -> QuerySet[Player]:
        if self.value() not in {"yes", "no"}:
            return queryset
        return queryset.filter(voided_at__isnull=self.value() == "yes")


@admin.register(Player)
class PlayerAdmin(ReadOnly, Voiding):
    list_display = ("name", "game", "person", "voided_at", "void_reason", "joined_at")
    list_filter = (Counts, "game__photo_set", "joined_at")
    list_select_related = ("game", "person")
    search_fields = ("name", "game__code", "void_reason")
    fields = readonly_fields = (
        "name", "game", "person", "joined_at", "removed_at", "left", "from_round", "voided_at", "void_reason",
    )  # fmt: skip
    actions = ("void", "restore")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Player]:
        return super().get_queryset(request).filter(kind=Player.Kind.HUMAN).order_by("-joined_at")

    def seats_of(self, chosen: QuerySet[Player]) -> QuerySet[Player]:
        return chosen


@admin.register(Person)
class PersonAdmin(Voiding):
    list_display = ("__str__", "group", "user", "seats_taken", "voided", "created_at")
    list_filter = ("group", ("user", admin.EmptyFieldListFilter))
    list_select_related = ("user",)
    search_fields = ("name", "group", "user__username", "seats__game__code")
    fields = ("name", "group", "user", "created_at")
    readonly_fields = ("user", "created_at")
    actions = ("void", "restore", "put_in_group", "forget")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # people come by playing

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False  # games of others hold on to their seats: `forget` leaves empty chairs there

    def has_forget_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("geogame.delete_person")  # type: ignore[union-attr]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Person]:
        """Leave out who is nobody: the empty chairs of those who withdrew."""
        seats = super().get_queryset(request).exclude(seats__void_reason=voiding.WITHDRAWN)
        voided = Count("seats", filter=Q(seats__voided_at__isnull=False), distinct=True)
        return seats.annotate(taken=Count("seats", distinct=True), voided_seats=voided)

    def seats_of(self, chosen: QuerySet[Person]) -> QuerySet[Player]:
        return Player.objects.filter(person__in=chosen.values("pk"))

    @admin.display(description=_("games"), ordering="taken")
    def seats_taken(self, person: Any) -> int:
        return person.taken

    @admin.display(description=_("voided"), ordering="voided_seats")
    def voided(self, person: Any) -> int:
        return person.voided_seats

    def save_model(self, request: HttpRequest, obj: Person, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if "group" in form.changed_data:
            comparisons.forget()

    @admin.action(description=_("Put in a group"), permissions=["change"])
    def put_in_group(self, request: HttpRequest, queryset: QuerySet[Person]) -> HttpResponse | None:
        form = GroupForm(decided(request))
        if form.is_valid():
            changed = people.put_in_group(_anew(queryset), " ".join(form.cleaned_data["group"].split()))
            messages.success(request, ngettext("%d person moved.", "%d people moved.", changed) % changed)
            return None
        follows = gettext("Comparisons can be made of a group alone: a class, a team.")
        return decide(self, request, queryset, form, gettext("Put in a group"), follows)

    @admin.action(description=_("Delete all data of these people"), permissions=["forget"])
    def forget(self, request: HttpRequest, queryset: QuerySet[Person]) -> HttpResponse | None:
        if decided(request) is not None:
            chosen = list(_anew(queryset))
            for person in chosen:
                people.forget(person, timezone.now())
            told = ngettext("The data of %d person are deleted.", "The data of %d people are deleted.", len(chosen))
            messages.success(request, told % len(chosen))
            return None
        follows = gettext(
            "Their own games are deleted whole; in games with others and in experiments an empty chair stays. Accounts "
            "of staff stay. Nobody can undo this."
        )
        return decide(self, request, queryset, forms.Form(), gettext("Delete all data"), follows)


def _anew(chosen: QuerySet[Person]) -> QuerySet[Person]:
    """Return the same people without what the list counts beside them, so that they can be changed."""
    return Person.objects.filter(pk__in=list(chosen.order_by().values_list("pk", flat=True)))
