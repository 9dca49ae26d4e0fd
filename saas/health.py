"""Is this process alive, and can it do its work?"""

from collections.abc import Callable

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection
from django.db.migrations.loader import MigrationLoader
from django.http import HttpRequest, JsonResponse
from redis import Redis, RedisError
from redis.backoff import NoBackoff
from redis.retry import Retry

from shared_apps.platform.upgrades import count_schemas


def live(request: HttpRequest) -> JsonResponse:
    """Return 200 while the process serves."""
    return JsonResponse({"status": "ok"})


def ready(request: HttpRequest) -> JsonResponse:
    """Return 200 when database, public migrations and Redis are there; else 503 and which part is not.

    `tenantSchemas` counts the tenants whose schemas are current, behind or failed to migrate: told, and no reason for
    503, since the others serve.
    """
    checks: dict[str, Callable[[], bool]] = {
        "database": _database,
        "migrations": _migrations,
        "redis": _redis,
    }
    parts = {name: "ok" if check() else "away" for name, check in checks.items()}
    is_ready = all(state == "ok" for state in parts.values())
    answer: dict[str, object] = {"status": "ok" if is_ready else "away", "parts": parts}
    if parts["migrations"] == "ok":
        answer["tenantSchemas"] = count_schemas()
    return JsonResponse(answer, status=200 if is_ready else 503, headers={} if is_ready else {"Retry-After": "5"})


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


def _redis() -> bool:
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
