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
from kombu.transport.redis import Channel

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "geogame.settings")

app = Celery("geogame", include=["geogame.tasks", "predictor.tasks"])
app.config_from_object("django.conf:settings", namespace="CELERY")
# A new connection for each task, as Celery has it, takes longer than most tasks ask of it. Django's way instead: what
# is broken, or older than CONN_MAX_AGE, is closed.
app.conf.CELERY_DB_REUSE_MAX = sys.maxsize
# When a broker goes away kombu would put back what is not begun yet, over the connection that was lost, and the worker
# would end by that. It need not: a message that is lost is nothing, since the clock finds whatever waits.
Channel.do_restore = False
task_prerun.connect(lambda **_: close_old_connections(), weak=False)
task_postrun.connect(lambda **_: close_old_connections(), weak=False)

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
