"""The tables: columns, constraints and questions. Verbs live in `play` and `photos`; the database has the last word."""

import secrets
import uuid
from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from geogame.rules.refusals import NotNow, gettext_noop
from geogame.rules.sphere import Point

CODE_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base32: nothing that reads like something else


def new_code() -> str:
    """Return a code of ten base32 characters (50 bits): an address that cannot be guessed, yet can be read aloud."""
    return "".join(secrets.choice(CODE_ALPHABET) for _ in range(10))


def new_host_key() -> str:
    """Return 144 random bits as text: whoever shows it may lead the room. It is not the room's code."""
    return secrets.token_urlsafe(18)


def random_name(photo: "Photo", filename: str) -> str:
    """Return a storage name that says nothing of the photo."""
    token = secrets.token_hex(16)
    return f"{token[:2]}/{token}.jpg"


def coordinates(prefix: str, nullable: bool = False) -> list[models.CheckConstraint]:
    """Return the constraint that lat and lng are on the globe; both NULL or neither where `nullable`."""
    on_globe = Q(lat__gte=-90, lat__lte=90, lng__gte=-180, lng__lt=180)
    if nullable:
        on_globe |= Q(lat=None, lng=None)
    says = _("Latitude must lie between -90 and 90 degrees, longitude from -180 to just below 180.")
    return [models.CheckConstraint(condition=on_globe, name=f"{prefix}_coordinates", violation_error_message=says)]


class Domain(models.TextChoices):
    """What pictures show, or what an opponent was trained on."""

    TOY_EARTH = "toy-earth", _("Toy Earth")
    REAL = "real", _("real photographs")


class PhotoSet(models.Model):
    slug = models.SlugField(unique=True, max_length=80)
    name = models.CharField(_("name"), max_length=120, unique=True)
    description = models.TextField(_("description"), blank=True)
    domain = models.CharField(_("what it shows"), max_length=16, choices=Domain, default=Domain.REAL)
    published = models.BooleanField(_("published"), default=False, help_text=_("Players can choose published sets."))
    licence = models.CharField(
        _("licence"), max_length=200, blank=True, help_text=_("Of photos that come in without one of their own.")
    )
    credit = models.CharField(
        _("credit"), max_length=300, blank=True, help_text=_("Of photos that come in without one of their own.")
    )
    frozen_at = models.DateTimeField(null=True, editable=False)
    frozen_sha256 = models.CharField(max_length=64, blank=True, editable=False)  # of what `freezes.digest` writes down
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["name"]
        verbose_name = _("photo set")
        verbose_name_plural = _("photo sets")
        constraints = [
            models.CheckConstraint(
                condition=Q(frozen_at=None, frozen_sha256="") | (Q(frozen_at__isnull=False) & ~Q(frozen_sha256="")),
                name="set_is_frozen_or_not",
            )
        ]

    def __str__(self) -> str:
        return self.name


