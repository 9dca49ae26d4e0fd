"""What answers before Django, asked as a web server asks it and told apart from Django behind it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpResponseBase
from django.test import RequestFactory

from tests.clients import answer_wsgi

Door = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
Django = Callable[[dict[str, Any], Callable[..., Any]], HttpResponseBase]


@dataclass
class Answer:
    """What went over the wire."""

    status: str
    headers: dict[str, str]
    body: bytes
    was_djangos: bool


@dataclass
class Web:
    """The web process at a tenant's host; `make` gives the door before a Django."""

    host: str
    make: Callable[[Django], Door]
    djangos: int = 0
    door: Door = field(init=False)

    def __post_init__(self) -> None:
        self.door = self.make(self.ask_django)

    def ask_django(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> HttpResponseBase:
        self.djangos += 1
        return answer_wsgi(environ, start_response)

    def ask(
        self,
        path: str,
        *,
        method: str = "GET",
        body: bytes = b"",
        content_type: str = "application/json",
        address: str = "127.0.0.1",
        by_django: bool = False,
        **headers: Any,
    ) -> Answer:
        """Ask the door, or Django `by_django`; headers by their names, with underscores."""
        named = {"host": self.host, "accept-encoding": "gzip"} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        request = RequestFactory().generic(method, path, body, content_type, headers=named, REMOTE_ADDR=address)
        said: list[Any] = []
        before = self.djangos
        application: Door = self.ask_django if by_django else self.door
        sent = b"".join(application(request.META, lambda status, given, *_: said.extend((status, given))))
        names = [name for name, _ in said[1] if name != "Set-Cookie"]
        assert len(names) == len(set(names))
        return Answer(said[0], dict(said[1]), sent, self.djangos > before)
