"""Celery asks, the geolocator answers, `photos.record_prediction` stores: the one file here that knows the game.

A task is a nudge: it says that exhibits are waiting; the worker takes all that wait in the database. torch is loaded
by the first nudge (or `warm`), never by importing this module: web processes import it to enqueue.
"""

import io
import logging
import mmap
import os
import threading
import time
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import billiard
from celery import current_app, shared_task
from celery.signals import worker_process_init, worker_ready, worker_shutting_down
from django.db import DatabaseError
from django.db.models import Exists, F, Min, OuterRef, QuerySet
from django.utils import timezone
from kombu.exceptions import OperationalError
from PIL import Image

from geogame import explanations, photos, play
from geogame.models import Exhibit, ExhibitPhoto, Experiment, Explanation, Photo, Player, Prediction, Round
from geogame.rules.refusals import gettext_noop
from geogame.rules.sphere import point
from predictor import opponents
from predictor.geo import Point

if TYPE_CHECKING:
    from predictor.distribution import Distribution
    from predictor.heatmap import Heatmap

log = logging.getLogger(__name__)

MOST_AT_ONCE = 32
NOT_READ = gettext_noop("The photo could not be read.")
FAILED = gettext_noop("Something went wrong while looking into the photograph; the reason is in this site's log.")
STOP_WITHIN_S = 8.0  # of being asked to, whatever an opponent is thinking about: Docker kills after ten seconds
NOT_HERE = "A photo of exhibit %s is not in MEDIA_ROOT or S3_BUCKET as this worker sees it: %s"
DAMAGED = (OSError, ValueError, SyntaxError, Image.DecompressionBombError)  # what a picture raises that is none
_one_at_a_time = threading.Lock()  # a worker process has one model and one device
_wanted = threading.Event()  # somebody asked while the model was busy
_wondering = threading.Event()  # somebody asked why while the model was busy
_stop = mmap.mmap(-1, 1)  # one byte: the worker was asked to stop. Shared memory: a pool's forked children must see it


def nudge() -> None:
    """Say that exhibits are waiting. Without a broker the game goes on: the machine then has no answer."""
    try:
        locate.apply_async(expires=60)
    except (OperationalError, ConnectionError) as error:
        log.warning("The broker does not answer, so no machine will: %s", error)


_loaded: dict[str, opponents.Opponent] = {}


def _opponent(card: opponents.Card) -> opponents.Opponent:
    """Return the opponent of this card, loaded anew where its weights have changed: answers bear their name for ever.

    Raises opponents.Unavailable where what is there by now has other weights than the card.
    """
    held = _loaded.get(card.name)
    if held is None or held.card.weights != card.weights:
        _loaded.pop(card.name, None)  # first: two may not fit on the device
        held = opponents.load(card.name)
        if held.card.weights != card.weights:
            raise opponents.Unavailable(f"{card.label} has the weights {held.card.weights} now, not {card.weights}")
        _loaded[card.name] = held
    return held


def warm() -> None:
    """Load every opponent and run it once, so that the first round does not wait for it."""
    for card in opponents.available():
        opponent = _opponent(card)
        for many in (1, 2):  # a network that is compiled is compiled for one picture, and anew for several
            opponent.locate([[Image.new("RGB", (64, 64))]] * many)
        log.info("%s (weights %s) is ready on %s", card.label, card.weights, opponent.device)


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
        if _wanted.is_set():
            nudge()


@worker_shutting_down.connect
def stop(**_: object) -> None:
    """Begin no further batch. The one in hand may end; if it takes too long the process ends without it."""
    _stop[0] = 1
    leaving = threading.Timer(STOP_WITHIN_S, _leave)
    leaving.daemon = True  # a process that is done does not wait for it
    leaving.start()


def _stopping() -> bool:
    return bool(_stop[0])


def _leave() -> None:
    """End this process now. A batch is stored whole or not at all; its exhibits wait on in the database."""
    log.warning("A batch was not done within %g s and is left; it will be asked again", STOP_WITHIN_S)
    for child in billiard.active_children():  # a pool's, and beat: they would live on
        child.terminate()
    os._exit(1)  # an ordinary exit joins the thread that thinks


