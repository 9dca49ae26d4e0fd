"""Error reports to Sentry, or what speaks its protocol; only where SENTRY_DSN is set.

What is sent is what stands in our own log line of level error, and nothing else: class, SQLSTATE and frames of an
exception, never its text; the route's name, never an address; the tenant by its opaque schema. The SDK's own
collecting (of requests, local variables, breadcrumbs, log arguments) is off, and whatever it adds to a report all the
same is taken out before it leaves.
"""

import logging
import traceback
from typing import Any, Final

import sentry_sdk
from sentry_sdk.transport import HttpTransport
from sentry_sdk.types import Event, Hint

from saas import __version__
from saas.logs import describe_exception, facts_of, message_of, short_path
from shared_apps.tenants.scope import find_current_tenant

_SECONDS: Final = 5
_LEVELS: Final = {"ERROR": "error", "CRITICAL": "fatal"}
_KEPT: Final = frozenset(
    {"event_id", "timestamp", "platform", "level", "logger", "logentry", "exception", "tags", "environment", "release"}
)
_TAGS: Final = ("request", "task", "route")


class QuickTransport(HttpTransport):
    """Gives up after some seconds. It sends from a thread of its own, from a short queue: nobody waits for it."""

    TIMEOUT = _SECONDS


class ReportHandler(logging.Handler):
    """Reports each record of level error."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)

    def emit(self, record: logging.LogRecord) -> None:
        if record.name.startswith(("sentry_sdk", "urllib3")):
            return
        try:
            sentry_sdk.capture_event(make_event(record))
        except Exception:  # noqa: BLE001 - a report that fails must not fail what it reports
            self.handleError(record)


def make_event(record: logging.LogRecord) -> Event:
    """Return the report of a record."""
    facts, tenant = facts_of(record), find_current_tenant()
    tags: dict[str, str] = {name: str(facts[name]) for name in _TAGS if name in facts}
    if tenant is not None:
        tags["tenant"] = tenant.schema_name
    event: Event = {
        "level": _LEVELS.get(record.levelname, "error"),  # type: ignore[typeddict-item]  # one of its literals
        "logger": record.name,
        "logentry": {"message": message_of(record)},
        "tags": tags,
    }
    error = record.exc_info[1] if record.exc_info else None
    if error is not None:
        described = describe_exception(error)
        event["exception"] = {
            "values": [
                {
                    "type": described["class"],
                    "value": described.get("sqlstate", ""),
                    "stacktrace": {"frames": _frames(error)},
                }
            ]
        }
    return event


def _frames(error: BaseException) -> list[dict[str, Any]]:
    return [
        {"filename": short_path(frame.filename), "function": frame.name, "lineno": frame.lineno}
        for frame in traceback.extract_tb(error.__traceback__)[-30:]
    ]


def keep_only_ours(event: Event, hint: Hint) -> Event:
    """Take out of a report what is not made by `make_event`."""
    for name in set(event) - _KEPT:
        del event[name]  # type: ignore[misc]  # any key of it
    return event


def start_reporting(*, dsn: str) -> None:
    """Report errors of this process to `dsn` from now on. Asks nobody, and waits for nobody."""
    sentry_sdk.init(
        dsn=dsn,
        release=__version__,
        transport=QuickTransport,
        default_integrations=False,
        auto_enabling_integrations=False,
        before_send=keep_only_ours,
        send_default_pii=False,
        max_request_body_size="never",
        include_local_variables=False,
        include_source_context=False,
        max_breadcrumbs=0,
        send_client_reports=False,
        auto_session_tracking=False,
        enable_metrics=False,
        shutdown_timeout=2,
    )
    logging.getLogger().addHandler(ReportHandler())
