"""Is this process alive, and can it do its work?"""

from collections.abc import Callable

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection
from django.db.migrations.loader import MigrationLoader
from django.http import HttpRequest, JsonResponse
from redis import Redis, RedisError
from redis.backoff import NoBackoff
from redis.retry import Retry

from shared_apps.journal.selectors import get_journal_status
from shared_apps.platform.upgrades import count_schemas
from shared_apps.tenants.heartbeats import read_heartbeat_ages


def live(request: HttpRequest) -> JsonResponse:
    """Return 200 while the process serves."""
    return JsonResponse({"status": "ok"})


def ready(request: HttpRequest) -> JsonResponse:
    """Return 200 when database, public migrations and Redis are there; else 503 and which part is not.

    `tenantSchemas` counts the tenants whose schemas are current, behind or failed to migrate: told, and no reason for
    503, since the others serve. `heartbeats` tells how many seconds ago each part of the background work last said that
    it lives, null for never: no reason either, since visitors do not wait for it.
    """
    checks: dict[str, Callable[[], bool]] = {
        "database": _database,
        "migrations": _migrations,
        "redis": is_redis_there,
    }
    parts = {name: "ok" if check() else "away" for name, check in checks.items()}
    is_ready = all(state == "ok" for state in parts.values())
    answer: dict[str, object] = {"status": "ok" if is_ready else "away", "parts": parts}
    if parts["migrations"] == "ok":
        answer["tenantSchemas"] = count_schemas()
    answer["heartbeats"] = _heartbeats() if parts["migrations"] == "ok" else {}
    return JsonResponse(answer, status=200 if is_ready else 503, headers={} if is_ready else {"Retry-After": "5"})


def _heartbeats() -> dict[str, float | None]:
    try:
        ages = read_heartbeat_ages() | {"drainer": get_journal_status().heartbeat_age_seconds}
    except (DatabaseError, InterfaceError):
        return {}
    return {role: age if age is None else round(age, 1) for role, age in ages.items()}


def _database() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except (DatabaseError, InterfaceError):
        return False
    return True


def _migrations() -> bool:
    try:
        loader = MigrationLoader(connection)
    except (DatabaseError, InterfaceError):
        return False
    return set(loader.disk_migrations) <= set(loader.applied_migrations)


def is_redis_there() -> bool:
    """Return whether Redis answers within a quarter of a second."""
    try:
        timeout = settings.REDIS_TIMEOUT_SECONDS
        client = Redis.from_url(
            settings.REDIS_URL,
            socket_timeout=timeout,
            socket_connect_timeout=timeout,
            retry=Retry(NoBackoff(), 0),
        )
        with client:
            return bool(client.ping())
    except (RedisError, OSError):
        return False