@shared_task(name="predictor.tasks.locate")
def locate() -> int:
    """Answer all exhibits that wait, up to 32 at once, until none is left; return how many were answered.

    While another thread does so this returns at once, and that thread looks again: the worker's other threads stay free
    for the clock. Once the worker has been asked to stop no further batch is begun: what waits is another worker's.
    """
    answered, had_the_model = 0, False
    _wanted.set()
    while _wanted.is_set() and not _stopping() and _one_at_a_time.acquire(blocking=False):
        had_the_model = True
        try:
            _wanted.clear()
            answered += _answer_all()
        finally:
            _one_at_a_time.release()
    if had_the_model and _wondering.is_set():  # whoever finds the model busy leaves word and no nudge: nudges would
        nudge_why()  # call each other for as long as it is
    return answered


def _answer_all() -> int:
    answered = 0
    for card in opponents.available():
        try:
            answered += _answer_waiting(card)
        except Exception:  # whatever one machine's trouble is, it must not silence the others
            log.exception("%s could not answer", card.label)
    _tell_open_rounds()
    return answered


def _answer_waiting(card: opponents.Card) -> int:
    answered, unread = 0, set[int]()
    while not _stopping() and (waiting := exhibits_waiting(card.name, card.weights, unread)):
        here = _answer(card, waiting)
        answered += len(here)
        unread |= set(waiting) - here
        _tell_open_rounds(here)  # now: the next machine may take its time
        if here and _somebody_waits_for_another(card):  # while an experiment is prepared there may be thousands here
            _wanted.set()
            break
    return answered


def _somebody_waits_for_another(card: opponents.Card) -> bool:
    others = (each for each in opponents.available() if each.name != card.name)
    return any(_waiting_in_rounds(each.name, each.weights, ()) for each in others)


def rounds_waiting(opponent: str, weights: str) -> QuerySet[Round]:
    """Return the rounds whose exhibit this opponent shall answer and has not."""
    known = Prediction.objects.filter(exhibit=OuterRef("exhibit"), opponent=opponent, weights=weights)
    return Round.objects.filter(
        ~Exists(known),
        game__players__opponent=opponent,
        game__players__weights=weights,
        game__finished_at=None,
        wanted_at__isnull=False,
        closed_at=None,
    )


@lru_cache(maxsize=16)
def _waiting_sql(opponent: str, weights: str) -> tuple[str, tuple[Any, ...]]:
    """Return the question as SQL: to put it together takes Django ten times as long as the database to answer it."""
    showing_first = rounds_waiting(opponent, weights).order_by(F("opened_at").asc(nulls_last=True), "number")
    return showing_first.only("exhibit", "wanted_at").query.sql_with_params()


def exhibits_waiting(opponent: str, weights: str, left_out: Collection[int] = ()) -> dict[int, datetime]:
    """Return up to 32 exhibits that this opponent shall answer and has not, those that are showing first; since when.

    Those of experiments that are being prepared come when nobody plays and waits. `left_out` are exhibits that are not
    asked for now; like those that are returned they are told by their keys.
    """
    return _waiting_in_rounds(opponent, weights, left_out) or _waiting_in_experiments(opponent, weights, left_out)


def _waiting_in_rounds(opponent: str, weights: str, left_out: Collection[int]) -> dict[int, datetime]:
    since: dict[int, datetime] = {}
    for each in Round.objects.raw(*_waiting_sql(opponent, weights)):
        assert each.wanted_at is not None
        if each.exhibit_id not in left_out:
            since[each.exhibit_id] = min(each.wanted_at, since.get(each.exhibit_id, each.wanted_at))
        if len(since) == MOST_AT_ONCE:
            break
    return since


@lru_cache(maxsize=16)
def _preparing_sql(opponent: str, weights: str, most: int) -> tuple[str, tuple[Any, ...]]:
    """Return as SQL: which exhibits could experiments show that are prepared for this opponent and not yet sealed?"""
    known = Prediction.objects.filter(exhibit=OuterRef("pk"), opponent=opponent, weights=weights)
    of_sets = Exhibit.objects.filter(photo_set__in=_preparing(opponent, weights).values("photo_set"), retired_at=None)
    return of_sets.filter(~Exists(known)).order_by().only("pk")[:most].query.sql_with_params()