class Photo(models.Model):
    """One picture as it is kept: upright, re-encoded, without metadata, under a random name.

    A photo whose place nobody knows yet is kept, and shown in no exhibit until it has one.
    """

    class Review(models.TextChoices):
        WAITING = "", _("not looked at")
        ACCEPTED = "accepted", _("accepted")
        REJECTED = "rejected", _("rejected")

    class From(models.TextChoices):
        """Where a place was learnt."""

        EXIF = "exif", _("the camera")
        XMP = "xmp", _("XMP in the file")
        COMMENT = "comment", _("a comment in the file")
        TABLE = "table", _("a table")
        SERVICE = "service", _("the service it came from")
        HAND = "hand", _("somebody on the map")

    photo_set = models.ForeignKey(
        PhotoSet, on_delete=models.CASCADE, related_name="photos", verbose_name=_("photo set")
    )
    file = models.FileField(upload_to=random_name, editable=False)
    file_sha256 = models.CharField(max_length=64, blank=True, editable=False)  # of `file` as it is kept
    derived = models.JSONField(default=list, editable=False)  # [[width in px, format], …] that lie beside `file`
    phash = models.BigIntegerField(null=True, editable=False, db_index=True)  # of `fingerprints`, as a signed number
    width = models.PositiveIntegerField(editable=False)
    height = models.PositiveIntegerField(editable=False)
    colour = models.CharField(max_length=7, editable=False)  # average colour, #rrggbb: the placeholder while it loads
    lat = models.FloatField(_("latitude"), null=True, blank=True, help_text=_("degrees"))
    lng = models.FloatField(_("longitude"), null=True, blank=True, help_text=_("degrees"))
    place_from = models.CharField(max_length=8, choices=From, blank=True, editable=False)
    precision_m = models.FloatField(null=True, editable=False)  # what the digits of the coordinates mean at best
    taken_at = models.DateTimeField(null=True, editable=False)  # the camera's own clock, written as if it were UTC
    review = models.CharField(max_length=8, choices=Review, blank=True, default="", editable=False)
    reviewed_at = models.DateTimeField(null=True, editable=False)
    title = models.CharField(_("title"), max_length=300, blank=True)
    credit = models.CharField(_("credit"), max_length=300, blank=True)
    licence = models.CharField(_("licence"), max_length=200, blank=True)
    source_url = models.URLField(_("source"), max_length=1000, blank=True)
    original_name = models.CharField(_("original file"), max_length=300, editable=False)
    original_sha256 = models.CharField(max_length=64, editable=False)
    extra = models.JSONField(_("other columns"), default=dict, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["pk"]
        verbose_name = _("photo")
        verbose_name_plural = _("photos")
        constraints = [
            *coordinates("photo", nullable=True),
            models.UniqueConstraint(fields=["photo_set", "original_sha256"], name="photo_once_per_set"),
        ]

    def __str__(self) -> str:
        return self.title or self.original_name


class Leftover(models.Model):
    """The files of a photo that is deleted, until they are too: where they lie may be away just then."""

    file = models.CharField(max_length=100)  # as `Photo.file` and `derived`
    derived = models.JSONField(default=list)
    noted_at = models.DateTimeField(default=timezone.now)


class Doubt(models.Model):
    """Something odd about a photo, for somebody to look at. A grave one keeps the photo out of games until settled."""

    HINT, DOUBT, GRAVE = 1, 2, 3

    class Verdict(models.TextChoices):
        OPEN = "", _("open")
        FINE = "fine", _("all is well")
        MENDED = "mended", _("mended")
        REJECTED = "rejected", _("the photo is rejected")

    photo = models.ForeignKey(Photo, on_delete=models.CASCADE, related_name="doubts")
    kind = models.CharField(max_length=20)  # one of `doubts.KINDS`
    severity = models.PositiveSmallIntegerField()
    other = models.ForeignKey(Photo, null=True, on_delete=models.CASCADE, related_name="+")  # that it is held against
    detail = models.JSONField(default=dict)  # values of the kind's sentence
    found_at = models.DateTimeField(default=timezone.now)
    verdict = models.CharField(max_length=8, choices=Verdict, blank=True, default="")
    settled_at = models.DateTimeField(null=True)
    settled_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        ordering = ["-severity", "pk"]
        indexes = [models.Index(fields=["photo", "severity"], condition=Q(verdict=""), name="doubt_open")]
        constraints = [
            models.UniqueConstraint(fields=["photo", "kind", "other"], name="doubt_once_with_another"),
            models.UniqueConstraint(fields=["photo", "kind"], condition=Q(other=None), name="doubt_once"),
        ]


class Import(models.Model):
    """Photos on their way into a set: an upload, or a source that is read. What became of each is an `Arrival`."""

    photo_set = models.ForeignKey(PhotoSet, on_delete=models.CASCADE, related_name="imports")
    kind = models.CharField(max_length=12)  # one of `imports.KINDS`
    asked = models.JSONField(default=dict)  # what was asked of the source: a folder, a box, a question
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    opened_at = models.DateTimeField(default=timezone.now)
    closed_at = models.DateTimeField(null=True)  # nothing more is to arrive
    finished_at = models.DateTimeField(null=True)  # and nothing is left to do
    cursor = models.JSONField(null=True)  # where a service that is asked page by page goes on
    failure = models.JSONField(null=True)  # [sentence, values]: why a source was given up

    class Meta:
        ordering = ["-opened_at", "-pk"]


class Arrival(models.Model):
    """One file on its way: announced, arriving, waiting, at work, and then a photo or the reason why not."""

    source = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="arrivals")
    archive = models.ForeignKey("self", null=True, on_delete=models.CASCADE, related_name="members")  # the zip it is in
    name = models.CharField(max_length=300)  # its path in the folder or zip
    size = models.BigIntegerField(default=0)  # bytes
    modified = models.BigIntegerField(default=0)  # ms since 1970, as the browser says; tells versions of a file apart
    received = models.BigIntegerField(default=0)  # bytes
    path = models.CharField(max_length=1000, blank=True)  # in the inbox; of a folder on this machine where it lies
    token = models.CharField(max_length=32, blank=True)  # names what is made of it, so that a second try leaves no rest
    is_table = models.BooleanField(default=False)  # which says where the others are; they wait for it
    words = models.JSONField(default=dict)  # what its row in a table, or a service, says
    arrived_at = models.DateTimeField(null=True)
    taken_at = models.DateTimeField(null=True)  # a sign of life of the worker that has it
    tries = models.PositiveSmallIntegerField(default=0)
    done_at = models.DateTimeField(null=True)
    sha256 = models.CharField(max_length=64, blank=True)
    photo = models.ForeignKey(Photo, null=True, on_delete=models.SET_NULL, related_name="arrivals")
    reason = models.JSONField(null=True)  # [sentence, values]: why there is no photo of it, or no new one

    class Meta:
        ordering = ["pk"]
        indexes = [
            models.Index(
                fields=["taken_at"], condition=Q(done_at=None, arrived_at__isnull=False), name="arrival_waiting"
            )
        ]
        constraints = [
            models.UniqueConstraint(fields=["source", "name", "size", "modified"], name="arrival_once_per_import")
        ]


