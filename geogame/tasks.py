"""The clock's errands, run by Celery. Each may run twice or in two places at once without harm."""

import logging
import threading
import time
from functools import partial

from celery import Task, shared_task
from django import db
from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from kombu.exceptions import OperationalError

from geogame import comparisons, contamination, doubts, experiments, imports, photos, play
from geogame.darkroom import Darkroom
from geogame.models import Import, Leftover, PhotoSet, Player, Round
from geogame.photos import NotKept
from geogame.rules.refusals import BadInput, gettext_noop
from geogame.rules.sphere import point
from geogame.sources import SourceError
from geogame.sources.commons import Commons, box, grid, towns
from geogame.sources.items import Network
from geogame.sources.mapillary import Mapillary

log = logging.getLogger(__name__)
OURS = gettext_noop("Something went wrong here, not there; the server's log says what. What came before it is kept.")
UNREACHABLE = (OperationalError, ConnectionError)  # the broker
_reckoning = threading.Lock()
_developing = threading.Lock()
_fetching = threading.Lock()
_darkroom = Darkroom()  # of this process: its child is used by one file after the other
_used_until = [0.0]  # when the darkroom was used last (monotonic)
AT_A_TIME_S = 2.0  # of developing: in one process with the clock, rounds want to be closed in between
IDLE_S = 30.0  # then the darkroom's child, which takes half a second to begin, gives back its memory


@shared_task(name="geogame.tasks.sweep")
def sweep() -> int:
    """Close the rounds whose time has come though no browser is watching; return how many."""
    now = timezone.now()
    here = Player.objects.filter(game=OuterRef("game"), removed_at=None, from_round__lte=OuterRef("number"))
    thinks = here.filter(kind=Player.Kind.HUMAN).exclude(guesses__round=OuterRef("pk"))
    open_rounds = Round.objects.filter(opened_at__isnull=False, closed_at=None)
    # Before its time is up a round can be due only once nobody human is still thinking.
    candidates = open_rounds.filter(Q(closes_at__lte=now) | ~Exists(thinks))
    closed = sum(play.close_if_due(each, timezone.now()) for each in candidates)
    experiments.tidy(timezone.now())
    return closed


@shared_task(name="geogame.tasks.forget_sessions")
def forget_sessions() -> None:
    """Delete the sessions of those who signed in and have not been back for two weeks."""
    SessionStore.clear_expired()


@shared_task(name="geogame.tasks.reckon")
def reckon() -> int:
    """Reckon the comparisons that somebody watches and that are older than the record; return how many.

    Before that experiments are held against their seals: no result is told unchecked. One at a time in a process:
    whoever comes meanwhile leaves it to the next beat.
    """
    if not _reckoning.acquire(blocking=False):
        return 0
    try:
        comparisons.throw_away(timezone.now())
        experiments.check_all(timezone.now())
        count = sum(comparisons.reckon(row, timezone.now()) for row in comparisons.due(timezone.now()))
        experiments.keep_first()  # last: where one cannot be reckoned the comparisons are
        return count
    finally:
        _reckoning.release()


def nudge_reckoning() -> None:
    """Say that somebody waits for a comparison. Without a broker beat says so, or it stays as it is."""
    _nudge(reckon)


def _nudge(task: Task) -> None:
    try:
        task.apply_async(expires=10)
    except UNREACHABLE as error:
        log.warning("The broker does not answer; %s waits for the clock: %s", task.name, error)


@shared_task(name="geogame.tasks.develop")
def develop() -> int:
    """Make photos of files that have arrived, for a moment; return how many were worked at.

    One at a time in a process: whoever comes meanwhile leaves it to who is at work, or to the next beat.
    """
    if not _developing.acquire(blocking=False):
        return 0
    try:
        count, until = 0, time.monotonic() + AT_A_TIME_S
        while time.monotonic() < until and (arrival := imports.take_up(timezone.now())):
            imports.work(arrival, _darkroom, timezone.now())
            count += 1
        if count:
            _used_until[0] = until
        else:
            if time.monotonic() - _used_until[0] > IDLE_S:
                _darkroom.close()
            imports.end_what_is_done(timezone.now())
    except NotKept:
        log.exception("Photos cannot be kept; their files wait")
        return count  # and the next beat tries again
    finally:
        _developing.release()
    if count:
        nudge_developing()
    return count