def _preparing(opponent: str, weights: str) -> QuerySet[Experiment]:
    return Experiment.objects.filter(opponent=opponent, weights=weights, prepared_at__isnull=False, sealed_at=None)


def _waiting_in_experiments(opponent: str, weights: str, left_out: Collection[int]) -> dict[int, datetime]:
    rows = Exhibit.objects.raw(*_preparing_sql(opponent, weights, MOST_AT_ONCE + len(left_out)))
    waiting = [each.pk for each in rows if each.pk not in left_out][:MOST_AT_ONCE]
    since = _preparing(opponent, weights).aggregate(first=Min("prepared_at"))["first"] if waiting else None
    return dict.fromkeys(waiting, since) if since else {}


def _answer(card: opponents.Card, since: Mapping[int, datetime]) -> set[int]:
    """Run the opponent over these exhibits and store what it says; return the keys of those now answered.

    A damaged photo becomes a stored failure. A file that is not there goes on waiting: the folder may only be missing
    on this machine, or now, and what is stored holds for ever.
    """
    opponent = _opponent(card)
    began = time.perf_counter()
    looked_at = dict(_look(since))
    shown = {exhibit: images for exhibit, images in looked_at.items() if images}
    answers = _think(opponent, shown)
    share_s = (time.perf_counter() - began) / max(len(shown), 1)
    now, said = timezone.now(), list[photos.Said]()
    for exhibit, images in looked_at.items():
        # A clock that is ahead on another machine must not make a wait negative.
        waited_s = max(0.0, (now - since[exhibit]).total_seconds())
        if images and exhibit not in answers:
            continue
        if images:
            effort = photos.Effort(share_s, opponent.device, waited_s)
            said.append((exhibit, _as_stored(answers[exhibit]), effort))
        else:
            said.append((exhibit, "The photo could not be read.", photos.Effort(waited_s=waited_s)))
    photos.record_predictions(card.name, card.weights, said)
    return {exhibit for exhibit, _, _ in said}


def _think(opponent: opponents.Opponent, shown: Mapping[int, list[Image.Image]]) -> dict[int, "Distribution"]:
    """Ask about all at once; where that fails, about one after the other, so that one's trouble is no other's.

    Whichever fails by itself is left out and goes on waiting.
    """
    try:
        return dict(zip(shown, opponent.locate(list(shown.values())) if shown else [], strict=True))
    except Exception:
        log.exception("%d exhibits could not be answered at once; they are asked one by one", len(shown))
    answers: dict[int, Distribution] = {}
    for exhibit, images in shown.items():
        try:
            (answers[exhibit],) = opponent.locate([images])
        except Exception:  # the same as before, or another: the log has it
            log.exception("Exhibit %s could not be answered", exhibit)
    return answers


def _look(exhibits: Iterable[int]) -> Iterator[tuple[int, list[Image.Image]]]:
    """Yield the exhibits whose files are here, with their decoded photos; none where one of them is damaged."""
    names: dict[int, list[str]] = {exhibit: [] for exhibit in exhibits}
    shown = ExhibitPhoto.objects.filter(exhibit__in=names).order_by("position")
    for exhibit, name in shown.values_list("exhibit", "photo__file"):
        names[exhibit].append(name)
    for exhibit in names:
        try:
            files = [_bytes(name) for name in names[exhibit]]
        except OSError as error:
            log.error(NOT_HERE, exhibit, error)
            continue
        try:
            yield exhibit, [Image.open(io.BytesIO(data)).convert("RGB") for data in files]
        except DAMAGED as error:
            log.error("A photo of exhibit %s is damaged: %s", exhibit, error)
            yield exhibit, []


def _bytes(name: str | None) -> bytes:
    assert name is not None  # every photo has its file
    with Photo.file.field.storage.open(name) as file:
        return bytes(file.read())


def _as_stored(distribution: "Distribution") -> photos.Answer:
    place = distribution.point()
    return photos.Answer(
        point=point(float(place.lat), float(place.lng)),
        partition_digest=distribution.partition.digest,
        cell_ids=distribution.partition.cell_ids.astype("<u8", copy=False).tobytes(),
        probabilities=distribution.probabilities.astype("<f2").tobytes(),
    )


