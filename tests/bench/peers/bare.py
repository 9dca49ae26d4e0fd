"""The floor of every request: a WSGI callable that answers at once, with as many bytes as a capture's answer has."""

from collections.abc import Callable, Iterable
from typing import Any

_BODY = b"{" + b" " * 700 + b"}"
_HEADERS = [("Content-Type", "application/json"), ("Content-Length", str(len(_BODY)))]


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Read the body, answer."""
    environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    start_response("201 Created", _HEADERS)
    return [_BODY]
