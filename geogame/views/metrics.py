"""Figures for whoever runs the installation, in Prometheus' text format: what waits, how long, how fast it goes.

All of them are reckoned from the tables and the broker when they are asked for, so that any web process tells the same
and none keeps books. They count; they name no game, no photo and no place.
"""

import logging
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.conf import settings
from django.db.models import Count, Min, Q, Sum
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from kombu.exceptions import ChannelError
from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.registry import Collector

from geogame.celery import app
from geogame.models import Prediction
from predictor import opponents
from predictor.tasks import rounds_waiting

log = logging.getLogger(__name__)

QUEUES = ("gpu", "clock", "photos", "figures")
SECONDS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)  # of one exhibit's share of a batch
WAITED_S = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)
MACHINE = ("opponent", "weights")


@require_safe
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    if not _may_read(request):
        return HttpResponse("For staff, or with METRICS_TOKEN.\n", status=403, content_type="text/plain")
    registry = CollectorRegistry()
    registry.register(Figures())
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_PLAIN_0_0_4)


def _may_read(request: HttpRequest) -> bool:
    """Let in staff who are logged in, and whoever brings the token, if there is one."""
    token = settings.METRICS_TOKEN
    if token and constant_time_compare(request.headers.get("Authorization", ""), f"Bearer {token}"):
        return True
    return request.user.is_active and request.user.is_staff


class Figures(Collector):
    """Asked once, when a page is made."""

    def describe(self) -> Iterable[Metric]:
        return ()  # else registering would collect

    def collect(self) -> Iterator[Metric]:
        yield from waiting()
        yield from answered()
        yield queued()


def waiting() -> Iterator[Metric]:
    """Exhibits that wait for each opponent's weights of now. Weights that are gone answer nothing: nobody waits."""
    exhibits = GaugeMetricFamily("beatplanet_exhibits_waiting", "Exhibits without an answer yet", labels=MACHINE)
    oldest = GaugeMetricFamily(
        "beatplanet_oldest_wait_seconds", "How long the exhibit that waits longest has waited; none waits: left out",
        labels=MACHINE,
    )  # fmt: skip
    try:
        cards = opponents.available()
    except opponents.Unavailable as error:  # readyz tells of it; all else can be measured
        log.warning("What waits for the opponents is not told: %s", error)
        return
    for card in cards:
        machine = (card.name, card.weights)
        found = rounds_waiting(*machine).aggregate(count=Count("exhibit", distinct=True), first=Min("wanted_at"))
        exhibits.add_metric(machine, found["count"])
        if found["first"]:
            oldest.add_metric(machine, max(0.0, (timezone.now() - found["first"]).total_seconds()))
    yield exhibits
    yield oldest


def answered() -> Iterator[Metric]:
    """What is stored of predictions, by machine and device; the index `prediction_measures` holds all of it."""
    labels = (*MACHINE, "device")
    total = CounterMetricFamily("beatplanet_predictions", "Predictions stored, failures included", labels=labels)
    failed = CounterMetricFamily("beatplanet_prediction_failures", "Photos that could not be read", labels=labels)
    took = HistogramMetricFamily(
        "beatplanet_prediction_seconds", "One exhibit's share of its batch: reading, decoding, thinking", labels=labels
    )
    waited = HistogramMetricFamily(
        "beatplanet_prediction_wait_seconds", "From when an exhibit was wanted to its prediction", labels=labels
    )
    sums = {**_sums("seconds", SECONDS), **_sums("waited_s", WAITED_S), "failed": _rows(~Q(failure=""))}
    for row in Prediction.objects.order_by().values(*labels).annotate(total=Count("*"), **sums):
        machine = [row[label] or "unknown" for label in labels]
        total.add_metric(machine, row["total"])
        failed.add_metric(machine, row["failed"])
        for family, column, edges in ((took, "seconds", SECONDS), (waited, "waited_s", WAITED_S)):
            buckets = [(str(edge), row[f"{column}_{n}"]) for n, edge in enumerate(edges)]
            family.add_metric(machine, [*buckets, ("+Inf", row[f"{column}_all"])], row[f"{column}_sum"] or 0.0)
    yield from (total, failed, took, waited)


def _sums(column: str, edges: Sequence[float]) -> dict[str, Any]:
    """What a histogram of a column needs: its sum, how many are known, how many lie up to each edge."""
    up_to = {f"{column}_{n}": _rows(Q(**{f"{column}__lte": edge})) for n, edge in enumerate(edges)}
    return {f"{column}_sum": Sum(column), f"{column}_all": Count(column), **up_to}


def _rows(condition: Q) -> Count:
    return Count("opponent", filter=condition)  # never NULL, and in the index, which a primary key is not everywhere


def queued() -> Metric:
    """Messages that no worker has taken yet; left out while the broker does not answer."""
    length = GaugeMetricFamily("beatplanet_queue_length", "Messages in Celery's queue", labels=("queue",))
    try:
        with app.connection_for_write() as broker:
            broker.ensure_connection(max_retries=1, timeout=1.0)
            for name in QUEUES:
                length.add_metric((name,), _length(broker, name))
    except Exception as error:  # each transport raises errors of its own; readyz tells of the broker
        log.warning("The broker does not tell how long its queues are: %s", error)
    return length


def _length(broker: Any, queue: str) -> int:
    try:
        return int(broker.default_channel.queue_declare(queue, passive=True).message_count)
    except ChannelError:  # Redis knows no empty lists
        return 0
