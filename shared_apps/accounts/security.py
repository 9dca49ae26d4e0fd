"""Who may call an operation of the API. Checked before the body is read."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, Final, cast

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext_noop as _
from ninja.security import APIKeyCookie, HttpBearer
from ninja.utils import check_csrf

from shared_apps.accounts.enums import Role, Scope
from shared_apps.accounts.hooks import Visit, find_guest
from shared_apps.accounts.models import ApiKey, User
from shared_apps.accounts.services import use_api_key
from shared_apps.errors import DomainError
from shared_apps.ratelimits import hit
from shared_apps.tenants.http import TenantRequest

SUPPORT: Final = "support"
_AUTHORIZATION = "HTTP_AUTHORIZATION"  # of META: `request.headers` makes a dictionary of all of them first
_SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
# RFC 9110 section 11.4: the scheme in any case, then one or more spaces. Two headers arrive joined by a comma.
_BEARER = re.compile(r"bearer +(?P<key>\S+)", re.IGNORECASE)


class AuthenticationRequiredError(DomainError):
    """Nobody is logged in here, or the key is not one of this tenant's."""

    code = "authentication_required"
    message = _("Log in, or send a valid API key.")


class PermissionRefusedError(DomainError):
    """The role does not allow it."""

    code = "permission_refused"
    message = _("Your role does not allow this. Ask an owner of the business.")


class KeyRefusedError(DomainError):
    """No key, or not one of this scope, opens it."""

    code = "permission_refused"
    message = _("This key does not open this. Some calls need a key that may write, others a person who is logged in.")


class SupportReadsOnlyError(DomainError):
    """A support session that nobody has raised wants to write."""

    code = "support_read_only"
    message = _("This support session may only read. An owner of the business can let it write, on the Team page.")


class SupportRefusedError(DomainError):
    """No support session opens it, raised or not."""

    code = "support_refused"
    message = _("Support cannot do this. It is for the people of the business alone.")


class CsrfRefusedError(DomainError):
    """A session write without its CSRF token, or from another site's page."""

    code = "csrf_refused"
    message = _("Send the csrftoken cookie's value in the X-CSRFToken header, from a page of this site.")


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, as operations find it in `request.auth`.

    A person by `user` and `role`, a key by its `scope`, the platform's support by its `visit`. `actor` is how the
    timeline names them.
    """

    actor: str
    user: User | None = None
    role: Role | None = None
    scope: Scope | None = None
    visit: Visit | None = None

    @classmethod
    def from_user(cls, user: User) -> "Caller":
        return cls(actor=user.email, user=user, role=Role(user.role))

    @classmethod
    def from_key(cls, key: ApiKey) -> "Caller":
        return cls(actor=f"key:{key.name}", scope=Scope(key.scope))

    @classmethod
    def from_visit(cls, visit: Visit) -> "Caller":
        return cls(actor=SUPPORT, visit=visit)

    @property
    def guest(self) -> Visit:
        """The support session behind a call that only support makes."""
        if self.visit is None:
            raise PermissionRefusedError
        return self.visit

    @property
    def person(self) -> User:
        """The user behind a call that only people may make."""
        if self.user is None:
            raise PermissionRefusedError
        return self.user


def get_caller(request: HttpRequest) -> Caller:
    """Return who makes a call of an operation that has one of the guards below."""
    caller: Caller = request.auth  # type: ignore[attr-defined]  # set by ninja from the guard
    return caller


def find_session_caller(request: HttpRequest) -> Caller | None:
    """Return whose session a request comes with: a person's, or support's while it lasts; None for nobody's."""
    user = request.user
    if isinstance(user, User):
        return Caller.from_user(user) if user.is_active else None
    visit = find_guest(request)
    return None if visit is None else Caller.from_visit(visit)


def _authenticate_key(request: HttpRequest) -> Caller:
    match = _BEARER.fullmatch(request.META[_AUTHORIZATION].strip(" "))
    key = use_api_key(match["key"]) if match else None
    if key is None:
        raise AuthenticationRequiredError
    _count(request)
    return Caller.from_key(key)