class Check(models.Model):
    """What was found when a set was held against the photos that an opponent was trained on."""

    photo_set = models.ForeignKey(PhotoSet, on_delete=models.CASCADE, related_name="checks")
    opponent = models.CharField(max_length=60)
    weights = models.CharField(max_length=64)
    index_sha256 = models.CharField(max_length=64)  # of the file that tells what the opponent was trained on
    photos = models.PositiveIntegerField()  # that were compared
    alike = models.PositiveIntegerField()  # that look like one of them
    near = models.PositiveIntegerField()  # that were taken within 1 km of one of them
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-made_at", "-pk"]


class Exhibit(models.Model):
    """What a round shows: one photo or several in order, and one place (of a trip: that of the last photo)."""

    photo_set = models.ForeignKey(PhotoSet, on_delete=models.CASCADE, related_name="exhibits")
    album = models.CharField(max_length=200, blank=True)
    lat = models.FloatField()
    lng = models.FloatField()
    photos = models.ManyToManyField(Photo, through="ExhibitPhoto", related_name="exhibits")
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            *coordinates("exhibit"),
            models.UniqueConstraint(fields=["photo_set", "album"], condition=~Q(album=""), name="album_once_per_set"),
        ]

    def __str__(self) -> str:
        return self.album or f"#{self.pk}"

    def ordered_photos(self) -> list[Photo]:
        return list(self.photos.order_by("exhibitphoto__position"))


class ExhibitPhoto(models.Model):
    exhibit = models.ForeignKey(Exhibit, on_delete=models.CASCADE)
    photo = models.ForeignKey(Photo, on_delete=models.CASCADE)
    position = models.PositiveIntegerField()

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["exhibit", "position"], name="exhibit_position_once")]


