"""Who does the jobs: every app registers its handlers here when it loads."""

from collections.abc import Callable, Mapping

from shared_apps.tenants.scope import TenantRef

Payload = Mapping[str, str | int]
Handler = Callable[[TenantRef, Payload], None]

_handlers: dict[str, Handler] = {}


class UnknownJobError(Exception):
    """Nobody registered for this kind of job: it waits for a release that knows it."""


def register_job(kind: str, handler: Handler) -> None:
    """Have `handler` called with the tenant and the payload of each job of `kind` (`<app>.<verb_noun>`).

    It runs in the worker, in the tenant's schema, outside a transaction, and at least once: a worker that is killed
    after the work and before saying so does it again. An exception is tried again later.
    """
    if _handlers.setdefault(kind, handler) is not handler:
        raise ValueError(f"{kind} has another handler already")


def get_handler(kind: str) -> Handler:
    """Return the handler of `kind`. Raises UnknownJobError."""
    try:
        return _handlers[kind]
    except KeyError:
        raise UnknownJobError from None


def known_jobs() -> frozenset[str]:
    """Return the kinds that somebody does."""
    return frozenset(_handlers)
