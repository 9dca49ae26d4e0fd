"""The JSON of people, sessions and keys."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import StringConstraints

from shared_apps.accounts.enums import MemberState, Role, Scope
from shared_apps.accounts.models import ApiKey, Session, User
from shared_apps.schemas import In, Out

TeamRole = Literal["owner", "staff"]
Password = Annotated[str, StringConstraints(max_length=1000)]


class PasswordIn(In):
    """The current password proves who asks."""

    current_password: Password
    new_password: Password


class SessionOut(Out):
    """One of the caller's own sessions. `id` names it and is no secret."""

    id: UUID
    created_at: datetime
    last_seen_at: datetime
    device: str
    current: bool

    @classmethod
    def from_session(cls, session: Session, *, current_key: str | None) -> "SessionOut":
        return cls(
            id=session.public_id,
            created_at=session.created_at,
            last_seen_at=session.last_seen_at,
            device=session.device,
            current=session.session_key == current_key,
        )


class SessionListOut(Out):
    """The caller's open sessions, the one used last first."""

    items: list[SessionOut]


class MemberIn(In):
    """Who is to join, and as what."""

    email: Annotated[str, StringConstraints(min_length=1, max_length=320)]
    role: TeamRole


class MemberPatchIn(In):
    """What is to change; absent or null stays as it is."""

    role: TeamRole | None = None
    active: bool | None = None


class MemberOut(Out):
    """A person of the tenant. `you` marks the caller."""

    id: int
    email: str
    role: Role
    active: bool
    state: MemberState
    last_login_at: datetime | None
    created_at: datetime
    you: bool

    @classmethod
    def from_user(cls, user: User, *, caller: User) -> "MemberOut":
        return cls(
            id=user.pk,
            email=user.email,
            role=Role(user.role),
            active=user.is_active,
            state=user.state,
            last_login_at=user.last_login,
            created_at=user.created_at,
            you=user.pk == caller.pk,
        )


class MemberListOut(Out):
    """The team, in the order they joined."""

    items: list[MemberOut]


class ApiKeyIn(In):
    """A new key's name, which timelines show, and what it may do."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    scope: Literal["read", "write"]


class ApiKeyOut(Out):
    """A key, by its first characters."""

    id: int
    name: str
    scope: Scope
    prefix: str
    created_at: datetime
    last_used_at: datetime | None

    @classmethod
    def from_key(cls, key: ApiKey) -> "ApiKeyOut":
        return cls(
            id=key.pk,
            name=key.name,
            scope=Scope(key.scope),
            prefix=key.prefix,
            created_at=key.created_at,
            last_used_at=key.last_used_at,
        )


class NewApiKeyOut(ApiKeyOut):
    """A key just made: the only answer that ever holds it whole."""

    key: str


class ApiKeyListOut(Out):
    """The tenant's keys, oldest first."""

    items: list[ApiKeyOut]
