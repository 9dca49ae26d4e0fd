"""What stands above this app and has a part in logins: guests, who are nobody of the business, and their leavings."""

from collections.abc import Callable
from dataclasses import dataclass

from django.http import HttpRequest


@dataclass(frozen=True, slots=True)
class Visit:
    """An open support session: which of the platform's people, whether an owner lets them write, how long still."""

    email: str
    may_write: bool
    seconds_left: int


_find: list[Callable[[HttpRequest], Visit | None]] = []
_leave: list[Callable[[HttpRequest], None]] = []
_cleanups: list[Callable[[], int]] = []


def register_guests(*, find: Callable[[HttpRequest], Visit | None], leave: Callable[[HttpRequest], None]) -> None:
    """Say how a guest's request is known, and how a guest's session is ended."""
    _find[:], _leave[:] = [find], [leave]


def find_guest(request: HttpRequest) -> Visit | None:
    """Return whose support session a request comes from; None for everybody else."""
    return next((visit for find in _find if (visit := find(request)) is not None), None)


def end_visit(request: HttpRequest) -> None:
    """End the support session a request comes from, if there is one."""
    for leave in _leave:
        leave(request)


def register_cleanup(clean_up: Callable[[], int]) -> None:
    """Have `clean_up` called in each tenant's schema a few times a day, with the cleanup of its sessions."""
    if clean_up not in _cleanups:
        _cleanups.append(clean_up)


def list_cleanups() -> tuple[Callable[[], int], ...]:
    """Return all that were registered."""
    return tuple(_cleanups)