def _count(request: HttpRequest) -> None:
    hit("RATE_API", cast(TenantRequest, request).tenant.schema_name)  # strangers use up nobody's share


class Guests(Enum):
    """What a call grants to support: nothing, as every call that says nothing; to look; to write once raised."""

    NONE = auto()
    LOOK = auto()
    WRITE_WHEN_RAISED = auto()


class SessionCookie(APIKeyCookie):
    """A logged-in person of this tenant with one of `roles`, or support, as far as `guests` says.

    Raises, in this order: AuthenticationRequiredError; RateLimitedError, by tenant; CsrfRefusedError on a write;
    PermissionRefusedError, or for support SupportRefusedError or SupportReadsOnlyError. With an Authorization header
    cookies count for nothing: a good key is then refused, a bad one is nobody.
    """

    param_name = settings.SESSION_COOKIE_NAME

    def __init__(self, *roles: Role, guests: Guests = Guests.NONE) -> None:
        self._roles, self._guests = frozenset(roles), guests
        super().__init__(csrf=False)  # checked here, after the login

    def __call__(self, request: HttpRequest) -> Caller:
        if _AUTHORIZATION in request.META:
            _authenticate_key(request)
            raise KeyRefusedError
        caller = find_session_caller(request)
        if caller is None:
            raise AuthenticationRequiredError
        _count(request)
        if request.method not in _SAFE_METHODS and check_csrf(request) is not None:
            raise CsrfRefusedError
        if caller.visit is not None:
            self._check_guest(caller.visit)
        elif caller.role not in self._roles:
            raise PermissionRefusedError
        return caller

    def _check_guest(self, visit: Visit) -> None:
        if self._guests is Guests.NONE:
            raise SupportRefusedError
        if self._guests is Guests.WRITE_WHEN_RAISED and not visit.may_write:
            raise SupportReadsOnlyError

    def authenticate(self, request: HttpRequest, key: str | None) -> Any:
        """Part of ninja's interface; the session middleware has already read the cookie."""
        return self(request)


class BearerKey(HttpBearer):
    """A key of this tenant: one that reads, where the call reads; on a call that writes, one that may.

    `writes` says that the call may be made by keys though it is no GET. None without an Authorization header: then it
    is a person, or nobody. Raises AuthenticationRequiredError; RateLimitedError, by tenant; KeyRefusedError.
    """

    def __init__(self, *, writes: bool = False) -> None:
        self._writes = writes
        super().__init__()

    def __call__(self, request: HttpRequest) -> Caller | None:
        if _AUTHORIZATION not in request.META:
            return None
        caller = _authenticate_key(request)
        is_write = request.method not in _SAFE_METHODS
        if is_write and not (self._writes and caller.scope == Scope.WRITE):
            raise KeyRefusedError
        return caller

    def authenticate(self, request: HttpRequest, token: str) -> Any:
        """Part of ninja's interface; the header is read above, since an empty one is one too."""
        return self(request)


Guard = list[Callable[[HttpRequest], Caller | None]]

_members = SessionCookie(Role.OWNER, Role.STAFF)
_readers = SessionCookie(Role.OWNER, Role.STAFF, guests=Guests.LOOK)
_workers = SessionCookie(Role.OWNER, Role.STAFF, guests=Guests.WRITE_WHEN_RAISED)

any_reader: Guard = [BearerKey(), _readers]  # people of the tenant, and support; keys where the call is a GET
any_member_or_writing_key: Guard = [BearerKey(writes=True), _workers]  # the two writes that keys may make
any_member: Guard = [BearerKey(), _members]  # the same without support
any_look: Guard = [_readers]  # people and support, no keys: a POST that changes nothing
any_person: Guard = [_members]  # no keys, no support
settings_writer: Guard = [SessionCookie(Role.OWNER, guests=Guests.WRITE_WHEN_RAISED)]  # owners, and support once raised
owner_only: Guard = [SessionCookie(Role.OWNER)]  # no keys, no support
support_only: Guard = [SessionCookie(guests=Guests.LOOK)]
