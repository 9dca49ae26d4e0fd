"""The web process: `granian --interface wsgi saas.wsgi:application`."""

import json
import os
import re
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "saas.settings")

_django = get_wsgi_application()

from saas.captures import Captures  # noqa: E402 - needs the apps loaded
from saas.kept import KeptAnswers  # noqa: E402 - the same
from shared_apps.journal.services import start_journal_keeper  # noqa: E402 - the same
from shared_apps.tenants.backend.guard import GUARD  # noqa: E402 - the same
from shared_apps.tenants.watcher import start_tenant_watcher  # noqa: E402 - the same

GUARD.start(statement_seconds=3.0)
start_tenant_watcher()
start_journal_keeper()

_answer = KeptAnswers(Captures(_django))

_MAX_CONTENT_TYPE = 256
_MAX_PARAMETERS = 100
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
# What a Content-Type may say of its charset. Python knows codecs such as `hex`, which Django then cannot decode by.
_CHARSET = re.compile(r""";\s*charset\s*=\s*"?(?:utf-?8|us-ascii|ascii)"?\s*(?:;|$)""", re.IGNORECASE)


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Django and the pages it keeps, behind the checks that must come before a request is built or a page looked for.

    Django parses Content-Type then, at a cost that grows with the square of its length (CVE-2026-84429's kind), and
    fails on some; it counts parameters where the page for the error would read them again; and a method nobody uses
    meets its CSRF check before any view could say 405.
    """
    if not _is_readable(environ):
        return _refuse(environ, start_response, HTTPStatus.BAD_REQUEST)
    if environ.get("REQUEST_METHOD") not in _METHODS:
        allow = ("Allow", ", ".join(sorted(_METHODS)))
        return _refuse(environ, start_response, HTTPStatus.METHOD_NOT_ALLOWED, allow)
    return _answer(environ, start_response)


def _is_readable(environ: dict[str, Any]) -> bool:
    content_type = environ.get("CONTENT_TYPE", "")
    _, _, parameters = content_type.partition(";")
    return (
        len(content_type) <= _MAX_CONTENT_TYPE
        and "*" not in parameters  # RFC 2231: nothing in a request's Content-Type needs it
        and ("charset" not in parameters.lower() or _CHARSET.search(content_type) is not None)
        and environ.get("QUERY_STRING", "").count("&") < _MAX_PARAMETERS
    )


def _refuse(
    environ: dict[str, Any], start_response: Callable[..., Any], status: HTTPStatus, *headers: tuple[str, str]
) -> Iterable[bytes]:
    kind, body = "text/plain; charset=utf-8", f"{status} {status.phrase}\n"
    if environ.get("PATH_INFO", "").startswith("/api/"):
        kind = "application/problem+json"
        code = status.phrase.lower().replace(" ", "_")
        body = json.dumps(
            {
                "type": f"urn:booking-handoff:problem:{code}",
                "title": status.phrase,
                "status": status,
                "detail": "This request cannot be read.",
            }
        )
    own = [("Content-Type", kind), ("Content-Length", str(len(body))), ("Cache-Control", "no-store"), *headers]
    start_response(f"{status} {status.phrase}", own)
    return [body.encode()]
