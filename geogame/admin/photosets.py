"""Photo sets in the admin: what a set is, how far it has come, publishing it. Its other pages have their own rooms."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from geogame import contamination, experiments, photos, reviews
from geogame.admin import albums, keeping, reviewing, uploading
from geogame.admin.deleting import Deleting
from geogame.admin.experiments import cards
from geogame.admin.photos import thumbnail
from geogame.admin.setpage import Page, addresses, frame, standing, steps, warnings
from geogame.models import Experiment, Photo, PhotoSet


class PhotoSetForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = PhotoSet
        fields = ("name", "slug", "description", "domain", "licence", "credit", "published")
        labels = {"slug": _("Short name")}
        help_texts = {"slug": _("For addresses: small letters, digits and hyphens. It follows from the name.")}
        widgets = {"description": forms.Textarea(attrs={"rows": 3, "class": "vLargeTextField"})}


@admin.register(PhotoSet)
class PhotoSetAdmin(Deleting):
    list_display = ("cover", "name", "to_do", "number_of_photos", "state", "domain")
    list_display_links = ("cover", "name")
    list_filter = ("published", "domain")
    prepopulated_fields = {"slug": ("name",)}
    form = PhotoSetForm
    change_form_template = "admin/geogame/photoset/form.html"
    change_list_template = "admin/geogame/photoset/list.html"
    actions = ("publish", "withdraw", "delete_selected")

    def get_queryset(self, request: HttpRequest) -> QuerySet[PhotoSet]:
        return super().get_queryset(request).annotate(photo_count=Count("photos"))

    @admin.display(description=_("cover"))
    def cover(self, photo_set: PhotoSet) -> str:
        first = photos.cover(photo_set)
        return thumbnail(first, 64) if first else "–"

    @admin.display(description=_("photos"), ordering="photo_count")
    def number_of_photos(self, photo_set: Any) -> str:
        count = photo_set.photo_count
        return ngettext("%d photo", "%d photos", count) % count

    @admin.display(description=_("state"), ordering="published")
    def state(self, photo_set: PhotoSet) -> str:
        if photo_set.frozen_at:
            return gettext("frozen")
        return gettext("published") if photo_set.published else gettext("being made")

    @admin.display(description=_("what is to be done"))
    def to_do(self, photo_set: PhotoSet) -> str:
        step = next((step for step in steps(photo_set, standing(photo_set)) if not step.done), None)
        return format_html('<a href="{}">{}</a>', step.address, step.says) if step else "–"

    def has_delete_permission(self, request: HttpRequest, obj: PhotoSet | None = None) -> bool:
        """Ask for both permissions: photos go with their set."""
        return super().has_delete_permission(request, obj) and request.user.has_perm("geogame.delete_photo")  # type: ignore[union-attr]

    def needed(self, chosen: QuerySet[PhotoSet]) -> dict[int, str]:
        played = photos.played(Photo.objects.filter(photo_set__in=chosen)).order_by().values_list("photo_set")
        by_experiment = Experiment.objects.filter(photo_set__in=chosen).values_list("photo_set", "name")
        return {
            **{pk: gettext("The experiment “%(name)s” is made of it.") % {"name": name} for pk, name in by_experiment},
            **{pk: _played(count) for pk, count in played.annotate(count=Count("pk"))},
        }

    def delete_model(self, request: HttpRequest, obj: PhotoSet) -> None:
        """Hold what is still coming in: a file that is announced now would not go along, and keep its import here."""
        list(obj.imports.select_for_update())
        super().delete_model(request, obj)

    def goes_along(self, one: Any) -> str:
        told = gettext("with %(photos)s") % {"photos": self.number_of_photos(one)}
        if one.frozen_at:
            told += "; " + gettext("it is frozen, and its hash %(hash)s means nothing after that") % {
                "hash": one.frozen_sha256
            }
        return told

    def shown(self, chosen: QuerySet[PhotoSet]) -> QuerySet[PhotoSet]:
        return chosen.filter(published=True)

    @admin.action(description=_("Publish: players can choose these sets"), permissions=["change"])
    def publish(self, request: HttpRequest, queryset: QuerySet[PhotoSet]) -> None:
        queryset.update(published=True)
        for photo_set in queryset:
            warn(request, photo_set)

    @admin.action(description=_("Withdraw: players can no longer choose these sets"), permissions=["change"])
    def withdraw(self, request: HttpRequest, queryset: QuerySet[PhotoSet]) -> None:
        done = queryset.update(published=False)
        told = ngettext(
            "%d set withdrawn: players can no longer choose it.",
            "%d sets withdrawn: players can no longer choose them.",
            done,
        )
        messages.success(request, told % done)

    def save_model(self, request: HttpRequest, obj: PhotoSet, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        for name in ("licence", "credit"):
            if change and name in form.changed_data and getattr(obj, name):
                self._lend(request, obj, name)
        if "published" in form.changed_data and obj.published:
            warn(request, obj)

    def _lend(self, request: HttpRequest, photo_set: PhotoSet, name: str) -> None:
        """Write the set's licence or credit beside the photos that came in before it was known."""
        words = {"licence": None, "credit": None, name: getattr(photo_set, name)}
        done = reviews.credit(photo_set.photos.filter(**{name: ""}), **words)
        if done:
            told = ngettext("Written beside %d photo that had none.", "Written beside %d photos that had none.", done)
            messages.info(request, told % done)

    def response_add(self, request: HttpRequest, obj: PhotoSet, post_url_continue: str | None = None) -> HttpResponse:
        """Lead from a new set to the page where photos come in, unless somebody wants to go elsewhere."""
        if "_addanother" in request.POST or "_continue" in request.POST or "_popup" in request.POST:
            return super().response_add(request, obj, post_url_continue)
        return redirect("admin:geogame_photoset_upload", obj.pk)

    def render_change_form(
        self,
        request: HttpRequest,
        context: Any,
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Any = None,
    ) -> HttpResponse:
        if obj:
            around = frame(obj, "set")
            context |= {
                **around,
                "title": obj.name,
                "subtitle": "",
                "warnings": warnings(around["standing"]),
                "some": some_pictures(obj),
                "indexes": contamination.at_hand(),
                "opponents": cards(),
            }
        return super().render_change_form(request, context, add, change, form_url, obj)

    def get_urls(self) -> list[URLPattern]:
        return [
            *addresses([*PAGES, *uploading.PAGES, *reviewing.PAGES, *albums.PAGES, *keeping.PAGES]),
            *super().get_urls(),
        ]


