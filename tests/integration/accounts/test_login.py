"""Logging in and out."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth import SESSION_KEY

from shared_apps.accounts.enums import Role
from shared_apps.accounts.models import Session, User
from shared_apps.tenants.scope import TenantRef, enter_tenant
from tests.clients import TenantClient
from tests.factories import UserFactory

EMAIL, PASSWORD = "ada@example.com", "correct-horse-battery"
Login = Callable[..., TenantClient]


@pytest.fixture
def ada(alpha: TenantRef) -> User:
    """An owner of alpha with a password."""
    with enter_tenant(alpha):
        return UserFactory.create(email=EMAIL, password=PASSWORD)


def _post(client: TenantClient, email: str = EMAIL, password: str = PASSWORD, **more: str) -> Any:
    return client.post("/login", {"email": email, "password": password, **more})


def _plain(html: str, *varying: str) -> str:
    """Return the page without what differs from one answer to the next: nonces, tokens, and what was typed."""
    html = re.sub(r'(nonce|value)="[^"]*"', r'\1=""', html)
    for text in varying:
        html = html.replace(text, "")
    return html


# ---- in ---------------------------------------------------------------------------------------------------------


def test_right_password_logs_in_and_leads_to_the_dashboard(ada: User, visitor: TenantClient) -> None:
    response = _post(visitor)

    assert (response.status_code, response["Location"]) == (302, "/dashboard")
    assert visitor.get("/dashboard").status_code == 200
    assert visitor.get("/api/v1/handoffs").status_code == 200


@pytest.mark.parametrize("email", ["ADA@example.com", "  ada@example.com ", "Ada@Example.Com"])
def test_address_is_read_without_case_and_blanks(email: str, ada: User, visitor: TenantClient) -> None:
    assert _post(visitor, email).status_code == 302


@pytest.mark.parametrize("password", [PASSWORD + " ", PASSWORD.upper(), "", " ", "x", "\0", PASSWORD + "\0"])
def test_wrong_password_is_refused(password: str, ada: User, visitor: TenantClient) -> None:
    response = _post(visitor, password=password)

    assert response.status_code == 401
    assert "sessionid" not in response.cookies
    assert visitor.get("/api/v1/handoffs").status_code == 401


def test_every_refusal_is_the_same_answer(ada: User, alpha: TenantRef, visitor: TenantClient) -> None:
    """Nobody learns which addresses have a login."""
    with enter_tenant(alpha):
        UserFactory.create(email="gone@example.com", password=PASSWORD)
        User.objects.filter(email="gone@example.com").update(is_active=False)
        UserFactory.create(email="unset@example.com")
    attempts = {
        "wrong": _post(visitor, password="wrong"),
        "unknown": _post(visitor, "nobody@example.com"),
        "inactive, right password": _post(visitor, "gone@example.com"),
        "inactive, wrong password": _post(visitor, "gone@example.com", "wrong"),
        "no password yet": _post(visitor, "unset@example.com", ""),
        "no address": _post(visitor, ""),
        "no address and no password": visitor.post("/login", {}),
        "not an address": _post(visitor, "'; DROP TABLE--\0"),
        "endless": _post(visitor, "x" * 20_000),
    }

    answers = {name: (one.status_code, _plain(one.content.decode())) for name, one in attempts.items()}

    expected = answers["wrong"]
    assert expected[0] == 401
    assert "This e-mail address and password do not go together." in expected[1]
    # With no address in its field the page puts the cursor there; all else is one answer.
    moved = {name: page.replace(" autofocus", "") for name, (_, page) in answers.items()}
    assert {status for status, _ in answers.values()} == {401}
    assert set(moved.values()) == {moved["wrong"]}


def test_refusal_keeps_the_address_and_never_the_password(ada: User, visitor: TenantClient) -> None:
    page = _post(visitor, '"><script>alert(1)</script>@x', "hunter2hunter2").content.decode()

    assert "hunter2hunter2" not in page
    assert "<script>alert(1)" not in page
    assert "&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;@x" in page


def test_refused_login_is_hashed_like_any_other(
    visitor: TenantClient, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same work for an unknown address, so that time tells nothing either."""
    from django.contrib.auth.hashers import Argon2PasswordHasher

    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
    hashed = []
    encode = Argon2PasswordHasher.encode

    def count(self: Argon2PasswordHasher, password: str, salt: str) -> str:
        hashed.append(1)
        return encode(self, password, salt)

    monkeypatch.setattr(Argon2PasswordHasher, "encode", count)
    _post(visitor, "nobody@example.com")

    assert hashed == [1]


def test_passwords_are_hashed_by_argon2(alpha: TenantRef) -> None:
    from saas import settings as as_deployed

    assert as_deployed.PASSWORD_HASHERS == ["django.contrib.auth.hashers.Argon2PasswordHasher"]