class Partition(models.Model):
    """The cells that a weights version answers in, so that pages can draw them without the weights file."""

    digest = models.CharField(primary_key=True, max_length=64)  # SHA-256 of the ids' bytes
    cell_ids = models.BinaryField()  # uint64, little-endian, sorted


class Prediction(models.Model):
    """A machine's answer to one exhibit: a point and the probability of every cell (float16), or why there is none."""

    exhibit = models.ForeignKey(Exhibit, on_delete=models.CASCADE, related_name="predictions")
    opponent = models.CharField(max_length=60)
    weights = models.CharField(max_length=64)
    lat = models.FloatField(null=True)
    lng = models.FloatField(null=True)
    partition = models.ForeignKey(Partition, null=True, on_delete=models.PROTECT)
    probabilities = models.BinaryField(null=True)  # float16, little-endian, in the partition's order
    failure = models.CharField(max_length=300, blank=True)
    # NULL where nobody measured: predictions from before these columns, and failures, which took no machine's time.
    # Of the batch that it was answered in: reading, decoding and thinking, in seconds, divided by the exhibits in it.
    seconds = models.FloatField(null=True)
    device = models.CharField(max_length=120, null=True)  # where the machine thought: "cpu", "cuda: NVIDIA H100"
    waited_s = models.FloatField(null=True)  # from when the exhibit was wanted (game made, or the round before opened)
    # Probability that the truth lies within so many km of the answer, by km; NULL until a comparison asked for it.
    confidence = models.JSONField(null=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [
            # All that the metrics add up, so that nobody reads past the probabilities for it.
            models.Index(
                fields=["opponent", "weights", "device", "seconds", "waited_s", "failure"], name="prediction_measures"
            ),
        ]
        constraints = [
            *coordinates("prediction", nullable=True),
            models.UniqueConstraint(fields=["exhibit", "opponent", "weights"], name="prediction_once"),
            models.CheckConstraint(condition=Q(lat=None) ^ Q(failure=""), name="prediction_answers_or_says_why_not"),
        ]

    def point(self) -> Point | None:
        return None if self.lat is None or self.lng is None else Point(self.lat, self.lng)


class Person(models.Model):
    """Somebody who plays, across games: known by a signed cookie, with an account or without."""

    key = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    name = models.CharField(_("name"), max_length=40, blank=True)
    user = models.OneToOneField(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL)
    group = models.CharField(
        _("group"), max_length=60, blank=True, help_text=_("A class, a team: comparisons can be made of it alone.")
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")

    def __str__(self) -> str:
        return self.name or f"#{self.pk}"


class SealedRows(models.QuerySet[Any]):
    """Rows that keep what was sealed, whoever asks."""

    def update(self, **values: Any) -> int:
        model: Any = self.model
        if set(values) - model.AFTER_THE_SEAL and self.filter(**model.SEALED).exists():
            raise NotNow(CHANGES_NO_MORE)
        return super().update(**values)


class Sealed(models.Model):
    """A row of whose facts some, once they are sealed, change no more. Raises NotNow when somebody tries."""

    SEALED: ClassVar[dict[str, Any]]  # the question whether a row is
    AFTER_THE_SEAL: ClassVar[frozenset[str]]  # columns that are written later

    objects = SealedRows.as_manager()

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        names = [each.attname for each in self._meta.concrete_fields if each.name not in self.AFTER_THE_SEAL]
        stored = type(self).objects.filter(pk=self.pk, **self.SEALED).values(*names).first() if self.pk else None
        if stored and any(stored[name] != getattr(self, name) for name in names):
            raise NotNow(CHANGES_NO_MORE)
        super().save(*args, **kwargs)


CHANGES_NO_MORE = gettext_noop("This experiment is sealed, and what is sealed never changes. Make a new one from it.")


class Experiment(Sealed):
    """A comparison whose rules are frozen before its first round. Facts until the seal; the seal; what came of it."""

    SEALED = {"sealed_at__isnull": False}
    AFTER_THE_SEAL = frozenset(
        {
            "finished_at", "first_result", "abandoned_at", "abandoned_because", "exposed_at", "checked_at",
            "checked_rounds", "broken",
        }
    )  # fmt: skip

    slug = models.SlugField(unique=True, max_length=80)
    name = models.CharField(_("name"), max_length=120)
    question = models.TextField(_("question"), blank=True, help_text=_("What shall be found out, in a sentence."))
    photo_set = models.ForeignKey(PhotoSet, on_delete=models.PROTECT, related_name="experiments")
    opponent = models.CharField(max_length=60)
    weights = models.CharField(max_length=64)
    people = models.PositiveIntegerField(_("people"), default=10)
    exhibits_each = models.PositiveIntegerField(_("rounds for each"), default=5)
    shared = models.BooleanField(
        _("the same photos for all"), default=False, help_text=_("Otherwise everybody has photos of their own.")
    )
    time_limit_s = models.PositiveIntegerField(_("seconds for a round"), null=True, blank=True)
    zoom = models.BooleanField(_("zoom"), default=False)
    give_up_after_h = models.PositiveIntegerField(
        _("hours to finish"), default=48, help_text=_("A game that took longer is left out, and its place is free.")
    )
    prepared_at = models.DateTimeField(null=True, editable=False)  # since when the machine's answers are wanted
    protocol = models.JSONField(null=True, editable=False)  # all that was frozen, as it was hashed
    seal = models.CharField(max_length=64, blank=True, editable=False)  # SHA-256 of the protocol's canonical JSON
    sealed_at = models.DateTimeField(null=True, editable=False)
    finished_at = models.DateTimeField(null=True, editable=False)  # when the sealed number was reached
    # What the sealed test found then, whoever is taken out later; empty: nothing could be tested. NULL: not yet.
    first_result = models.JSONField(null=True, editable=False)
    # Or staff ended it before that, with a reason: nothing of it is ever compared.
    abandoned_at = models.DateTimeField(_("abandoned at"), null=True, editable=False)
    abandoned_because = models.CharField(_("abandoned because"), max_length=300, blank=True, editable=False)
    exposed_at = models.DateTimeField(null=True, editable=False)  # since when players can choose a set with its photos
    # The last time that the record was held against the seal: after how many closed rounds, and which parts of it did
    # not hold (names of `seals.PARTS`); NULL: not yet.
    checked_at = models.DateTimeField(null=True, editable=False)
    checked_rounds = models.PositiveIntegerField(null=True, editable=False)
    broken = models.JSONField(null=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["-created_at"]
        verbose_name = _("experiment")
        verbose_name_plural = _("experiments")
        constraints = [
            models.CheckConstraint(
                condition=Q(sealed_at=None, seal="", protocol=None)
                | (Q(sealed_at__isnull=False, protocol__isnull=False) & ~Q(seal="")),
                name="experiment_is_sealed_or_not",
            ),
            models.CheckConstraint(
                condition=Q(abandoned_at=None, abandoned_because="")
                | (Q(abandoned_at__isnull=False, sealed_at__isnull=False, finished_at=None) & ~Q(abandoned_because="")),
                name="experiment_is_abandoned_for_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def over_at(self) -> datetime | None:
        """Return when it was finished or abandoned; None while it runs."""
        return self.finished_at or self.abandoned_at


class Game(models.Model):
    code = models.CharField(max_length=10, unique=True, default=new_code, editable=False)
    photo_set = models.ForeignKey(PhotoSet, on_delete=models.PROTECT, related_name="games")
    domain = models.CharField(max_length=16, choices=Domain)  # the set's when the game was opened
    time_limit_s = models.PositiveIntegerField(null=True, blank=True)  # of one round; NULL: none
    countdown_s = models.PositiveIntegerField(null=True, blank=True)  # for the rest, from the first guess; NULL: none
    zoom = models.BooleanField(default=True)  # whether photos may be looked at more closely
    photos_each = models.CharField(max_length=8, default="any")  # what was drawn: any, one or several in each round
    machine_wait_s = models.FloatField(default=15)
    # A room: others may come in with its code. The host leads it: a person, who may have a seat or none.
    is_room = models.BooleanField(default=False)
    host = models.ForeignKey(Person, null=True, blank=True, on_delete=models.SET_NULL, related_name="hosted")
    host_key = models.CharField(max_length=32, default=new_host_key, editable=False)  # makes its bearer the host
    host_seen_at = models.DateTimeField(null=True, editable=False)  # the last sign of life of the host's browser
    locked_at = models.DateTimeField(null=True, editable=False)  # nobody new may come in
    next_game = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, editable=False)
    experiment = models.ForeignKey(
        Experiment, null=True, blank=True, on_delete=models.PROTECT, related_name="games", editable=False
    )
    version = models.PositiveIntegerField(default=0)  # grows with every change that a snapshot can show
    ground = models.PositiveIntegerField(default=0)  # the version of the last change that was more than guesses
    created_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return self.code

    def machine_wait(self) -> timedelta:
        return timedelta(seconds=self.machine_wait_s)


class Slot(Sealed):
    """A place in an experiment: who takes it plays these exhibits.

    Those beyond the experiment's number of people are spare ones. Given up, a place is replaced by the next spare one;
    where none is left, the same exhibits get another attempt.
    """

    SEALED = {}  # places are made at the seal
    AFTER_THE_SEAL = frozenset({"game", "taken_at", "excluded", "replaced"})

    class Excluded(models.TextChoices):
        UNFINISHED = "unfinished", _("not finished in time")
        WITHDRAWN = "withdrawn", _("withdrawn by the person")
        VOIDED = "voided", _("taken out by staff")

    experiment = models.ForeignKey(Experiment, on_delete=models.PROTECT, related_name="slots")
    number = models.PositiveIntegerField()  # from 1
    attempt = models.PositiveIntegerField(default=1)
    exhibits = models.JSONField()  # their keys, in the order in which they are played
    game = models.OneToOneField(Game, null=True, on_delete=models.PROTECT, related_name="slot")
    taken_at = models.DateTimeField(null=True)
    excluded = models.CharField(max_length=12, choices=Excluded, blank=True)
    replaced = models.BooleanField(default=False)  # excluded before the end, so that another is played instead

    class Meta:
        ordering = ["experiment", "number", "attempt"]
        constraints = [
            models.UniqueConstraint(fields=["experiment", "number", "attempt"], name="slot_attempt_once"),
            models.UniqueConstraint(
                fields=["experiment", "number"], condition=Q(excluded=""), name="one_slot_counts_for_each_number"
            ),
            models.CheckConstraint(condition=Q(game=None) ^ Q(taken_at__isnull=False), name="slot_is_taken_or_free"),
            models.CheckConstraint(condition=Q(replaced=False) | ~Q(excluded=""), name="slot_is_replaced_if_excluded"),
        ]

    def __str__(self) -> str:
        return f"{self.experiment_id}/{self.number}"


class Player(models.Model):
    """A seat in one game: a person's, or a machine's (opponent and weights version)."""

    class Kind(models.TextChoices):
        HUMAN = "human", _("person")
        MACHINE = "machine", _("machine")

    game = models.ForeignKey(Game, on_delete=models.CASCADE, related_name="players")
    kind = models.CharField(max_length=8, choices=Kind)
    name = models.CharField(max_length=60)
    person = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="seats")
    opponent = models.CharField(max_length=60, blank=True)
    weights = models.CharField(max_length=64, blank=True)
    domain = models.CharField(max_length=16, choices=Domain, blank=True)  # what a machine was trained on
    explains = models.BooleanField(default=False)  # a machine that can say why it answered so
    joined_at = models.DateTimeField(default=timezone.now)
    from_round = models.PositiveIntegerField(
        default=1
    )  # the first that this seat plays: late joiners wait for the next
    removed_at = models.DateTimeField(null=True)  # no longer there: what they guessed stays
    left = models.BooleanField(default=False)  # by themselves, so that they may come back; else the host removed them
    voided_at = models.DateTimeField(null=True, editable=False)  # from then on this seat counts in no statistic
    void_reason = models.CharField(max_length=200, blank=True, editable=False)

    class Meta:
        ordering = ["pk"]
        indexes = [
            models.Index(fields=["voided_at"], name="player_voided_at", condition=Q(voided_at__isnull=False)),
        ]
        constraints = [
            models.UniqueConstraint(fields=["game", "person"], name="one_seat_per_person"),
            models.CheckConstraint(condition=Q(voided_at=None) ^ ~Q(void_reason=""), name="player_voided_for_a_reason"),
            models.CheckConstraint(
                condition=Q(kind="human", person__isnull=False, opponent="", weights="")
                | (Q(kind="machine", person=None) & ~Q(opponent="") & ~Q(weights="")),
                name="player_is_person_or_machine",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_machine(self) -> bool:
        return self.kind == self.Kind.MACHINE


class Round(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    game = models.ForeignKey(Game, on_delete=models.CASCADE, related_name="rounds")
    number = models.PositiveIntegerField()  # from 1
    exhibit = models.ForeignKey(Exhibit, on_delete=models.PROTECT, related_name="rounds")
    lat = models.FloatField()  # the truth as it was when the round was drawn: a later correction changes no result
    lng = models.FloatField()
    wanted_at = models.DateTimeField(null=True)  # since when the machines' answers are wanted; NULL: not yet
    opened_at = models.DateTimeField(null=True)
    closes_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    skipped = models.BooleanField(default=False)  # closed by the host without a reveal: it counts for nobody

    class Meta:
        ordering = ["game", "number"]
        indexes = [models.Index(fields=["closed_at"], name="round_closed_at")]  # the last one is asked for often
        constraints = [
            *coordinates("round"),
            models.UniqueConstraint(fields=["game", "number"], name="round_number_once"),
            models.UniqueConstraint(
                fields=["game"], condition=Q(opened_at__isnull=False, closed_at=None), name="one_open_round_per_game"
            ),
            models.CheckConstraint(
                condition=Q(closed_at=None) | Q(closed_at__gte=F("opened_at")), name="round_closes_after_it_opens"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.game_id}/{self.number}"

    def truth(self) -> Point:
        return Point(self.lat, self.lng)

    def is_open(self, now: datetime) -> bool:
        """Tell whether guesses that reached the server at `now` count: opened, not closed, its time not yet up."""
        in_time = self.closes_at is None or now < self.closes_at
        return self.opened_at is not None and self.closed_at is None and in_time


class Guess(models.Model):
    """One player's answer in one round. A missing answer is a row of NULLs, written when the round closes."""

    round = models.ForeignKey(Round, on_delete=models.CASCADE, related_name="guesses")
    player = models.ForeignKey(Player, on_delete=models.CASCADE, related_name="guesses")
    lat = models.FloatField(null=True)
    lng = models.FloatField(null=True)
    error_km = models.FloatField(null=True)
    points = models.PositiveIntegerField(null=True)
    seconds = models.FloatField(null=True)  # from the round's opening to the answer
    auto = models.BooleanField(default=False)  # a pin that was dropped but not confirmed before the deadline
    seen_before = models.BooleanField(default=False)  # the person had met this exhibit, or a copy, in an earlier game
    key = models.CharField(max_length=64, blank=True)  # the browser's idempotency key
    looked_away = models.PositiveIntegerField(null=True)  # how often the page was hidden, by its own account; data only
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name_plural = "guesses"
        constraints = [
            *coordinates("guess", nullable=True),
            models.UniqueConstraint(fields=["round", "player"], name="one_guess_per_round_and_player"),
            models.CheckConstraint(
                condition=Q(lat=None, error_km=None, points=None)
                | Q(lat__isnull=False, error_km__gte=0, points__isnull=False),
                name="missing_guess_has_no_error",
            ),
        ]

    def point(self) -> Point | None:
        return None if self.lat is None or self.lng is None else Point(self.lat, self.lng)


class Commitment(models.Model):
    """What a round's place (`player` NULL) or a machine's answer was, promised before it could be changed.

    Of what it was made follows from the round and the guess, which never change; see `rules.commitments`.
    """

    round = models.ForeignKey(Round, on_delete=models.CASCADE, related_name="commitments")
    player = models.ForeignKey(Player, null=True, on_delete=models.CASCADE, related_name="commitments")
    salt = models.CharField(max_length=64)
    digest = models.CharField(max_length=64)
    made_at = models.DateTimeField()  # after the round was opened: the machine's answer came later than the photo

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["round", "player"], name="one_commitment_per_round_and_player"),
            models.UniqueConstraint(fields=["round"], condition=Q(player=None), name="one_place_per_round"),
        ]


class Draft(models.Model):
    """A pin that was dropped and not yet confirmed. It counts when the time is up; it is never announced."""

    round = models.ForeignKey(Round, on_delete=models.CASCADE, related_name="drafts")
    player = models.ForeignKey(Player, on_delete=models.CASCADE, related_name="drafts")
    lat = models.FloatField()
    lng = models.FloatField()
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [
            *coordinates("draft"),
            models.UniqueConstraint(fields=["round", "player"], name="one_draft_per_round_and_player"),
        ]

    def point(self) -> Point:
        return Point(self.lat, self.lng)


class Explanation(models.Model):
    """Which parts of an exhibit's last photo spoke for a machine's answer, and which for the true place.

    One for each exhibit, opponent, weights and place: a round keeps the place that it was drawn with, so that where a
    place was corrected later games get a map of their own. It waits until it is made or has failed.
    """

    RADIUS_KM = 200.0  # what counts as the region of a place: the paper's scale of one

    exhibit = models.ForeignKey(Exhibit, on_delete=models.CASCADE, related_name="explanations")
    opponent = models.CharField(max_length=60)
    weights = models.CharField(max_length=64)
    lat = models.FloatField()  # the true place that the second map is for
    lng = models.FloatField()
    rounds = models.ManyToManyField(Round, related_name="explanations")  # at whose reveal somebody asked
    asked_at = models.DateTimeField()
    taken_at = models.DateTimeField(null=True)  # the last sign of life of the worker that is at it
    progress = models.FloatField(default=0)  # 0 to 1
    made_at = models.DateTimeField(null=True)
    failure = models.CharField(max_length=300, blank=True)
    rows = models.PositiveSmallIntegerField(default=0)
    columns = models.PositiveSmallIntegerField(default=0)
    answer_drops = models.BinaryField(null=True)  # (rows, columns), float16, little-endian, nats
    truth_drops = models.BinaryField(null=True)
    answer_belief = models.FloatField(null=True)  # probability of the region before anything was hidden
    truth_belief = models.FloatField(null=True)

    class Meta:
        constraints = [
            *coordinates("explanation"),
            models.UniqueConstraint(
                fields=["exhibit", "opponent", "weights", "lat", "lng"], name="explanation_once_per_place"
            ),
            models.CheckConstraint(
                condition=Q(made_at=None) | Q(failure="", answer_drops__isnull=False, truth_drops__isnull=False),
                name="explanation_is_made_or_not",
            ),
        ]

    def truth(self) -> Point:
        return Point(self.lat, self.lng)


class Comparison(models.Model):
    """What was reckoned of a selection of games, so that pages read and never reckon."""

    key = models.CharField(primary_key=True, max_length=64)  # SHA-256 of the selection's canonical JSON
    selection = models.JSONField()
    report = models.JSONField(null=True)  # as `statistics.report` tells it; NULL: not yet reckoned
    stamp = models.CharField(max_length=120, blank=True)  # of the record that it was reckoned from
    as_of = models.PositiveIntegerField(null=True)  # how many rounds were counted
    seconds = models.FloatField(null=True)  # that reckoning took
    reckoned_at = models.DateTimeField(null=True)
    asked_at = models.DateTimeField()  # the last time that somebody looked
