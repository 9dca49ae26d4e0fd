"""The web process: `granian --interface wsgi saas.wsgi:application`."""

import os
from collections.abc import Callable, Iterable
from typing import Any

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "saas.settings")

_django = get_wsgi_application()

from shared_apps.journal.services import start_journal_keeper  # noqa: E402 - needs the apps loaded
from shared_apps.tenants.backend.guard import GUARD  # noqa: E402
from shared_apps.tenants.watcher import start_tenant_watcher  # noqa: E402

GUARD.start(statement_seconds=3.0)
start_tenant_watcher()
start_journal_keeper()

_MAX_CONTENT_TYPE = 256
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Django, behind two checks that must come before it builds a request.

    It parses Content-Type then, at a cost that grows with the square of its length (CVE-2026-84429's kind); and a
    method nobody uses meets its CSRF check before any view could say 405.
    """
    if len(environ.get("CONTENT_TYPE", "")) > _MAX_CONTENT_TYPE:
        return _refuse(start_response, "400 Bad Request")
    if environ.get("REQUEST_METHOD") not in _METHODS:
        return _refuse(start_response, "405 Method Not Allowed", ("Allow", ", ".join(sorted(_METHODS))))
    return _django(environ, start_response)


def _refuse(start_response: Callable[..., Any], status: str, *headers: tuple[str, str]) -> Iterable[bytes]:
    body = status.encode() + b"\n"
    start_response(
        status, [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(body))), *headers]
    )
    return [body]
