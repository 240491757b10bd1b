"""Photo sets in the admin: upload many files at once, see what became of each, correct places."""

import io
from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.files.uploadedfile import UploadedFile
from django.db import models
from django.db.models import Count, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from PIL import Image

from geogame import experiments, photos
from geogame.language import sentence
from geogame.models import Exhibit, Photo, PhotoSet
from geogame.rules.refusals import BadInput
from geogame.rules.sphere import Point
from geogame.sources import Entry, Refusal, of_zip, single

THUMBNAIL_PX = 240


class ManyFiles(forms.ClearableFileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """A field for several files."""

    widget = ManyFiles(attrs={"accept": ".jpg,.jpeg,.png,.webp,.zip"})

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile]:
        files = data if isinstance(data, list | tuple) else [data]
        one = super().clean
        return [one(file, initial) for file in files]


class UploadForm(forms.Form):
    photos = FilesField(
        allow_empty_file=True,  # an empty file is reported like any other that cannot be used
        label=_("Photos"),
        help_text=_("JPEG, PNG or WebP, many at once, or zips (with a CSV, if you like)."),
    )


@admin.register(PhotoSet)
class PhotoSetAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("cover", "name", "domain", "published", "number_of_photos", "upload_link")
    list_display_links = ("name",)
    list_filter = ("published", "domain")
    prepopulated_fields = {"slug": ("name",)}
    readonly_fields = ("upload_link",)
    actions = ("publish", "withdraw")

    def get_queryset(self, request: HttpRequest) -> QuerySet[PhotoSet]:
        return super().get_queryset(request).annotate(photo_count=Count("photos"))

    @admin.display(description=_("cover"))
    def cover(self, photo_set: PhotoSet) -> str:
        first = photo_set.cover()
        return thumbnail(first, 64) if first else "–"

    @admin.display(description=_("photos"), ordering="photo_count")
    def number_of_photos(self, photo_set: Any) -> int:
        return photo_set.photo_count

    @admin.display(description=_("upload"))
    def upload_link(self, photo_set: PhotoSet) -> str:
        if photo_set.pk is None:
            return gettext("Save the set first.")
        return format_html(
            '<a class="button" href="{}">{}</a>',
            reverse("admin:geogame_photoset_upload", args=[photo_set.pk]),
            _("Upload photos"),
        )

    @admin.action(description=_("Publish: players can choose these sets"))
    def publish(self, request: HttpRequest, queryset: QuerySet[PhotoSet]) -> None:
        queryset.update(published=True)
        warn_of_experiments(request, queryset)

    def save_model(self, request: HttpRequest, obj: PhotoSet, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if "published" in form.changed_data and obj.published:
            warn_of_experiments(request, PhotoSet.objects.filter(pk=obj.pk))

    @admin.action(description=_("Withdraw: players can no longer choose these sets"))
    def withdraw(self, request: HttpRequest, queryset: QuerySet[PhotoSet]) -> None:
        queryset.update(published=False)

    def get_urls(self) -> list[URLPattern]:
        upload = path("<int:pk>/upload/", self.admin_site.admin_view(self.upload), name="geogame_photoset_upload")
        return [upload, *super().get_urls()]

    def upload(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Take in uploaded pictures and zips; show what became of every file."""
        photo_set = get_object_or_404(PhotoSet, pk=pk)
        if not self.has_change_permission(request, photo_set):
            return redirect("admin:index")
        form = UploadForm(request.POST or None, request.FILES or None)
        report = None
        if request.method == "POST" and form.is_valid():
            report = photos.take_in_all(photo_set, _uploaded(form.cleaned_data["photos"]))
            messages.success(
                request, ngettext("%d photo imported.", "%d photos imported.", report.imported) % report.imported
            )
        refused = [(each.file, sentence(each.reason)) for each in report.refused] if report else []
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "photo_set": photo_set,
            "form": form,
            "report": report,
            "refused": refused,
            "title": _("Upload photos"),
        }
        return render(request, "admin/geogame/photoset/upload.html", context)


def _uploaded(files: list[UploadedFile]) -> Iterator[Entry]:
    for file in files:
        name = file.name or "?"
        if not name.lower().endswith(".zip"):
            yield single(name, file.read())
            continue
        try:
            yield from of_zip(file)  # type: ignore[arg-type]
        except BadInput as error:
            yield Refusal(name, error)


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
class PhotoAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("picture", "title", "photo_set", "in_play", "place", "credit", "licence")
    list_display_links = ("picture", "title")
    list_filter = ("photo_set", InPlay)
    list_select_related = ("photo_set",)
    search_fields = ("title", "credit", "original_name")
    fields = ("picture", "photo_set", "in_play", "title", "lat", "lng", "credit", "licence", "source_url", "extra")
    readonly_fields = ("picture", "photo_set", "in_play", "extra")
    list_per_page = 50
    formfield_overrides = {models.URLField: {"assume_scheme": "https"}}
    actions = ("withdraw", "restore")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # photos come in through their set's upload page

    def has_delete_permission(self, request: HttpRequest, obj: Photo | None = None) -> bool:
        if obj is not None and (obj.exhibits.filter(rounds__isnull=False).exists() or _is_sealed(obj)):
            return False
        return super().has_delete_permission(request, obj)

    def get_readonly_fields(self, request: HttpRequest, obj: Photo | None = None) -> tuple[str, ...]:
        """Where a photo was taken cannot be changed while a sealed experiment shows it."""
        return (*self.readonly_fields, *(("lat", "lng") if obj is not None and _is_sealed(obj) else ()))

    def delete_model(self, request: HttpRequest, obj: Photo) -> None:
        photos.remove(obj)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Leave out bulk deletion, which would pass by `photos.remove`."""
        return {name: action for name, action in super().get_actions(request).items() if name != "delete_selected"}

    @admin.action(description=_("Withdraw: no game draws these photos any more"))
    def withdraw(self, request: HttpRequest, queryset: QuerySet[Photo]) -> None:
        self._tell(request, photos.withdraw(queryset, timezone.now()))

    @admin.action(description=_("Restore: games may draw these photos again"))
    def restore(self, request: HttpRequest, queryset: QuerySet[Photo]) -> None:
        self._tell(request, photos.restore(queryset))

    def _tell(self, request: HttpRequest, changed: int) -> None:
        messages.success(request, ngettext("%d exhibit changed.", "%d exhibits changed.", changed) % changed)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Photo]:
        return super().get_queryset(request).prefetch_related("exhibits")

    @admin.display(description=_("in play"), boolean=True)
    def in_play(self, photo: Photo) -> bool:
        return any(exhibit.retired_at is None for exhibit in photo.exhibits.all())

    @admin.display(description=_("place"), ordering="lat")
    def place(self, photo: Photo) -> str:
        return f"{photo.lat:.4f}, {photo.lng:.4f}"

    @admin.display(description=_("photo"))
    def picture(self, photo: Photo) -> str:
        return thumbnail(photo, 120)

    def save_model(self, request: HttpRequest, obj: Photo, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if {"lat", "lng"} & set(form.changed_data):
            photos.move(obj, Point(obj.lat, obj.lng))

    def get_urls(self) -> list[URLPattern]:
        small = path("<int:pk>/thumbnail/", self.admin_site.admin_view(self.small), name="geogame_photo_thumbnail")
        return [small, *super().get_urls()]

    def small(self, request: HttpRequest, pk: int) -> HttpResponse:
        photo = get_object_or_404(Photo, pk=pk)
        out = io.BytesIO()
        try:
            with photo.file.open("rb") as file:
                image = Image.open(file)
                image.thumbnail((THUMBNAIL_PX, THUMBNAIL_PX))
                image.save(out, "JPEG", quality=80)
        except OSError as error:
            raise Http404 from error
        headers = {"Cache-Control": "private, max-age=3600"}
        return HttpResponse(out.getvalue(), content_type="image/jpeg", headers=headers)


def warn_of_experiments(request: HttpRequest, sets: QuerySet[PhotoSet]) -> None:
    """Say which running experiments show photographs of these sets, which players can choose now."""
    for each in experiments.published(sets, timezone.now()):
        said = gettext(
            "The sealed experiment “%(name)s” is running with photographs that players can now meet in ordinary games. "
            "Its page says so from now on. If that is not meant, withdraw the set until the experiment is over."
        )
        messages.warning(request, said % {"name": each.name})


def _is_sealed(photo: Photo) -> bool:
    return photos.is_sealed(photo.exhibits.all())


def thumbnail(photo: Photo, height_px: int) -> str:
    """Return an image element for staff pages."""
    address = reverse("admin:geogame_photo_thumbnail", args=[photo.pk])
    return format_html('<img src="{}" height="{}" alt="" loading="lazy">', address, height_px)
