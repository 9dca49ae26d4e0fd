"""The JSON of support sessions."""

from datetime import datetime

from shared_apps.accounts.hooks import Visit
from shared_apps.schemas import Out
from shared_apps.support.selectors import Entry


class SupportAccessOut(Out):
    """One support session. `endsAt` is when it ends at the latest, `endedAt` null while it is open.

    `endedBy` is the address of the owner who ended it, `support`, `platform`, or `time`.
    """

    id: int
    email: str
    opened_at: datetime
    ends_at: datetime
    raised_at: datetime | None
    raised_by: str | None
    ended_at: datetime | None
    ended_by: str | None

    @classmethod
    def from_entry(cls, entry: Entry) -> "SupportAccessOut":
        access = entry.access
        return cls(
            id=access.pk,
            email=access.email,
            opened_at=access.opened_at,
            ends_at=access.ends_at,
            raised_at=access.raised_at,
            raised_by=access.raised_by or None,
            ended_at=entry.ended_at,
            ended_by=entry.ended_by or None,
        )


class SupportAccessListOut(Out):
    """The business's log of support sessions, the latest first, at most 100."""

    items: list[SupportAccessOut]


class SupportSessionOut(Out):
    """The caller's own support session: whether an owner lets it write, and how many seconds are left of it."""

    email: str
    may_write: bool
    seconds_left: int

    @classmethod
    def from_visit(cls, visit: Visit) -> "SupportSessionOut":
        return cls(email=visit.email, may_write=visit.may_write, seconds_left=visit.seconds_left)
