"""The platform's first admin, and one who forgot their password: by Django's own commands, in public alone."""

import getpass

import pytest
from django.conf import settings as django_settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.test import Client

from shared_apps.accounts.enums import Role
from shared_apps.accounts.models import User
from shared_apps.tenants.scope import TenantRef, enter_tenant, public_scope

EMAIL, PASSWORD = "first@platform.example", "long-enough-for-an-admin"


@pytest.fixture
def first(alpha: TenantRef, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first admin, made as a script makes one."""
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)
    call_command("createsuperuser", email="First@Platform.example", interactive=False, verbosity=0)


def _log_in(email: str, password: str) -> int:
    """Return the status of the admin's login: 302 lets in."""
    client = Client(headers={"host": django_settings.SAAS_DOMAIN})
    return client.post("/admin/login/?next=/admin/", {"username": email, "password": password}).status_code


def test_first_admin_may_log_in_at_the_platform_alone(first: None, alpha: TenantRef) -> None:
    with public_scope():
        assert User.objects.get(email=EMAIL).role == Role.ADMIN
    with enter_tenant(alpha):
        assert not User.objects.filter(email=EMAIL).exists()
    assert _log_in(EMAIL, PASSWORD) == 302
    assert _log_in(EMAIL, "another-password-of-somebody") == 200


def test_nobody_of_a_tenant_becomes_an_admin(alpha: TenantRef) -> None:
    with enter_tenant(alpha):
        with pytest.raises(ImproperlyConfigured, match="in public alone"):
            User.objects.create_superuser(EMAIL, PASSWORD)
        assert not User.objects.filter(role=Role.ADMIN).exists()


@pytest.mark.parametrize(
    ("email", "said"), [("no address", "name@example.com"), (EMAIL, "already taken"), ("", "cannot be blank")]
)
def test_bad_address_is_said_in_one_line(email: str, said: str, first: None) -> None:
    with pytest.raises(CommandError, match=said):
        call_command("createsuperuser", email=email, interactive=False, verbosity=0)
    with public_scope():
        assert User.objects.filter(email=EMAIL).count() == 1


def test_forgotten_password_is_changed(first: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(getpass, "getpass", lambda *_args, **_given: "quite-another-password-2")
    call_command("changepassword", EMAIL, verbosity=0)
    assert _log_in(EMAIL, PASSWORD) == 200
    assert _log_in(EMAIL, "quite-another-password-2") == 302
