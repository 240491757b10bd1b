"""For whoever watches the installation: is the process up, and is everything there that a game needs?"""

from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from geogame.celery import app

PING_S = 1.0  # how long a worker may take to answer


@require_safe
@never_cache
def healthz(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"status": "ok"})


@require_safe
@never_cache
def readyz(request: HttpRequest) -> JsonResponse:
    """Answer 200 if database, broker and at least one worker answer, 503 otherwise. No secrets, no addresses."""
    checks = {"database": _database(), **_broker_and_worker()}
    ready = all(checks.values())
    words = {name: "ok" if good else "no answer" for name, good in checks.items()}
    return JsonResponse({"status": "ready" if ready else "not ready", **words}, status=200 if ready else 503)


def _database() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        return True
    except DatabaseError:
        return False


def _broker_and_worker() -> dict[str, bool]:
    try:
        with app.connection_for_write() as broker:
            broker.ensure_connection(max_retries=1, timeout=PING_S)
            return {"broker": True, "worker": bool(app.control.ping(timeout=PING_S, limit=1, connection=broker))}
    except Exception:  # each transport raises errors of its own; every one of them means "no answer"
        return {"broker": False, "worker": False}
