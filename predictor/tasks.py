"""Celery asks, the geolocator answers, `photos.record_prediction` stores: the one file here that knows the game.

A task is a nudge: it says that exhibits are waiting; the worker takes all that wait in the database. torch is loaded
by the first nudge (or `warm`), never by importing this module: web processes import it to enqueue.
"""

import logging
import threading
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from celery import current_app, shared_task
from celery.signals import worker_process_init, worker_ready
from django.db.models import Count, Exists, F, OuterRef, Q
from django.utils import timezone
from kombu.exceptions import OperationalError
from PIL import Image

from geogame import photos, play
from geogame.models import Exhibit, Photo, Player, Prediction, Round
from geogame.rules.sphere import point
from predictor import opponents

if TYPE_CHECKING:
    from predictor.distribution import Distribution

log = logging.getLogger(__name__)

MOST_AT_ONCE = 32
ROUNDS_AHEAD = 1  # of the one that is showing
_one_at_a_time = threading.Lock()  # a worker process has one model and one device


def nudge() -> None:
    """Say that exhibits are waiting. Without a broker the game goes on: the machine then has no answer."""
    try:
        locate.apply_async(expires=60)
    except (OperationalError, ConnectionError) as error:
        log.warning("The broker does not answer, so no machine will: %s", error)


@lru_cache(maxsize=4)
def _opponent(name: str) -> opponents.Opponent:
    return opponents.load(name)


def warm() -> None:
    """Load every opponent and run it once, so that the first round does not wait for it."""
    for card in opponents.available():
        _opponent(card.name).locate([[Image.new("RGB", (64, 64))]])
        log.info("%s (weights %s) is ready on %s", card.label, card.weights, _opponent(card.name).device)


def _serves_gpu() -> bool:
    return "gpu" in current_app.amqp.queues.consume_from


@worker_process_init.connect
def _warm_child(**_: object) -> None:
    """Warm each child of a prefork pool: the model must be loaded in the process that uses it."""
    if _serves_gpu():
        warm()


@worker_ready.connect
def _warm_threads(sender: object = None, **_: object) -> None:
    """Warm a worker whose tasks run in its own process (threads, solo)."""
    pool = getattr(sender, "pool", None)
    if _serves_gpu() and not type(pool).__module__.endswith("prefork"):
        with _one_at_a_time:
            warm()


@shared_task(name="predictor.tasks.locate")
def locate() -> int:
    """Answer all exhibits that wait, up to 32 at once, until none is left; return how many were answered."""
    answered = 0
    with _one_at_a_time:
        for card in opponents.available():
            while waiting := exhibits_waiting(card.name, card.weights):
                _answer(card, waiting)
                answered += len(waiting)
        _tell_open_rounds()
    return answered


def exhibits_waiting(opponent: str, weights: str) -> list[Exhibit]:
    """Return up to 32 exhibits that this opponent shall answer and has not, those that are showing first.

    They are the first two rounds of a game that was just made, and after that one round ahead of the players.
    """
    known = Prediction.objects.filter(exhibit=OuterRef("exhibit"), opponent=opponent, weights=weights)
    seated = Player.objects.filter(game=OuterRef("game"), opponent=opponent, weights=weights)
    opened = Count("game__rounds", filter=Q(game__rounds__opened_at__isnull=False))
    rounds = (
        Round.objects.filter(Exists(seated), ~Exists(known), closed_at=None, game__finished_at=None)
        .annotate(opened=opened)
        .filter(Q(number__lte=F("opened") + ROUNDS_AHEAD) | Q(number__lte=1 + ROUNDS_AHEAD))
        .order_by(F("opened_at").asc(nulls_last=True), "number")
        .select_related("exhibit")
    )
    return list({each.exhibit_id: each.exhibit for each in rounds[:MOST_AT_ONCE]}.values())


def _answer(card: opponents.Card, exhibits: Sequence[Exhibit]) -> None:
    """Run the opponent over these exhibits and store what it says; a photo it cannot read becomes a stored failure."""
    readable, pictures = [], []
    for exhibit in exhibits:
        try:
            pictures.append([_pixels(photo) for photo in exhibit.ordered_photos()])
            readable.append(exhibit)
        except (OSError, ValueError) as error:
            log.error("Exhibit %s cannot be read: %s", exhibit.pk, error)
            photos.record_prediction(exhibit, card.name, card.weights, "The photo could not be read.")
    if not readable:
        return
    for exhibit, distribution in zip(readable, _opponent(card.name).locate(pictures), strict=True):
        photos.record_prediction(exhibit, card.name, card.weights, _as_stored(distribution))


def _pixels(photo: Photo) -> Image.Image:
    with photo.file.open("rb") as file:
        return Image.open(file).convert("RGB")


def _as_stored(distribution: "Distribution") -> photos.Answer:
    place = distribution.argmax_point()
    return photos.Answer(
        point=point(float(place.lat), float(place.lng)),
        partition_digest=distribution.partition.digest,
        cell_ids=distribution.partition.cell_ids.astype("<u8").tobytes(),
        probabilities=distribution.probabilities.astype("<f2").tobytes(),
    )


def _tell_open_rounds() -> None:
    """Let machines answer in every open round where their prediction is known by now."""
    silent = Player.objects.filter(game=OuterRef("game"), kind=Player.Kind.MACHINE).exclude(
        guesses__round=OuterRef("pk")
    )
    for each in Round.objects.filter(Exists(silent), opened_at__isnull=False, closed_at=None):
        play.answer_for_machines(each, timezone.now())
