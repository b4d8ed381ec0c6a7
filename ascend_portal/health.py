"""Two questions of a load balancer: is the process alive, and can it serve. A customer's key is no part of either."""

import logging
from collections.abc import Callable

import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from ascend_portal.version import version

BROKER_SECONDS = 2.0

logger = logging.getLogger(__name__)


@require_safe
@never_cache
def healthz(request: HttpRequest) -> JsonResponse:
    """Answer that the process runs; nothing else is asked, so a lost database restarts no process."""
    return JsonResponse({"status": "ok", "version": version()})


@require_safe
@never_cache
def readyz(request: HttpRequest) -> JsonResponse:
    """Answer 200 when database, migrations and broker are there, else 503 naming what is not."""
    states = {name: _state(name, check) for name, check in CHECKS.items()}
    ready = all(state == "ok" for state in states.values())
    return JsonResponse({"status": "ok" if ready else "unavailable", "checks": states}, status=200 if ready else 503)


def _state(name: str, check: Callable[[], bool]) -> str:
    """Return "ok" or "failed"; the reason goes to the log, because anybody can ask."""
    try:
        return "ok" if check() else "failed"
    except (DatabaseError, redis.RedisError, ValueError):
        logger.exception("not ready: %s", name)
        return "failed"


def _database() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return True


def _migrations() -> bool:
    executor = MigrationExecutor(connection)
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())


def _broker() -> bool:
    with redis.Redis.from_url(
        settings.REDIS_URL, socket_connect_timeout=BROKER_SECONDS, socket_timeout=BROKER_SECONDS
    ) as client:
        return bool(client.ping())


CHECKS = {"database": _database, "migrations": _migrations, "broker": _broker}
