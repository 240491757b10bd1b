"""Deleting in the admin. What stored rounds need stays: it is said so, and withdrawing it is offered instead."""

from collections.abc import Mapping
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.db import transaction
from django.db.models import ProtectedError, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from geogame.models import Prediction
from geogame.rules.refusals import Refused

SHOWN = 50  # of those chosen, by name


class Deleting(admin.ModelAdmin):  # type: ignore[type-arg]
    """Pages of things that may be part of the record. They have an action `withdraw`."""

    def needed(self, chosen: QuerySet[Any]) -> Mapping[int, str]:
        """Say of those that cannot be deleted why, by their keys."""
        raise NotImplementedError

    def goes_along(self, one: Any) -> str:
        """Say what is deleted with it."""
        return ""

    def shown(self, chosen: QuerySet[Any]) -> QuerySet[Any]:
        """Return those that new games may show."""
        raise NotImplementedError

    def withdrawable(self, chosen: QuerySet[Any]) -> QuerySet[Any]:
        """Return those of them that can be withdrawn."""
        return self.shown(chosen)

    def destroyable(self, chosen: QuerySet[Any]) -> QuerySet[Any]:
        """Return those whose pictures can be deleted though they stay on record."""
        return chosen.none()

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        there = self.get_object(request, unquote(object_id))
        if there is None or not self.has_delete_permission(request, there):
            return super().delete_view(request, object_id, extra_context)
        chosen = self.get_queryset(request).filter(pk=there.pk)
        if request.method == "POST" and not self.needed(chosen):
            try:
                return super().delete_view(request, object_id, extra_context)
            except (Refused, ProtectedError):  # somebody played it meanwhile
                pass
        return self._ask(request, chosen)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Let what a machine said go along with what it said it of: nobody has the permission to delete that alone."""
        objects, counts, lacking, protected = super().get_deleted_objects(objs, request)
        return objects, counts, lacking - {Prediction._meta.verbose_name}, protected

    @admin.action(description=_("Delete for good"), permissions=["delete"])
    def delete_selected(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        if "decided" not in request.POST:
            return self._ask(request, queryset)
        self._delete(request, queryset.exclude(pk__in=self.needed(queryset)))
        if left := len(self.needed(queryset)):
            told = ngettext("%d stays: it cannot be deleted.", "%d stay: they cannot be deleted.", left)
            messages.warning(request, told % left)
        return None

    def _delete(self, request: HttpRequest, free: QuerySet[Any]) -> None:
        """Delete one by one, so that one that is played meanwhile keeps no other."""
        gone = 0
        for each in free:
            try:
                with transaction.atomic():
                    self.log_deletions(request, free.filter(pk=each.pk))
                    self.delete_model(request, each)
            except (Refused, ProtectedError):
                continue
            gone += 1
        if gone:
            messages.success(request, ngettext("%d deleted.", "%d deleted.", gone) % gone)

    def _ask(self, request: HttpRequest, chosen: QuerySet[Any]) -> HttpResponse:
        """Show what would be deleted, and what stays and why; offer to withdraw that."""
        why = self.needed(chosen)
        free, stay = chosen.exclude(pk__in=why), chosen.filter(pk__in=why)
        may_withdraw = self.has_change_permission(request)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": gettext("Delete for good?") if free else gettext("This cannot be deleted"),
            "free": [(each, self.goes_along(each)) for each in free[:SHOWN]],
            "free_keys": list(free.values_list("pk", flat=True)),
            "stay": [(each, why[each.pk]) for each in stay[:SHOWN]],
            "stay_count": len(why),
            "withdraw_keys": list(self.withdrawable(stay).values_list("pk", flat=True)) if may_withdraw else [],
            "destroy_keys": list(self.destroyable(stay).values_list("pk", flat=True)),
            "is_withdrawn": not self.shown(stay).exists(),
            "more": max(0, free.count() - SHOWN),
            "more_stay": max(0, len(why) - SHOWN),
        }
        return render(request, "admin/geogame/delete.html", context)
