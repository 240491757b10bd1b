"""The Celery application.

Queue `gpu` runs the geolocator, `photos` brings photos in, `figures` reckons comparisons, and `clock` closes rounds
that nobody is watching. The clock must never wait for the others: a worker of all four needs five threads.
"""

import os
import sys
import threading
import time

from celery import Celery
from celery.signals import beat_embedded_init, task_postrun, task_prerun
from django.db import close_old_connections
from kombu.transport import redis

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "geogame.settings")

app = Celery("geogame", include=["geogame.tasks", "predictor.tasks"])
app.config_from_object("django.conf:settings", namespace="CELERY")
# A new connection for each task, as Celery has it, takes longer than most tasks ask of it. Django's way instead: what
# is broken, or older than CONN_MAX_AGE, is closed.
app.conf.CELERY_DB_REUSE_MAX = sys.maxsize
task_prerun.connect(lambda **_: close_old_connections(), weak=False)
task_postrun.connect(lambda **_: close_old_connections(), weak=False)


class _Channel(redis.Channel):
    """A channel whose end is not the worker's end.

    When a broker goes away kombu would put back what is not begun, and acknowledge what is done, over the connection
    that was lost; both raise what no worker expects. Neither is needed: what nobody acknowledged comes again, each task
    may run twice, and what a broker forgot the clock finds.
    """

    do_restore = False

    def basic_ack(self, delivery_tag: str, multiple: bool = False) -> None:
        if not self.closed:
            super().basic_ack(delivery_tag, multiple)

    def basic_reject(self, delivery_tag: str, requeue: bool = False) -> None:
        if not self.closed:
            super().basic_reject(delivery_tag, requeue)


redis.Transport.Channel = _Channel

ALIVE_S = 2.0  # between two looks at whether the worker is still there


@beat_embedded_init.connect(weak=False)
def _end_with_the_worker(**_: object) -> None:
    """End the clock that runs beside a worker when that was killed: the next one brings its own."""
    worker = os.getppid()

    def look() -> None:
        while os.getppid() == worker:
            time.sleep(ALIVE_S)
        os._exit(1)

    threading.Thread(target=look, daemon=True).start()