def nudge_developing() -> None:
    """Say that files have arrived. Without a broker beat says so."""
    _nudge(develop)


@shared_task(name="geogame.tasks.fetch")
def fetch() -> int:
    """Ask a service for one more page of each import that is not through; return how many there were."""
    if not _fetching.acquire(blocking=False):
        return 0
    try:
        open_imports = Import.objects.filter(kind__in=imports.SERVICES, closed_at=None)
        open_imports = open_imports.exclude(asked__has_key="command")  # which asks by itself
        more = [_fetch_page(each) for each in open_imports.order_by("pk")]
    finally:
        _fetching.release()
    nudge_developing()
    if any(more):
        nudge_fetching()
    return len(more)


def _fetch_page(source: Import) -> bool:
    """Ask a service for one more page of an import; return whether there is more. Its trouble is no other import's."""
    try:
        return imports.fetch(source, partial(network_of, source), timezone.now)
    except (OSError, db.OperationalError, db.InterfaceError):  # a full disk, a database that is away
        log.exception("Import %d waits for the next beat", source.pk)
    except Exception:  # it would fail again and again, and who waits for it would never know
        log.exception("Import %d is given up", source.pk)
        imports.give_up(source, SourceError(OURS), timezone.now())
    return False


def nudge_fetching() -> None:
    """Say that somebody wants photos of a service. Without a broker beat says so."""
    _nudge(fetch)


@shared_task(name="geogame.tasks.name_places")
def name_places(photo_set: int) -> None:
    """Write beside the photos of a set what their places are near, where nobody has."""
    for here in PhotoSet.objects.filter(pk=photo_set):
        doubts.name_places(here)


@shared_task(name="geogame.tasks.delete_leftovers")
def delete_leftovers() -> int:
    """Delete the files of photos that were deleted while these could not be; return of how many photos.

    And what dead workers left of imports that are gone.
    """
    imports.clear_inbox()
    count = 0
    try:
        while done := photos.delete_leftovers(Leftover.objects.order_by("pk")[: photos.BLOCK]):
            count += done
    except OSError as error:
        log.warning("Files of deleted photos cannot be deleted yet: %s", error)
    return count


def nudge_naming(photo_set: PhotoSet) -> None:
    """Say that photos were put elsewhere. Without a broker their names come with the next import."""
    _tell(name_places, photo_set.pk)


@shared_task(name="geogame.tasks.check_set")
def check_set(photo_set: int, index: str, opponent: str, weights: str) -> None:
    """Hold a set against an index of what an opponent was trained on; what is found lies with the set."""
    here = PhotoSet.objects.filter(pk=photo_set).first()
    if here is None:
        return  # it was deleted meanwhile
    try:
        contamination.check(here, contamination.read(contamination.named(index)), opponent, weights, timezone.now())
    except BadInput as error:
        log.error("The set %s could not be held against %s: %s", here.name, index, error)


def begin_check(photo_set: PhotoSet, index: str, opponent: str, weights: str) -> bool:
    """Have a set held against an index; return whether somebody was told."""
    return _tell(check_set, photo_set.pk, index, opponent, weights)


def _tell(task: Task, *asked: object) -> bool:
    """Send a task that no clock asks for again; return whether the broker took it."""
    try:
        task.apply_async(asked)
    except UNREACHABLE as error:
        log.warning("The broker does not answer; %s is not done: %s", task.name, error)
        return False
    return True


def network_of(source: Import) -> Network:
    """Return the service that an import asks. Raises BadInput where it cannot be asked, or not that."""
    asked = source.asked
    if source.kind == imports.MAPILLARY:
        return Mapillary(box(*asked["box"]), settings.MAPILLARY_TOKEN)
    if "where" in asked:
        centres = towns(asked["where"], seed=source.pk)
    elif "box" in asked:
        centres = grid(box(*asked["box"]))
    else:
        centres = [point(*asked["place"])]
    each = int(asked.get("each") or 500)
    return Commons(centres, settings.COMMONS_CONTACT, each=each, seed=source.pk)
