"""Photos in the admin, one by one and across sets: their words, and whether they are in play.

Where they were taken, and what is odd about them, is for the review of their set.
"""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.db import models
from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from geogame import derivatives, photos
from geogame.admin.deleting import Deleting
from geogame.admin.reviewing import PICTURE
from geogame.language import sentence
from geogame.models import Exhibit, Photo
from geogame.rules.refusals import Refused
from geogame.views import pictures
from geogame.views.answers import refusing_page

KEPT_S = 3600  # a picture in the browser of staff


class InPlay(admin.SimpleListFilter):
    title = _("in play")
    parameter_name = "in_play"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("in play")), ("no", _("withdrawn"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Photo]) -> QuerySet[Photo]:
        if self.value() not in {"yes", "no"}:
            return queryset
        shown = Exhibit.objects.filter(photos=models.OuterRef("pk"), retired_at=None)
        return queryset.filter(models.Exists(shown) if self.value() == "yes" else ~models.Exists(shown))


@admin.register(Photo)
class PhotoAdmin(Deleting):
    list_display = ("picture", "title", "photo_set", "in_play", "place", "credit", "licence")
    list_display_links = ("picture", "title")
    list_filter = ("photo_set", InPlay)
    list_select_related = ("photo_set",)
    search_fields = ("title", "credit", "original_name")
    fields = ("large", "photo_set", "in_play", "title", "place", "credit", "licence", "source_url", "extra")
    readonly_fields = ("large", "photo_set", "in_play", "place", "extra")
    list_per_page = 50
    change_list_template = "admin/geogame/photoset/list.html"
    formfield_overrides = {models.URLField: {"assume_scheme": "https"}}
    actions = ("withdraw", "restore", "delete_selected", "destroy")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # photos come in through their set's upload page

    def needed(self, chosen: QuerySet[Photo]) -> dict[int, str]:
        return {pk: sentence(why) for pk, why in photos.needed(chosen).items()}

    def shown(self, chosen: QuerySet[Photo]) -> QuerySet[Photo]:
        return chosen.filter(exhibits__retired_at=None, exhibits__isnull=False).distinct()

    def withdrawable(self, chosen: QuerySet[Photo]) -> QuerySet[Photo]:
        return self.shown(chosen).filter(photo_set__frozen_at=None)

    def destroyable(self, chosen: QuerySet[Photo]) -> QuerySet[Photo]:
        return chosen.exclude(file="")

    def delete_model(self, request: HttpRequest, obj: Photo) -> None:
        photos.remove(obj)

    @admin.action(description=_("Withdraw: no game draws these photos any more"), permissions=["change"])
    def withdraw(self, request: HttpRequest, queryset: QuerySet[Photo]) -> None:
        self._tell(request, lambda: photos.withdraw(queryset, timezone.now()))

    @admin.action(description=_("Restore: games may draw these photos again"), permissions=["change"])
    def restore(self, request: HttpRequest, queryset: QuerySet[Photo]) -> None:
        self._tell(request, lambda: photos.restore(queryset))

    @admin.action(description=_("Destroy the pictures, keep the record"), permissions=["delete"])
    def destroy(self, request: HttpRequest, queryset: QuerySet[Photo]) -> HttpResponse | None:
        if "decided" not in request.POST:
            return self._ask(request, queryset)
        chosen = list(self.destroyable(queryset))
        gone = photos.destroy(queryset, timezone.now())
        for photo in chosen:
            self.log_change(request, photo, gettext("Its picture was destroyed."))
        messages.success(request, ngettext("%d picture destroyed.", "%d pictures destroyed.", gone) % gone)
        return None

    def _tell(self, request: HttpRequest, change: Callable[[], int]) -> None:
        try:
            changed = change()
        except Refused as refusal:
            messages.error(request, sentence(refusal))
        else:
            messages.success(request, ngettext("%d exhibit changed.", "%d exhibits changed.", changed) % changed)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Photo]:
        return super().get_queryset(request).prefetch_related("exhibits")

    @admin.display(description=_("in play"), boolean=True)
    def in_play(self, photo: Photo) -> bool:
        return any(exhibit.retired_at is None for exhibit in photo.exhibits.all())

    @admin.display(description=_("place"), ordering="lat")
    def place(self, photo: Photo) -> str:
        told = gettext("no place yet") if photo.lat is None else f"{photo.lat:.4f}, {photo.lng:.4f}"
        review = reverse("admin:geogame_photoset_review", args=[photo.photo_set_id])
        return format_html('{} · <a href="{}?photo={}">{}</a>', told, review, photo.pk, gettext("review"))

    @admin.display(description=_("photo"))
    def picture(self, photo: Photo) -> str:
        return thumbnail(photo, 120)

    @admin.display(description=_("photo"))
    def large(self, photo: Photo) -> str:
        if not photo.file:
            return gettext("It was destroyed.")
        address = reverse("admin:geogame_photo_picture", args=[photo.pk, PICTURE["large"]])
        return format_html('<a href="{}"><img class="photo-large" src="{}" alt=""></a>', address, address)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(refusing_page(self.kept))
        return [path("<int:pk>/picture/<int:width>/", view, name="geogame_photo_picture"), *super().get_urls()]

    def kept(self, request: HttpRequest, pk: int, width: int) -> HttpResponseBase:
        """Serve staff one of the sizes that a photo was kept in."""
        photo = get_object_or_404(Photo, pk=pk)
        if width not in PICTURE.values() or not self.has_view_permission(request, photo):
            raise Http404
        is_made = [width, "jpeg"] in photo.derived  # of photos from before there were sizes there is the large one
        name = derivatives.name(str(photo.file), width, "jpeg") if is_made else str(photo.file)
        answer = FileResponse(pictures.fetched(photo, name), content_type="image/jpeg")
        answer.headers.pop("Content-Disposition", None)  # it tells the name in the storage
        answer["Cache-Control"] = f"private, max-age={KEPT_S}"
        return answer


def thumbnail(photo: Photo, height_px: int) -> str:
    """Return an image element for staff pages, or that there is no picture any more."""
    if not photo.file:
        return gettext("destroyed")
    address = reverse("admin:geogame_photo_picture", args=[photo.pk, PICTURE["small"]])
    return format_html('<img src="{}" height="{}" alt="" loading="lazy">', address, height_px)
