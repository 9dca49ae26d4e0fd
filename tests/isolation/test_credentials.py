"""What proves something at one tenant proves nothing at another."""

from collections.abc import Callable
from typing import Any

import pytest

from shared_apps.accounts.enums import Role, Scope
from shared_apps.accounts.models import ApiKey, Session, User
from shared_apps.accounts.services import create_api_key
from shared_apps.accounts.tokens import make_set_password_token
from shared_apps.tenants.scope import TenantRef, enter_tenant, public_scope
from tests.clients import TenantClient
from tests.factories import HandoffFactory, UserFactory

Login = Callable[..., TenantClient]


def _twins(*tenants: TenantRef) -> list[User]:
    """Make, in each schema, a user with the same key, address, password hash and role."""
    users: list[User] = []
    for tenant in tenants:
        with enter_tenant(tenant):
            user = UserFactory.create(email="twin@example.com", password="same-password-everywhere")
            User.objects.filter(pk=user.pk).update(id=4242, password=users[0].password if users else user.password)
            users.append(User.objects.get(pk=4242))
    return users


def test_session_of_one_tenant_is_nobody_at_another(alpha: TenantRef, beta: TenantRef) -> None:
    twin, _ = _twins(alpha, beta)
    at_alpha, at_beta = TenantClient(alpha), TenantClient(beta)
    with enter_tenant(alpha):
        at_alpha.force_login(twin, backend="django.contrib.auth.backends.ModelBackend")
    assert at_alpha.get("/api/v1/handoffs").status_code == 200

    at_beta.cookies["sessionid"] = at_alpha.cookies["sessionid"].value

    assert at_beta.get("/api/v1/handoffs").status_code == 401
    assert at_beta.get("/dashboard").status_code == 302
    assert at_beta.get("/dashboard")["Location"] == "/login?next=/dashboard"


def test_session_of_a_tenant_is_nobody_on_the_platform_host(owner: TenantClient, alpha: TenantRef) -> None:
    for path in ("/dashboard", "/api/v1/handoffs"):
        assert owner.get(path, headers={"host": "localhost"}).status_code == 404
    at_admin = owner.get("/admin/", headers={"host": "localhost"})
    assert (at_admin.status_code, at_admin["Location"]) == (302, "/admin/login/?next=/admin/")


def test_session_of_the_platform_is_nobody_at_a_tenant(alpha: TenantRef) -> None:
    client = TenantClient(alpha)
    with public_scope():
        admin = User.objects.create_user("admin@platform.example", Role.ADMIN, "platform-password")
        client.force_login(admin, backend="django.contrib.auth.backends.ModelBackend")

    assert client.get("/api/v1/handoffs").status_code == 401


def test_login_writes_its_session_in_the_tenants_schema(alpha: TenantRef, beta: TenantRef, login: Login) -> None:
    login(alpha)

    counts = []
    for tenant in (alpha, beta):
        with enter_tenant(tenant):
            counts.append(Session.objects.count())
    with public_scope():
        counts.append(Session.objects.count())
    assert counts == [1, 0, 0]


def test_password_of_one_tenant_is_wrong_at_another(alpha: TenantRef, beta: TenantRef) -> None:
    with enter_tenant(alpha):
        UserFactory.create(email="one@example.com", password="correct-horse-battery")
    given = {"email": "one@example.com", "password": "correct-horse-battery"}

    assert TenantClient(alpha).post("/login", given).status_code == 302
    assert TenantClient(beta).post("/login", given).status_code == 401


@pytest.mark.parametrize("role", [Role.ADMIN, Role.SUPPORT])
def test_platform_role_inside_a_tenant_opens_nothing(role: Role, alpha: TenantRef, login: Login) -> None:
    client = login(alpha, role)

    assert client.get("/api/v1/handoffs").status_code == 403
    assert client.get("/dashboard").status_code == 302


def test_set_password_link_of_one_tenant_is_unknown_at_another(alpha: TenantRef, beta: TenantRef) -> None:
    twin, _ = _twins(alpha, beta)
    with enter_tenant(alpha):
        path = f"/set-password/{make_set_password_token(twin)}"

    assert TenantClient(beta).get(path).status_code == 400
    assert TenantClient(beta).post(path, {"password": "a-new-password-of-mine"}).status_code == 400
    assert TenantClient(alpha).get(path).status_code == 200


def test_cursor_of_one_tenant_is_refused_at_another(alpha: TenantRef, beta: TenantRef, login: Login) -> None:
    for tenant in (alpha, beta):
        with enter_tenant(tenant):
            HandoffFactory.create_batch(2)
    cursor = login(alpha).get("/api/v1/handoffs?limit=1").json()["nextCursor"]

    refused = login(beta).get("/api/v1/handoffs", {"limit": "1", "cursor": cursor})

    assert refused.status_code == 422
    assert [error["field"] for error in refused.json()["errors"]] == ["cursor"]


