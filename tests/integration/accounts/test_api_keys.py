"""API keys: shown once, stored as a hash, good for what their scope says and nothing else."""

import hashlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from shared_apps.accounts.enums import Scope
from shared_apps.accounts.models import ApiKey
from shared_apps.accounts.services import create_api_key
from shared_apps.tenants.scope import TenantRef, enter_tenant
from tests.clients import TenantClient
from tests.factories import HandoffFactory

MakeKey = Callable[..., str]


def _get(client: TenantClient, header: str, path: str = "/api/v1/handoffs") -> int:
    status: int = client.get(path, headers={"authorization": header}).status_code
    return status


# ---- making and revoking ----------------------------------------------------------------------------------------


def test_key_is_shown_once_and_kept_as_a_hash(boss: TenantClient, alpha: TenantRef) -> None:
    response = boss.post_json("/api/v1/api-keys", {"name": "  Website  ", "scope": "read"})

    assert response.status_code == 201
    made = response.json()
    key = made.pop("key")
    assert set(made) == {"id", "name", "scope", "prefix", "createdAt", "lastUsedAt"}
    assert (made["name"], made["scope"], made["lastUsedAt"]) == ("Website", "read", None)
    assert key.startswith(made["prefix"])
    assert len(key) - len(made["prefix"]) >= 32  # of 64 characters each: 192 bits nobody is shown again
    listed = boss.get("/api/v1/api-keys")
    assert listed.json() == {"items": [made]}
    assert key not in listed.content.decode()
    with enter_tenant(alpha):
        row = ApiKey.objects.values().get()
    assert bytes(row["digest"]) == hashlib.sha256(key.encode()).digest()
    assert key not in str(row)
    assert "no-store" in response["Cache-Control"]


def test_every_key_is_another(make_key: MakeKey) -> None:
    assert len({make_key() for _ in range(20)}) == 20


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"scope": "read"}, "name"),
        ({"name": "", "scope": "read"}, "name"),
        ({"name": "   ", "scope": "read"}, "name"),
        ({"name": "x" * 61, "scope": "read"}, "name"),
        ({"name": "two\nlines", "scope": "read"}, "name"),
        ({"name": "nul\0", "scope": "read"}, "name"),
        ({"name": "turned \u202e around", "scope": "read"}, "name"),
        ({"name": "x"}, "scope"),
        ({"name": "x", "scope": "admin"}, "scope"),
        ({"name": "x", "scope": "read", "key": "hk_mine"}, "key"),
    ],
)
def test_malformed_key_is_not_made(body: dict[str, Any], field: str, boss: TenantClient) -> None:
    response = boss.post_json("/api/v1/api-keys", body)

    assert response.status_code == 422
    assert [error["field"] for error in response.json()["errors"]] == [field]
    assert boss.get("/api/v1/api-keys").json() == {"items": []}


def test_keys_are_bounded(boss: TenantClient, make_key: MakeKey, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared_apps.accounts.services.MAX_API_KEYS", 1)
    make_key()

    assert boss.post_json("/api/v1/api-keys", {"name": "x", "scope": "read"}).status_code == 409


@pytest.mark.parametrize("keys", [1, 3])
def test_list_makes_two_statements_however_many_there_are(
    keys: int, boss: TenantClient, make_key: MakeKey, django_assert_num_queries: Any
) -> None:
    for _ in range(keys):
        make_key()
    boss.get("/api/v1/api-keys")

    with django_assert_num_queries(2):  # session with its person, rows
        assert len(boss.get("/api/v1/api-keys").json()["items"]) == keys


def test_revoked_key_is_nobodys_at_once(boss: TenantClient, make_key: MakeKey, visitor: TenantClient) -> None:
    key, other = make_key(), make_key()
    [row, _] = boss.get("/api/v1/api-keys").json()["items"]
    assert _get(visitor, f"Bearer {key}") == 200

    assert boss.delete(f"/api/v1/api-keys/{row['id']}").status_code == 204

    assert _get(visitor, f"Bearer {key}") == 401
    assert _get(visitor, f"Bearer {other}") == 200
    assert boss.delete(f"/api/v1/api-keys/{row['id']}").status_code == 404


# ---- the header -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "header", ["Bearer {key}", "bearer {key}", "BEARER {key}", "Bearer   {key}", " Bearer {key}", "Bearer {key}  "]
)
def test_header_is_read_as_http_writes_it(header: str, make_key: MakeKey, visitor: TenantClient) -> None:
    assert _get(visitor, header.format(key=make_key())) == 200