def _tell_open_rounds(answered: Collection[int] = ()) -> None:
    """Let machines answer in every open round where their prediction is known by now.

    Of the exhibits that were answered just now it is promised where they come next.
    """
    silent = Player.objects.filter(game=OuterRef("game"), kind=Player.Kind.MACHINE).exclude(
        guesses__round=OuterRef("pk")
    )
    try:
        for each in Round.objects.filter(Exists(silent), opened_at__isnull=False, closed_at=None):
            play.answer_for_machines(each, timezone.now())
        ahead = Round.objects.filter(
            exhibit__in=answered, opened_at=None, wanted_at__isnull=False, game__finished_at=None
        )
        for each in ahead.select_related("game"):
            play.promise_ahead(each.game, timezone.now())
    except DatabaseError:  # busy for too long, say: the answers are stored, and the next nudge tells them
        log.exception("What the machines answered could not be told to every game")


def nudge_why() -> None:
    """Say that explanations are waiting. Without a broker they wait until beat says so."""
    try:
        explain.apply_async(expires=60)
    except (OperationalError, ConnectionError) as error:
        log.warning("The broker does not answer, so nothing is explained now: %s", error)


@shared_task(name="predictor.tasks.explain")
def explain() -> int:
    """Explain all answers that somebody asked about, one after the other; return how many.

    Players who wait for an answer come first: between two batches of patches all exhibits that wait are answered. While
    another thread has the model this returns at once, and that thread sends another nudge. A worker that was asked to
    stop gives back what it is at.
    """
    explained, had_the_model = 0, False
    _wondering.set()
    while _wondering.is_set() and not _stopping() and _one_at_a_time.acquire(blocking=False):
        had_the_model = True
        try:
            _wondering.clear()
            here = [card for card in opponents.available() if card.explains]
            explanations.fail_the_forgotten(here)
            explained += sum(map(_explain_waiting, here))
        finally:
            _one_at_a_time.release()
    if had_the_model and _wanted.is_set():
        nudge()
    return explained


class _Stopped(Exception):
    """The worker was asked to stop between two batches of patches."""


def _explain_waiting(card: opponents.Card) -> int:
    explained = 0
    while not _stopping() and (waiting := explanations.take_up(card.name, card.weights, timezone.now())):
        try:
            explained += _explain(card, waiting)
        except _Stopped:
            explanations.give_back(waiting)
        except DatabaseError:  # nothing is wrong with the picture: the next nudge tries again
            log.exception("%s could not tell why it answered exhibit %s so", card.label, waiting.exhibit_id)
            return explained
        except Exception:  # whatever went wrong with this picture, the next one may do
            log.exception("%s could not explain its answer to exhibit %s", card.label, waiting.exhibit_id)
            explanations.fail(waiting, FAILED)
    return explained


def _explain(card: opponents.Card, waiting: Explanation) -> bool:
    """Explain one answer; return whether that was done. A file that is not there goes on waiting, as in `_answer`."""
    try:
        files = [_bytes(photo.file.name) for photo in waiting.exhibit.ordered_photos()]
    except OSError as error:
        log.error(NOT_HERE, waiting.exhibit_id, error)
        return False
    try:
        shown = [Image.open(io.BytesIO(data)).convert("RGB") for data in files]
    except DAMAGED as error:
        log.error("A photo of exhibit %s is damaged: %s", waiting.exhibit_id, error)
        explanations.fail(waiting, NOT_READ)
        return False

    def progress(share: float) -> None:
        if _stopping():
            raise _Stopped
        explanations.tell_progress(waiting, share, timezone.now())
        _wanted.clear()
        _answer_all()  # unasked too: in a pool of one process a nudge would queue behind this task

    said = Prediction.objects.get(exhibit=waiting.exhibit_id, opponent=card.name, weights=card.weights).point()
    opponent = _opponent(card)
    assert said is not None
    assert isinstance(opponent, opponents.Explainer)
    places = [Point(*said), Point(*waiting.truth())]
    answer, truth = opponent.explain(shown, places, waiting.RADIUS_KM, progress)
    rows, columns = answer.drops.shape
    explanations.keep(waiting, rows, columns, _as_reason(answer), _as_reason(truth), timezone.now())
    return True


def _as_reason(heatmap: "Heatmap") -> explanations.Reason:
    return explanations.Reason(heatmap.belief, heatmap.drops.astype("<f2").tobytes())
