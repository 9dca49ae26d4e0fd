"""The site: who gets in, and what a role may do."""

from typing import Any, cast

from django.contrib import admin
from django.contrib.auth.forms import AuthenticationForm
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from shared_apps.accounts.enums import PLATFORM_ROLES, Role
from shared_apps.accounts.models import User
from shared_apps.accounts.validators import normalise_login_email
from shared_apps.ratelimits import RateLimitedError, check, hit

PAGE_SIZE = 50


class LimitedLoginForm(AuthenticationForm):
    """The login, with the limit that every login of this house has."""

    error_messages = AuthenticationForm.error_messages | {"limited": "Too many failed attempts. Try again later."}

    def clean(self) -> dict[str, Any]:
        email = normalise_login_email(self.cleaned_data.get("username") or "")[:254]
        address = str(getattr(self.request, "client_ip", ""))
        keys = (("public", "email", email), 1), (("public", "ip", address), 10)
        try:
            for key, factor in keys:
                check("RATE_LOGIN", *key, factor=factor)
        except RateLimitedError:
            raise ValidationError(self.error_messages["limited"], code="limited") from None
        try:
            return super().clean()
        except ValidationError:
            for key, factor in keys:
                try:
                    hit("RATE_LOGIN", *key, factor=factor)
                except RateLimitedError:
                    continue  # a parallel attempt used the last one; the next attempt is told
            raise


class PlatformAdminSite(admin.AdminSite):
    """Lets the platform's people in, and nobody else."""

    site_header = site_title = "Booking Handoff"
    index_title = "Platform"
    site_url = "/"
    enable_nav_sidebar = False
    login_form = LimitedLoginForm

    def has_permission(self, request: HttpRequest) -> bool:
        user = request.user
        return isinstance(user, User) and user.is_active and user.role in PLATFORM_ROLES


site = PlatformAdminSite(name="admin")


class ByRole:
    """Permissions of a model's pages by role; there are no permission tables."""

    may_look = frozenset({Role.ADMIN, Role.SUPPORT})
    may_change = frozenset({Role.ADMIN})

    def _has(self, request: HttpRequest, roles: frozenset[Role]) -> bool:
        return site.has_permission(request) and cast(User, request.user).role in roles

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self._has(request, self.may_look)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._has(request, self.may_look)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._has(request, self.may_change)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._has(request, self.may_change)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._has(request, self.may_change)

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Whether a list may be narrowed by it: by what its filters offer, and by no other name that is a field's."""
        offered = {
            f"{entry}__exact" if isinstance(entry, str) else entry.parameter_name
            for entry in self.list_filter  # type: ignore[attr-defined]  # ModelAdmin's, beside this class
        }
        return lookup in offered and "\0" not in value
