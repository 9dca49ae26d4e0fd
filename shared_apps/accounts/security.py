"""Who may call an operation of the API. Checked before the body is read."""

from typing import Any, cast

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.utils.translation import gettext_noop as _
from ninja.security import APIKeyCookie
from ninja.utils import check_csrf

from shared_apps.accounts.enums import Role
from shared_apps.accounts.models import User
from shared_apps.errors import DomainError
from shared_apps.ratelimits import hit
from shared_apps.tenants.http import TenantRequest


class AuthenticationRequiredError(DomainError):
    """Nobody is logged in here, or the key is not one of this tenant's."""

    code = "authentication_required"
    message = _("Log in, or send a valid API key.")


class PermissionRefusedError(DomainError):
    """The role does not allow it."""

    code = "permission_refused"
    message = _("Your role does not allow this. Ask an owner of the business.")


class CsrfRefusedError(DomainError):
    """A session write without its CSRF token, or from another site's page."""

    code = "csrf_refused"
    message = _("Send the csrftoken cookie's value in the X-CSRFToken header, from a page of this site.")


class Member(APIKeyCookie):
    """A logged-in person of this tenant with one of `roles`; the operation finds it in `request.auth`.

    Raises, in this order: AuthenticationRequiredError; RateLimitedError, by tenant; CsrfRefusedError on a write;
    PermissionRefusedError. With an Authorization header cookies count for nothing; there are no API keys yet, so every
    such header is refused.
    """

    param_name = "sessionid"

    def __init__(self, *roles: Role) -> None:
        self._roles = frozenset(roles)
        super().__init__(csrf=False)  # checked here, after the login

    def __call__(self, request: HttpRequest) -> User:
        if "Authorization" in request.headers:
            raise AuthenticationRequiredError
        user = request.user
        if isinstance(user, AnonymousUser) or not user.is_active:
            raise AuthenticationRequiredError
        hit("RATE_API", cast(TenantRequest, request).tenant.schema_name)  # strangers use up nobody's share
        if request.method not in ("GET", "HEAD", "OPTIONS") and check_csrf(request) is not None:
            raise CsrfRefusedError
        if user.role not in self._roles:
            raise PermissionRefusedError
        return user

    def authenticate(self, request: HttpRequest, key: str | None) -> Any:
        """Part of ninja's interface; the session middleware has already read the cookie."""
        return self(request)


any_member = Member(Role.OWNER, Role.STAFF)
owner_only = Member(Role.OWNER)
