"""How background work is wired: broker, time limits, acknowledgement. Tasks are declared beside their rules."""

from typing import Any

from celery import Celery
from django.conf import settings

app = Celery("handoff")


def broker_url(redis_url: str) -> str:
    """Return Celery's spelling of a Redis address: a unix socket is `redis+socket://` to it."""
    return "redis+socket" + redis_url.removeprefix("unix") if redis_url.startswith("unix:") else redis_url


CONFIG: dict[str, Any] = {
    "broker_connection_retry_on_startup": True,
    "broker_transport_options": {"visibility_timeout": 600, "socket_timeout": 5, "socket_connect_timeout": 2},
    "task_acks_late": True,  # a task killed half-way runs again: every task is safe to repeat
    "task_reject_on_worker_lost": True,
    "task_ignore_result": True,  # state lives in PostgreSQL; the queue is only a hint
    "task_serializer": "json",
    "accept_content": ["json"],
    "task_time_limit": 300,
    "task_soft_time_limit": 240,
    "worker_prefetch_multiplier": 1,
    "worker_hijack_root_logger": False,
    "worker_max_tasks_per_child": 2000,  # a PostgreSQL backend grows with each tenant it has touched
    "timezone": "UTC",
}


def configure() -> Celery:
    """Return the app, configured from Django's settings."""
    app.conf.update(CONFIG, broker_url=broker_url(settings.REDIS_URL))
    app.autodiscover_tasks(settings.INSTALLED_APPS)
    return app