def test_login_page_is_kept_by_nobody(visitor: TenantClient) -> None:
    response = visitor.get("/login")

    assert response.status_code == 200
    assert "no-store" in response["Cache-Control"]
    assert response.cookies["csrftoken"]["domain"] == ""
    assert "Alpha Studio" in response.content.decode()
    assert visitor.head("/login").status_code == 200


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "TRACE"])
def test_login_has_no_other_methods(method: str, visitor: TenantClient) -> None:
    response = visitor.generic(method, "/login")

    assert response.status_code == 405
    assert response["Allow"] == "GET, HEAD, POST"


# ---- next -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "target",
    [
        "//evil", "///evil", "////evil.example", "\\\\evil", "/\\evil", "\\/evil", "/\\/evil", "https:evil",
        "https:/evil", "https://evil.example/", "http:///evil", "javascript:alert(1)", "JaVaScRiPt:alert(1)",
        "data:text/html,x", "evil.example", "@evil.example", " //evil", "\t//evil", "/\t/evil", "/\n/evil",
        "\x08//evil", "", " ",
        "?next=//evil", "https://alpha.localhost@evil.example/", "http://alpha.localhost/dashboard",
        "//alpha.localhost/", "x" * 3000, "/" + "x" * 3000, "\0/dashboard",
    ],
)  # fmt: skip
@pytest.mark.parametrize("by", ["form", "query"])
def test_next_to_anywhere_else_leads_to_the_dashboard(by: str, target: str, ada: User, visitor: TenantClient) -> None:
    given = {"email": EMAIL, "password": PASSWORD}
    query = {} if by == "form" else {"next": target}

    response = visitor.post("/login", given | ({"next": target} if by == "form" else {}), query_params=query)

    assert response.status_code == 302
    assert response["Location"] == "/dashboard"


@pytest.mark.parametrize(
    ("target", "location"),
    [
        ("/dashboard/handoffs/abc", "/dashboard/handoffs/abc"),
        ("/dashboard?status=new&cursor=x", "/dashboard?status=new&cursor=x"),
        ("/dashboard#top", "/dashboard#top"),
        ("/x\r\nSet-Cookie: a=b", "/x%0D%0ASet-Cookie:%20a=b"),
        ("/ä", "/%C3%A4"),
        ("/login?next=//evil", "/login?next=//evil"),
    ],
)
def test_next_on_this_host_is_followed(target: str, location: str, ada: User, visitor: TenantClient) -> None:
    response = _post(visitor, next=target)

    assert (response.status_code, response["Location"]) == (302, location)
    assert "a" not in response.cookies


def test_next_survives_the_form(ada: User, visitor: TenantClient) -> None:
    asked = visitor.get("/dashboard/handoffs/0199aaaa-0000-7000-8000-000000000000")
    assert asked["Location"] == "/login?next=/dashboard/handoffs/0199aaaa-0000-7000-8000-000000000000"

    page = visitor.get(asked["Location"]).content.decode()
    assert 'name="next" value="/dashboard/handoffs/0199aaaa-0000-7000-8000-000000000000"' in page

    wrong = _post(visitor, password="wrong", next="/dashboard?status=new").content.decode()
    assert 'name="next" value="/dashboard?status=new"' in wrong


# ---- sessions ---------------------------------------------------------------------------------------------------


def test_login_gives_the_session_a_new_key(ada: User, alpha: TenantRef, visitor: TenantClient) -> None:
    """A key that an attacker planted before the login is worth nothing after it."""
    with enter_tenant(alpha):
        session = visitor.session
        session["planted"] = True
        session.save()
        planted = session.session_key or ""
    visitor.cookies["sessionid"] = planted

    _post(visitor)

    assert visitor.cookies["sessionid"].value != planted
    with enter_tenant(alpha):
        assert not Session.objects.filter(session_key=planted).exists()
    tossed = TenantClient(alpha)
    tossed.cookies["sessionid"] = planted
    assert tossed.get("/api/v1/handoffs").status_code == 401


def test_login_of_another_user_takes_nothing_over(ada: User, alpha: TenantRef, visitor: TenantClient) -> None:
    with enter_tenant(alpha):
        bob = UserFactory.create(email="bob@example.com", password=PASSWORD, role=Role.STAFF)
    _post(visitor)
    first = visitor.cookies["sessionid"].value
    with enter_tenant(alpha):
        session = visitor.session
        session["of ada"] = True
        session.save()

    _post(visitor, "bob@example.com")

    with enter_tenant(alpha):
        assert not Session.objects.filter(session_key=first).exists()
        assert visitor.session[SESSION_KEY] == str(bob.pk)
        assert "of ada" not in visitor.session


