"""A support session as the browser's session carries it: the id of its line in the log, and no user."""

from django.http import HttpRequest

from shared_apps.accounts.hooks import Visit
from shared_apps.support.selectors import find_open
from shared_apps.support.services import end_access

ACCESS_KEY = "support"


def find_visit(request: HttpRequest) -> Visit | None:
    """Return the open support session that this request comes from; None from anybody else. Asks only where one was."""
    access_id = request.session.get(ACCESS_KEY)
    access = find_open(access_id=access_id) if isinstance(access_id, int) else None
    if access is None:
        return None
    return Visit(
        email=access.email,
        may_write=access.raised_at is not None,
        seconds_left=int((access.ends_at - access.now).total_seconds()),  # type: ignore[attr-defined]  # annotated
    )


def leave(request: HttpRequest) -> None:
    """End the support session this request comes from, if it comes from one."""
    access_id = request.session.pop(ACCESS_KEY, None)
    if isinstance(access_id, int):
        end_access(access_id=access_id, by="support")
