"""Logs of one JSON line each, without personal data.

An exception is told by its class, its SQLSTATE and where it was raised. Its text is left out: PostgreSQL's and
pydantic's texts hold the very values that failed.
"""

import json
import logging
import traceback
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

_ROOT = Path(__file__).resolve().parent.parent


class JsonFormatter(logging.Formatter):
    """One line: at, level, logger, message; and of an exception its class, SQLSTATE and frames."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": _message_of(record),
        }
        if record.exc_info and record.exc_info[1] is not None:
            line["error"] = describe_exception(record.exc_info[1])
        return json.dumps(line, ensure_ascii=True)


def _message_of(record: logging.LogRecord) -> str:
    is_djangos = record.name.startswith(("django.request", "django.security"))
    if is_djangos and isinstance(record.args, tuple) and record.args:
        return str(record.args[0])  # Django adds the path, which may hold a single-use token
    return record.getMessage()


def describe_exception(error: BaseException) -> dict[str, Any]:
    """Return {class, sqlstate?, frames} of an exception and of what caused it; never its text."""
    frames = traceback.extract_tb(error.__traceback__)[-8:]
    described: dict[str, Any] = {
        "class": type(error).__qualname__,
        "frames": [f"{_short(frame.filename)}:{frame.lineno}:{frame.name}" for frame in frames],
    }
    sqlstate = getattr(error.__cause__, "sqlstate", None) or getattr(error, "sqlstate", None)
    if sqlstate:
        described["sqlstate"] = sqlstate
    return described


def _short(filename: str) -> str:
    path = Path(filename)
    return str(path.relative_to(_ROOT)) if path.is_relative_to(_ROOT) else "/".join(path.parts[-3:])