def test_session_cookie_is_out_of_reach(ada: User, visitor: TenantClient) -> None:
    cookie = _post(visitor).cookies["sessionid"]

    assert (cookie["httponly"], cookie["samesite"], cookie["domain"], cookie["path"]) == (True, "Lax", "", "/")


def test_session_dies_with_its_users_deactivation_and_password(owner: TenantClient, alpha: TenantRef) -> None:
    assert owner.get("/api/v1/handoffs").status_code == 200
    with enter_tenant(alpha):
        User.objects.filter(pk=owner.user.pk).update(is_active=False)
    assert owner.get("/api/v1/handoffs").status_code == 401
    with enter_tenant(alpha):
        User.objects.filter(pk=owner.user.pk).update(is_active=True)
    assert owner.get("/api/v1/handoffs").status_code == 200

    with enter_tenant(alpha):
        owner.user.set_password("a-new-password")
        owner.user.save()
    assert owner.get("/api/v1/handoffs").status_code == 401


def test_role_is_read_anew_with_each_request(owner: TenantClient, alpha: TenantRef) -> None:
    assert owner.put_json("/api/v1/settings/booking", {}).status_code == 422
    with enter_tenant(alpha):
        User.objects.filter(pk=owner.user.pk).update(role=Role.STAFF)

    assert owner.put_json("/api/v1/settings/booking", {}).status_code == 403


# ---- out --------------------------------------------------------------------------------------------------------


def test_logout_ends_the_session_on_the_server(owner: TenantClient, alpha: TenantRef) -> None:
    key = owner.cookies["sessionid"].value

    response = owner.post("/logout")

    assert (response.status_code, response["Location"]) == (302, "/login")
    stolen = TenantClient(alpha)
    stolen.cookies["sessionid"] = key
    assert stolen.get("/api/v1/handoffs").status_code == 401
    with enter_tenant(alpha):
        assert Session.objects.count() == 0


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE"])
def test_logout_by_anything_but_post_ends_nothing(method: str, owner: TenantClient) -> None:
    response = owner.generic(method, "/logout")

    assert (response.status_code, response["Allow"]) == (405, "POST")
    assert owner.get("/api/v1/handoffs").status_code == 200


def test_logout_of_nobody_is_harmless(visitor: TenantClient) -> None:
    assert visitor.post("/logout")["Location"] == "/login"


# ---- csrf -------------------------------------------------------------------------------------------------------


def test_login_without_its_csrf_token_is_refused(ada: User, alpha: TenantRef) -> None:
    strict = TenantClient(alpha, enforce_csrf_checks=True)

    assert _post(strict).status_code == 403
    strict.get("/login")
    assert _post(strict).status_code == 403
    assert strict.get("/api/v1/handoffs").status_code == 401

    token = strict.cookies["csrftoken"].value
    assert _post(strict, csrfmiddlewaretoken=token).status_code == 302


def test_login_from_another_sites_page_is_refused(ada: User, alpha: TenantRef) -> None:
    strict = TenantClient(alpha, enforce_csrf_checks=True)
    strict.get("/login")
    given = {"email": EMAIL, "password": PASSWORD, "csrfmiddlewaretoken": strict.cookies["csrftoken"].value}

    for origin in ("http://evil.example", "http://beta.localhost", "http://localhost", "null"):
        assert strict.post("/login", given, headers={"origin": origin}).status_code == 403

    assert strict.post("/login", given, headers={"origin": "http://alpha.localhost"}).status_code == 302


def test_csrf_token_of_one_tenant_alone_is_not_enough(ada: User, alpha: TenantRef, beta: TenantRef) -> None:
    elsewhere, strict = TenantClient(beta), TenantClient(alpha, enforce_csrf_checks=True)
    elsewhere.get("/login")

    response = _post(strict, csrfmiddlewaretoken=elsewhere.cookies["csrftoken"].value)

    assert response.status_code == 403


def test_logout_without_its_csrf_token_is_refused(alpha: TenantRef, login: Login) -> None:
    strict = login(alpha, enforce_csrf_checks=True)

    assert strict.post("/logout").status_code == 403
    assert strict.get("/api/v1/handoffs").status_code == 200


def test_login_that_carries_a_file_is_refused(ada: User, visitor: TenantClient) -> None:
    from io import BytesIO

    response = visitor.post("/login", {"email": EMAIL, "password": PASSWORD, "file": BytesIO(b"x")})

    assert response.status_code == 400


def test_login_with_an_endless_body_is_refused(ada: User, visitor: TenantClient) -> None:
    body = "email=" + "x" * 70_000

    response = visitor.post("/login", body, content_type="application/x-www-form-urlencoded")

    assert response.status_code == 413