def test_receipt_of_one_tenant_is_not_shown_at_another(
    ready: TenantRef, beta: TenantRef, visitor: TenantClient, lead: dict[str, Any]
) -> None:
    captured = visitor.post_json("/api/v1/handoffs", lead | {"customerName": "Nobody Elses"})
    path = f"/handoff/{captured.json()['id']}"
    assert "Nobody Elses" in visitor.get(path).content.decode()
    with enter_tenant(beta):
        HandoffFactory.create(id=captured.json()["id"], customer_name="Somebody Of Beta")

    elsewhere = TenantClient(beta)
    elsewhere.cookies["receipt"] = visitor.cookies["receipt"].value

    page = elsewhere.get(path)
    assert page.status_code == 200
    assert "Nobody Elses" not in page.content.decode()


def test_same_idempotency_key_gives_each_tenant_its_own_handoff(
    alpha: TenantRef, beta: TenantRef, lead: dict[str, Any]
) -> None:
    key = "5f0c3f5e-2f4f-4a53-9a59-0d5d4a0d2b1c"

    ids = [
        TenantClient(tenant).post_json("/api/v1/handoffs", lead, idempotency_key=key).json()["id"]
        for tenant in (alpha, beta)
    ]

    assert len(set(ids)) == 2


def test_key_of_one_tenant_is_nobodys_at_another(alpha: TenantRef, beta: TenantRef) -> None:
    """Both have a key of the same id, name and scope."""
    keys = []
    for tenant in (alpha, beta):
        with enter_tenant(tenant):
            row, key = create_api_key(name="Website", scope=Scope.WRITE)
            ApiKey.objects.filter(pk=row.pk).update(id=4242)
            keys.append(key)

    answers = [
        TenantClient(tenant).get("/api/v1/handoffs", headers={"authorization": f"Bearer {key}"}).status_code
        for tenant in (alpha, beta)
        for key in keys
    ]

    assert answers == [200, 401, 401, 200]


def test_key_of_the_platform_opens_nothing_at_a_tenant(visitor: TenantClient) -> None:
    with public_scope():
        _row, key = create_api_key(name="Platform", scope=Scope.WRITE)

    assert visitor.get("/api/v1/handoffs", headers={"authorization": f"Bearer {key}"}).status_code == 401


def test_session_of_a_twin_is_neither_listed_nor_ended(alpha: TenantRef, beta: TenantRef) -> None:
    clients = []
    for tenant, twin in zip((alpha, beta), _twins(alpha, beta), strict=True):
        client = TenantClient(tenant)
        with enter_tenant(tenant):
            client.force_login(twin, backend="django.contrib.auth.backends.ModelBackend")
        clients.append(client)
    at_alpha, at_beta = clients
    [of_beta] = at_beta.get("/api/v1/sessions").json()["items"]

    assert of_beta["id"] not in at_alpha.get("/api/v1/sessions").content.decode()
    assert at_alpha.delete(f"/api/v1/sessions/{of_beta['id']}").status_code == 404
    assert at_alpha.delete("/api/v1/sessions").status_code == 204
    assert at_beta.get("/api/v1/handoffs").status_code == 200


def test_guesses_of_a_twin_are_counted_apart(alpha: TenantRef, beta: TenantRef, settings: Any) -> None:
    settings.RATES = settings.RATES | {"RATE_LOGIN": "1/30m"}
    statuses = []
    for tenant, twin in zip((alpha, beta), _twins(alpha, beta), strict=True):
        client = TenantClient(tenant)
        with enter_tenant(tenant):
            client.force_login(twin, backend="django.contrib.auth.backends.ModelBackend")
        for guess in ("first", "second"):
            body = {"currentPassword": guess, "newPassword": "a-long-walk-on-the-beach"}
            statuses.append(client.post_json("/api/v1/me/password", body).status_code)

    assert statuses == [422, 429, 422, 429]


def test_invitations_of_a_twin_are_counted_apart(
    alpha: TenantRef, beta: TenantRef, login: Login, settings: Any
) -> None:
    settings.RATES = settings.RATES | {"RATE_LOGIN": "1/30m"}
    statuses = []
    for tenant in (alpha, beta):
        with enter_tenant(tenant):
            User.objects.filter(pk=UserFactory.create().pk).update(id=4343)
        owner = login(tenant)
        statuses += [owner.post("/api/v1/team/4343/invitation").status_code for _ in range(2)]

    assert statuses == [204, 429, 204, 429]


@pytest.mark.parametrize("header", ["Bearer key-of-alpha", "Bearer ", "Basic b3duZXI6cHc=", "nonsense"])
def test_authorization_header_makes_the_cookie_worthless(header: str, owner: TenantClient) -> None:
    assert owner.get("/api/v1/handoffs").status_code == 200

    assert owner.get("/api/v1/handoffs", headers={"authorization": header}).status_code == 401
