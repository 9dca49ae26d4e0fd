"""Setting a password by a link that works once."""

from typing import Any

import pytest
from django.contrib.auth.hashers import check_password

from shared_apps.accounts.models import User
from shared_apps.accounts.services import replace_password
from shared_apps.accounts.tokens import find_user_by_token, make_set_password_token
from shared_apps.tenants.scope import TenantRef, enter_tenant
from tests.clients import TenantClient
from tests.factories import UserFactory

PASSWORD = "a-long-walk-on-the-beach"


@pytest.fixture
def user(alpha: TenantRef) -> User:
    """An owner who has not set a password yet."""
    with enter_tenant(alpha):
        return UserFactory.create(email="ada@example.com")


@pytest.fixture
def token(alpha: TenantRef, user: User) -> str:
    """The token of the user's link."""
    with enter_tenant(alpha):
        return make_set_password_token(user)


def test_link_sets_the_password_and_logs_in(token: str, user: User, alpha: TenantRef, visitor: TenantClient) -> None:
    assert visitor.get(f"/set-password/{token}").status_code == 200
    assert visitor.head(f"/set-password/{token}").status_code == 200

    response = visitor.post(f"/set-password/{token}", {"password": PASSWORD})

    assert (response.status_code, response["Location"]) == (302, "/dashboard")
    assert visitor.get("/dashboard").status_code == 200
    with enter_tenant(alpha):
        assert check_password(PASSWORD, User.objects.get(pk=user.pk).password)


def test_link_is_spent_by_its_use(token: str, alpha: TenantRef, visitor: TenantClient) -> None:
    visitor.post(f"/set-password/{token}", {"password": PASSWORD})
    other = TenantClient(alpha)

    page = other.get(f"/set-password/{token}")
    assert page.status_code == 400
    assert "This link no longer works" in page.content.decode()
    assert other.post(f"/set-password/{token}", {"password": "somebody-elses-words"}).status_code == 400
    assert other.get("/dashboard").status_code == 302
    assert other.post("/login", {"email": "ada@example.com", "password": PASSWORD}).status_code == 302


def test_looking_at_the_link_does_not_spend_it(token: str, visitor: TenantClient) -> None:
    for _ in range(3):
        assert visitor.get(f"/set-password/{token}").status_code == 200

    assert visitor.post(f"/set-password/{token}", {"password": PASSWORD}).status_code == 302


@pytest.mark.parametrize(
    ("password", "message"),
    [
        ("", "at least 10 characters"),
        ("short", "at least 10 characters"),
        ("password123", "too common"),
        ("ada@example.com", "too similar"),
    ],
)
def test_weak_password_is_refused_and_the_link_stays(
    password: str, message: str, token: str, visitor: TenantClient
) -> None:
    response = visitor.post(f"/set-password/{token}", {"password": password})

    assert response.status_code == 422
    assert message in response.content.decode()
    assert visitor.post(f"/set-password/{token}", {"password": PASSWORD}).status_code == 302