@pytest.mark.parametrize(
    "header",
    [
        "", " ", "Bearer", "Bearer ", "{key}", "Bearer{key}", "Bearer\t{key}", "Basic {key}", "Token {key}",
        "Bearer {key}x", "Bearer x{key}", "Bearer {upper}", "Bearer {cut}", "Bearer {key} {key}", "Bearer {key},",
        "Bearer {key}, Bearer {key}", "Bearer {key},Bearer {key}", 'Bearer "{key}"', "Bearer {prefix}",
        "Bearer {digest}", "Bearer hk_ä", "Bearer hk_\u212a", "Bearer %00", "Bearer {key}%00", "Bearer {key}\u00a0",
        "Bearer {key}=", "Bearer hk_' OR 1=1--",
    ],
)  # fmt: skip
def test_header_that_is_no_key_is_nobody_whatever_the_cookie(
    header: str, make_key: MakeKey, boss: TenantClient
) -> None:
    key = make_key()
    given = header.format(
        key=key, upper=key.upper(), cut=key[:-1], prefix=key[:11], digest=hashlib.sha256(key.encode()).hexdigest()
    )

    assert _get(boss, given) == 401


def test_refusal_says_which_way_there_is(visitor: TenantClient) -> None:
    response = visitor.get("/api/v1/handoffs", headers={"authorization": "Bearer x"})

    assert response["WWW-Authenticate"] == "Bearer"
    assert response.json()["type"].endswith(":authentication_required")


def test_beside_a_key_the_cookie_counts_for_nothing(boss: TenantClient, make_key: MakeKey) -> None:
    """Not even for what the owner's session may do and the key may not."""
    key = make_key(Scope.WRITE)

    assert boss.get("/api/v1/team").status_code == 200
    assert _get(boss, f"Bearer {key}", "/api/v1/team") == 403
    assert boss.get("/api/v1/handoffs", headers={"authorization": f"Bearer {key}"}).cookies == {}


# ---- what a key opens -------------------------------------------------------------------------------------------


def test_write_key_completes_and_reopens_under_its_name_without_csrf(alpha: TenantRef, make_key: MakeKey) -> None:
    key = make_key(Scope.WRITE, name="Zoë's till ☂ <b>")
    client = TenantClient(alpha, enforce_csrf_checks=True)
    with enter_tenant(alpha):
        handoff = HandoffFactory.create().pk

    for action in ("complete", "reopen"):
        response = client.post(f"/api/v1/handoffs/{handoff}/{action}", headers={"authorization": f"Bearer {key}"})
        assert response.status_code == 200

    events = client.get(f"/api/v1/handoffs/{handoff}", headers={"authorization": f"Bearer {key}"}).json()["events"]
    assert [event["actor"] for event in events[1:]] == ["key:Zoë's till ☂ <b>"] * 2


def test_read_key_completes_nothing(alpha: TenantRef, make_key: MakeKey, visitor: TenantClient) -> None:
    with enter_tenant(alpha):
        handoff = HandoffFactory.create().pk

    response = visitor.post(
        f"/api/v1/handoffs/{handoff}/complete", headers={"authorization": f"Bearer {make_key(Scope.READ)}"}
    )

    assert (response.status_code, response.json()["type"].rpartition(":")[2]) == (403, "permission_refused")
    assert visitor.get("/handoff/" + str(handoff)).status_code == 200
    with enter_tenant(alpha):
        assert HandoffFactory._meta.model.objects.get().status == "new"


def test_key_is_answered_before_the_body_is_read(make_key: MakeKey, visitor: TenantClient) -> None:
    writes = ("PUT", "/api/v1/settings/booking"), ("POST", "/api/v1/team"), ("POST", "/api/v1/me/password")
    for method, path in writes:
        for key, status in ((make_key(Scope.WRITE), 403), ("bad", 401)):
            response = visitor.generic(
                method, path, "{not json", content_type="application/json", headers={"authorization": f"Bearer {key}"}
            )
            assert response.status_code == status, path


# ---- what it costs ----------------------------------------------------------------------------------------------


def test_last_use_is_written_once_a_minute(
    alpha: TenantRef, make_key: MakeKey, visitor: TenantClient, django_assert_num_queries: Any
) -> None:
    header = f"Bearer {make_key()}"
    _get(visitor, header)
    with enter_tenant(alpha):
        first = ApiKey.objects.get().last_used_at
    assert first is not None

    with django_assert_num_queries(2):  # key, version with rows
        _get(visitor, header)
    with enter_tenant(alpha):
        assert ApiKey.objects.get().last_used_at == first
        ApiKey.objects.update(last_used_at=timezone.now() - timedelta(seconds=61))
    with django_assert_num_queries(3):
        _get(visitor, header)
    with enter_tenant(alpha):
        last = ApiKey.objects.get().last_used_at
    assert last is not None
    assert last > first


def test_keys_share_the_tenants_limit_and_strangers_use_none_of_it(
    make_key: MakeKey, visitor: TenantClient, beta: TenantRef, settings: Any
) -> None:
    with enter_tenant(beta):
        of_beta = create_api_key(name="x", scope=Scope.READ)[1]
    first, second = make_key(), make_key()
    settings.RATES = settings.RATES | {"RATE_API": "2/61s"}  # a window no other test counts in

    for _ in range(5):
        assert _get(visitor, "Bearer bad") == 401
    assert [_get(visitor, f"Bearer {key}") for key in (first, second, first)] == [200, 200, 429]
    assert _get(TenantClient(beta), f"Bearer {of_beta}") == 200