def _played(count: int) -> str:
    return ngettext(
        "%d photo of this set has been played; stored rounds need it.",
        "%d photos of this set have been played; stored rounds need them.",
        count,
    ) % count  # fmt: skip


def some_pictures(photo_set: PhotoSet) -> list[str]:
    return [reviewing.picture_of(each, "small") for each in photo_set.photos.exclude(review="rejected")[:8]]


def publish(request: HttpRequest, photo_set: PhotoSet) -> HttpResponse:
    """Let players choose a set, or no longer; say what is still open."""
    published = request.POST.get("published") == "on"
    PhotoSet.objects.filter(pk=photo_set.pk).update(published=published)
    if published:
        play = format_html('<a href="{}">{}</a>', reverse("home"), gettext("Play it"))
        messages.success(request, format_html("{} {}", gettext("Published: players can choose it."), play))
        warn(request, photo_set)
    else:
        messages.success(request, gettext("Withdrawn: players can no longer choose it."))
    reviewing.note(request, photo_set, gettext("Published.") if published else gettext("Withdrawn."))
    return redirect("admin:geogame_photoset_change", photo_set.pk)


def warn(request: HttpRequest, photo_set: PhotoSet) -> None:
    """Say what is open about a set that players can choose now, and which running experiments show its photographs."""
    for says in warnings(standing(photo_set)):
        messages.warning(request, f"{photo_set.name}: {says}")
    for each in experiments.published(PhotoSet.objects.filter(pk=photo_set.pk), timezone.now()):
        said = gettext(
            "The sealed experiment “%(name)s” is running with photographs that players can now meet in ordinary games. "
            "Its page says so from now on. If that is not meant, withdraw the set until the experiment is over."
        )
        messages.warning(request, said % {"name": each.name})


PAGES = [Page("publish/", "publish", publish, "change_photoset", posted=True)]