def test_link_dies_after_three_days(
    token: str, alpha: TenantRef, visitor: TenantClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    from datetime import timedelta

    from django.contrib.auth.tokens import PasswordResetTokenGenerator

    real = PasswordResetTokenGenerator._now

    def later(days: float) -> None:
        monkeypatch.setattr(PasswordResetTokenGenerator, "_now", lambda self: real(self) + timedelta(days=days))

    later(2.99)
    assert visitor.get(f"/set-password/{token}").status_code == 200
    later(3.01)
    assert visitor.get(f"/set-password/{token}").status_code == 400


def test_link_of_an_inactive_user_is_unknown(token: str, user: User, alpha: TenantRef, visitor: TenantClient) -> None:
    with enter_tenant(alpha):
        User.objects.filter(pk=user.pk).update(is_active=False)

    assert visitor.get(f"/set-password/{token}").status_code == 400


@pytest.mark.parametrize(
    "wrong",
    ["x", ".", "MQ.x", "MQ", "x.x-y", "MQ.0-0", "%00", "OTk5OTk5.{secret}", "{key}.{secret}x", "{key}.{upper}",
     "LTE.{secret}", "{key}.", ".{secret}", "{big}.{secret}", "ä.{secret}", "M Q.{secret}"],
)  # fmt: skip
def test_altered_token_is_unknown(wrong: str, token: str, visitor: TenantClient) -> None:
    key, _, secret = token.partition(".")
    altered = wrong.format(key=key, secret=secret, upper=secret.upper(), big="OTk5" * 700)

    assert visitor.get(f"/set-password/{altered}").status_code == 400


def test_token_of_one_user_sets_no_other_users_password(token: str, alpha: TenantRef, visitor: TenantClient) -> None:
    with enter_tenant(alpha):
        other = make_set_password_token(UserFactory.create(email="bob@example.com"))

    mixed = f"{other.partition('.')[0]}.{token.partition('.')[2]}"

    assert visitor.post(f"/set-password/{mixed}", {"password": PASSWORD}).status_code == 400


def test_token_holds_no_personal_data_and_is_hard_to_guess(token: str) -> None:
    _key, _, secret = token.partition(".")

    assert "example" not in token  # of the address; its first letters could be hexadecimal digits by chance
    assert len(secret.partition("-")[2]) * 4 >= 100  # hexadecimal digits, in bits


def test_page_is_kept_by_nobody_and_its_address_told_to_nobody(token: str, visitor: TenantClient) -> None:
    response = visitor.get(f"/set-password/{token}")

    assert "no-store" in response["Cache-Control"]
    assert response["Referrer-Policy"] == "same-origin"


def test_set_password_without_its_csrf_token_is_refused(token: str, alpha: TenantRef) -> None:
    strict = TenantClient(alpha, enforce_csrf_checks=True)

    assert strict.post(f"/set-password/{token}", {"password": PASSWORD}).status_code == 403
    assert strict.get(f"/set-password/{token}").status_code == 200


def test_other_sessions_end_when_the_password_is_set(
    token: str, user: User, alpha: TenantRef, visitor: TenantClient
) -> None:
    thief = TenantClient(alpha)
    with enter_tenant(alpha):
        thief.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    assert thief.get("/dashboard").status_code == 200
    with enter_tenant(alpha):
        token = make_set_password_token(User.objects.get(pk=user.pk))

    visitor.post(f"/set-password/{token}", {"password": PASSWORD})

    assert thief.get("/dashboard").status_code == 302


def test_second_of_two_at_once_finds_the_link_spent(token: str, alpha: TenantRef) -> None:
    """Both have read the user before either has written: the one conditional UPDATE decides."""
    with enter_tenant(alpha):
        first, second = find_user_by_token(token), find_user_by_token(token)
        assert first is not None
        assert second is not None
        stale = second.password

        assert replace_password(user=first, password=PASSWORD)
        assert not replace_password(user=second, password="somebody-elses-words")

        assert second.password == stale
        assert check_password(PASSWORD, User.objects.get(pk=first.pk).password)


def test_person_who_is_let_out_meanwhile_gets_no_password(token: str, alpha: TenantRef) -> None:
    with enter_tenant(alpha):
        read = find_user_by_token(token)
        assert read is not None
        User.objects.update(is_active=False)

        assert not replace_password(user=read, password=PASSWORD)
        assert not User.objects.get(pk=read.pk).has_usable_password()


def test_request_that_loses_the_race_is_told_so(
    token: str, user: User, alpha: TenantRef, visitor: TenantClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    from shared_apps.accounts import views

    def validate_while_another_wins(password: str, validated: Any) -> None:
        User.objects.filter(pk=user.pk).update(password="set by the other one")

    monkeypatch.setattr(views, "validate_password", validate_while_another_wins)

    response = visitor.post(f"/set-password/{token}", {"password": PASSWORD})

    assert response.status_code == 400
    assert "sessionid" not in response.cookies
    with enter_tenant(alpha):
        assert User.objects.get(pk=user.pk).password == "set by the other one"
