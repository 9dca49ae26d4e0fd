"""Logs of one JSON line each, without personal data.

An exception is told by its class, its SQLSTATE and where it was raised. Its text is left out: PostgreSQL's and
pydantic's texts hold the very values that failed. Every line names the request or task it belongs to, and the tenant
whose schema is entered.
"""

import json
import logging
import sys
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Final

from django.apps import apps

_ROOT = Path(__file__).resolve().parent.parent
_OURS: Final = ("saas", "shared_apps", "tenant_apps", "worker", "tests", "test")

# No line of ours tells these, nor where in the code it was written, and a record pays for each (logging HOWTO,
# "Optimization", which names the last one's private name, too).
logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
logging._srcfile = None  # noqa: SLF001 - the name the how-to gives

_facts: ContextVar[dict[str, str] | None] = ContextVar("line_facts", default=None)


@contextmanager
def line_facts(**facts: str) -> Iterator[None]:
    """Have every line that the body logs say these, such as `request="…"`; never anything personal."""
    token = _facts.set({**(_facts.get() or {}), **facts})
    try:
        yield
    finally:
        _facts.reset(token)


def set_line_facts(**facts: str) -> None:
    """Have every line of this thread say these, and nothing that was said before."""
    _facts.set(facts)


class JsonFormatter(logging.Formatter):
    """One line: at, level, logger, message, the line's facts; and of an exception its class, SQLSTATE and frames."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": message_of(record),
            **facts_of(record),
        }
        if record.exc_info and record.exc_info[1] is not None:
            line["error"] = describe_exception(record.exc_info[1])
        return json.dumps(line, ensure_ascii=True)


def message_of(record: logging.LogRecord) -> str:
    """Return what a record says, without what others put into it that may be personal."""
    is_djangos = record.name.startswith(("django.request", "django.security"))
    if is_djangos and isinstance(record.args, tuple) and record.args:
        return str(record.args[0])  # Django adds the path, which may hold a single-use token
    if record.exc_info and record.name.partition(".")[0] not in _OURS:
        # Others print the exception's text into their message, Celery its traceback too.
        args = record.args if isinstance(record.args, dict) else {}
        return " ".join(filter(None, ("failed:", str(args.get("name", "")))))
    return record.getMessage()


def facts_of(record: logging.LogRecord) -> dict[str, Any]:
    """Return the request or task, the tenant, and what the record itself brings along as `facts`."""
    facts: dict[str, Any] = dict(_facts.get() or {})
    tenant = _entered_tenant()
    if tenant is not None:
        facts["tenant"] = tenant.client_id or tenant.schema_name
    return facts | getattr(record, "facts", {})


def _entered_tenant() -> Any:
    """Return the tenant whose schema this thread has entered; None in public, and before Django is there."""
    if not apps.ready:
        return None
    from shared_apps.tenants.scope import find_current_tenant

    return find_current_tenant()


def describe_exception(error: BaseException) -> dict[str, Any]:
    """Return {class, sqlstate?, frames} of an exception and of what caused it; never its text."""
    frames = traceback.extract_tb(error.__traceback__)[-8:]
    described: dict[str, Any] = {
        "class": type(error).__qualname__,
        "frames": [f"{short_path(frame.filename)}:{frame.lineno}:{frame.name}" for frame in frames],
    }
    sqlstate = getattr(error.__cause__, "sqlstate", None) or getattr(error, "sqlstate", None)
    if sqlstate:
        described["sqlstate"] = sqlstate
    return described


def short_path(filename: str) -> str:
    """Return a file's path in the checkout, else the end of it."""
    path = Path(filename)
    return str(path.relative_to(_ROOT)) if path.is_relative_to(_ROOT) else "/".join(path.parts[-3:])


def log_uncaught() -> None:
    """Have what ends a thread, or this process where nobody sits before it, logged as a line instead of its text."""
    logger = logging.getLogger("saas.uncaught")

    def thread_ended(given: threading.ExceptHookArgs) -> None:
        if given.exc_value is not None and given.exc_type is not SystemExit:
            name = given.thread.name if given.thread is not None else "?"
            logger.error("thread %s ended", name, exc_info=given.exc_value)

    def process_ended(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        logger.critical("process ended", exc_info=error)

    threading.excepthook = thread_ended
    if not sys.stderr.isatty():
        sys.excepthook = process_ended
