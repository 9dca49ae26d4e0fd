"""The team: who is on it, who may change it, and that somebody can always run the account."""

from collections.abc import Callable
from typing import Any

import pytest

from shared_apps.accounts.enums import Role
from shared_apps.accounts.models import Session, User
from shared_apps.accounts.tokens import make_set_password_token
from shared_apps.tenants.scope import TenantRef, enter_tenant
from tests.clients import TenantClient
from tests.factories import HandoffFactory
from tests.integration.accounts.conftest import PASSWORD

Browse = Callable[..., TenantClient]
MakeUser = Callable[..., User]


@pytest.fixture(autouse=True)
def only_ada(alpha: TenantRef) -> None:
    """Alpha without the owner it was made with: who is the last owner is decided here."""
    with enter_tenant(alpha):
        User.objects.all().delete()


def _patch(client: TenantClient, member: User | int, **changes: Any) -> Any:
    key = member if isinstance(member, int) else member.pk
    return client.patch(f"/api/v1/team/{key}", changes, content_type="application/json")


def _team(client: TenantClient) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = client.get("/api/v1/team").json()["items"]
    return items


def _is_in(client: TenantClient) -> bool:
    return client.get("/api/v1/handoffs").status_code == 200


def _token(tenant: TenantRef, member_id: int) -> str:
    with enter_tenant(tenant):
        return make_set_password_token(User.objects.get(pk=member_id))


# ---- the list ---------------------------------------------------------------------------------------------------


def test_list_shows_everybody_and_where_they_stand(boss: TenantClient, make_user: MakeUser, alpha: TenantRef) -> None:
    make_user("bob@example.com", Role.STAFF)
    make_user("cleo@example.com", Role.STAFF, password=None)
    dan = make_user("dan@example.com")
    with enter_tenant(alpha):
        User.objects.filter(pk=dan.pk).update(is_active=False)

    items = _team(boss)

    assert set(items[0]) == {"id", "email", "role", "active", "state", "lastLoginAt", "createdAt", "you"}
    assert [(one["email"], one["role"], one["active"], one["state"], one["you"]) for one in items] == [
        ("ada@example.com", "owner", True, "active", True),
        ("bob@example.com", "staff", True, "active", False),
        ("cleo@example.com", "staff", True, "invited", False),
        ("dan@example.com", "owner", False, "deactivated", False),
    ]
    assert [one["lastLoginAt"] is None for one in items] == [False, True, True, True]


@pytest.mark.parametrize("others", [0, 3])
def test_list_makes_two_statements_however_many_there_are(
    others: int, boss: TenantClient, make_user: MakeUser, django_assert_num_queries: Any
) -> None:
    for number in range(others):
        make_user(f"person{number}@example.com")
    _team(boss)

    with django_assert_num_queries(2):  # session with its person, rows
        assert len(_team(boss)) == others + 1


# ---- inviting ---------------------------------------------------------------------------------------------------


def test_invited_person_chooses_a_password_and_is_in(boss: TenantClient, alpha: TenantRef) -> None:
    response = boss.post_json("/api/v1/team", {"email": " Bob@Example.com ", "role": "staff"})

    assert response.status_code == 201
    item = response.json()
    assert (item["email"], item["role"], item["state"], item["you"]) == ("bob@example.com", "staff", "invited", False)
    assert TenantClient(alpha).post("/login", {"email": "bob@example.com", "password": ""}).status_code == 401
    newcomer = TenantClient(alpha)
    assert newcomer.post(f"/set-password/{_token(alpha, item['id'])}", {"password": PASSWORD}).status_code == 302
    assert _is_in(newcomer)
    assert newcomer.get("/api/v1/team").status_code == 403
    assert [one["state"] for one in _team(boss)] == ["active", "active"]


@pytest.mark.parametrize("email", ["ada@example.com", "ADA@example.com", "bob@example.com", "gone@example.com"])
def test_address_that_is_there_is_taken(email: str, boss: TenantClient, make_user: MakeUser, alpha: TenantRef) -> None:
    make_user("bob@example.com", password=None)
    gone = make_user("gone@example.com")
    with enter_tenant(alpha):
        User.objects.filter(pk=gone.pk).update(is_active=False)
    before = _team(boss)

    response = boss.post_json("/api/v1/team", {"email": email, "role": "owner"})

    assert response.status_code == 422
    assert [(error["field"], error["code"]) for error in response.json()["errors"]] == [("email", "taken")]
    assert email.lower() not in response.content.decode().lower()
    assert _team(boss) == before


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"email": "nonsense", "role": "staff"}, "email"),
        ({"email": "", "role": "staff"}, "email"),
        ({"email": "a@b.example\r\nBcc: c@d.example", "role": "staff"}, "email"),
        ({"email": "a\0@b.example", "role": "staff"}, "email"),
        ({"email": f"{'x' * 250}@b.example", "role": "staff"}, "email"),
        ({"email": "bob@example.com"}, "role"),
        ({"email": "bob@example.com", "role": "admin"}, "role"),
        ({"email": "bob@example.com", "role": "support"}, "role"),
        ({"email": "bob@example.com", "role": "staff", "isActive": True}, "isActive"),
    ],
)
def test_malformed_invitation_adds_nobody(body: dict[str, Any], field: str, boss: TenantClient) -> None:
    response = boss.post_json("/api/v1/team", body)

    assert response.status_code == 422
    assert [error["field"] for error in response.json()["errors"]] == [field]
    assert len(_team(boss)) == 1


def test_team_is_bounded(boss: TenantClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared_apps.accounts.services.MAX_MEMBERS", 1)

    response = boss.post_json("/api/v1/team", {"email": "bob@example.com", "role": "staff"})

    assert (response.status_code, response.json()["type"].rpartition(":")[2]) == (409, "limit_reached")
    assert len(_team(boss)) == 1


def test_new_invitation_kills_the_old_link(boss: TenantClient, make_user: MakeUser, alpha: TenantRef) -> None:
    bob = make_user("bob@example.com", Role.STAFF, password=None)
    old = _token(alpha, bob.pk)

    assert boss.post(f"/api/v1/team/{bob.pk}/invitation").status_code == 204

    assert TenantClient(alpha).get(f"/set-password/{old}").status_code == 400
    assert TenantClient(alpha).get(f"/set-password/{_token(alpha, bob.pk)}").status_code == 200


def test_only_an_invitation_that_waits_is_sent_again(boss: TenantClient, make_user: MakeUser, alpha: TenantRef) -> None:
    bob = make_user("bob@example.com")
    cleo = make_user("cleo@example.com", password=None)
    with enter_tenant(alpha):
        User.objects.filter(pk=cleo.pk).update(is_active=False)
        before = list(User.objects.order_by("pk").values_list("password", flat=True))

    answers = [boss.post(f"/api/v1/team/{member.pk}/invitation") for member in (bob, cleo)]

    assert [(one.status_code, one.json()["type"].rpartition(":")[2]) for one in answers] == [(409, "not_invited")] * 2
    with enter_tenant(alpha):
        assert list(User.objects.order_by("pk").values_list("password", flat=True)) == before


def test_invitations_to_one_person_are_limited(boss: TenantClient, make_user: MakeUser, settings: Any) -> None:
    bob = make_user("bob@example.com", password=None)
    settings.RATES = settings.RATES | {"RATE_LOGIN": "2/30m"}

    assert [boss.post(f"/api/v1/team/{bob.pk}/invitation").status_code for _ in range(3)] == [204, 204, 429]
    cleo = make_user("cleo@example.com", password=None)
    assert boss.post(f"/api/v1/team/{cleo.pk}/invitation").status_code == 204  # hers are counted by themselves


# ---- changing ---------------------------------------------------------------------------------------------------


def test_role_changes_at_once(boss: TenantClient, make_user: MakeUser, browse: Browse) -> None:
    bob = make_user("bob@example.com", Role.STAFF)
    client = browse("bob@example.com")
    assert client.get("/api/v1/team").status_code == 403

    response = _patch(boss, bob, role="owner")

    assert (response.status_code, response.json()["role"]) == (200, "owner")
    assert client.get("/api/v1/team").status_code == 200
    assert _patch(boss, bob, role="staff").status_code == 200
    assert client.get("/api/v1/team").status_code == 403


def test_deactivated_person_is_out_and_stays_out_of_old_sessions(
    boss: TenantClient, make_user: MakeUser, browse: Browse, alpha: TenantRef
) -> None:
    bob = make_user("bob@example.com", Role.STAFF)
    client, token = browse("bob@example.com"), _token(alpha, bob.pk)

    response = _patch(boss, bob, active=False)

    assert (response.status_code, response.json()["state"]) == (200, "deactivated")
    assert not _is_in(client)
    assert client.get("/dashboard").status_code == 302
    with enter_tenant(alpha):
        assert not Session.objects.filter(user=bob).exists()
    assert TenantClient(alpha).post("/login", {"email": bob.email, "password": PASSWORD}).status_code == 401
    assert TenantClient(alpha).get(f"/set-password/{token}").status_code == 400

    assert _patch(boss, bob, active=True).json()["state"] == "active"
    assert not _is_in(client)
    assert _is_in(browse("bob@example.com"))


def test_session_that_began_while_its_user_was_let_out_does_not_come_back(
    boss: TenantClient, make_user: MakeUser, browse: Browse, alpha: TenantRef
) -> None:
    """A login that read the user before the deactivation writes its session after it."""
    bob = make_user("bob@example.com", Role.STAFF)
    late = browse("bob@example.com")
    with enter_tenant(alpha):
        User.objects.filter(pk=bob.pk).update(is_active=False)
    assert not _is_in(late)

    _patch(boss, bob, active=True)

    assert not _is_in(late)


@pytest.mark.parametrize("changes", [{}, {"role": None, "active": None}, {"active": True}, {"role": "staff"}])
def test_change_to_what_is_already_so_ends_no_session(
    changes: dict[str, Any], boss: TenantClient, make_user: MakeUser, browse: Browse
) -> None:
    bob = make_user("bob@example.com", Role.STAFF)
    client = browse("bob@example.com")

    response = _patch(boss, bob, **changes)

    assert (response.status_code, response.json()["role"], response.json()["state"]) == (200, "staff", "active")
    assert _is_in(client)


@pytest.mark.parametrize(
    "changes", [{"role": "admin"}, {"role": ""}, {"active": "false"}, {"active": 0}, {"email": "x@example.com"}]
)
def test_malformed_change_changes_nothing(changes: dict[str, Any], boss: TenantClient, make_user: MakeUser) -> None:
    bob = make_user("bob@example.com", Role.STAFF)
    before = _team(boss)

    assert _patch(boss, bob, **changes).status_code == 422
    assert _team(boss) == before


def test_removed_person_is_gone_with_their_sessions_and_stays_in_timelines(
    boss: TenantClient, make_user: MakeUser, browse: Browse, alpha: TenantRef
) -> None:
    bob = make_user("bob@example.com", Role.STAFF)
    client, token = browse("bob@example.com"), _token(alpha, bob.pk)
    with enter_tenant(alpha):
        handoff = HandoffFactory.create().pk
    client.post(f"/api/v1/handoffs/{handoff}/complete")

    assert boss.delete(f"/api/v1/team/{bob.pk}").status_code == 204

    assert not _is_in(client)
    with enter_tenant(alpha):
        assert set(Session.objects.values_list("user_id", flat=True)) == {boss.user.pk}
    assert [one["email"] for one in _team(boss)] == ["ada@example.com"]
    assert boss.get(f"/api/v1/handoffs/{handoff}").json()["events"][-1]["actor"] == "bob@example.com"
    assert TenantClient(alpha).get(f"/set-password/{token}").status_code == 400
    assert boss.delete(f"/api/v1/team/{bob.pk}").status_code == 404
    assert boss.post_json("/api/v1/team", {"email": "bob@example.com", "role": "staff"}).status_code == 201


# ---- the last owner ---------------------------------------------------------------------------------------------


def _attempts(client: TenantClient, member: User) -> list[Any]:
    return [
        _patch(client, member, role="staff"),
        _patch(client, member, active=False),
        _patch(client, member, role="staff", active=True),
        client.delete(f"/api/v1/team/{member.pk}"),
    ]


@pytest.mark.parametrize("others", ["none", "staff", "invited owner", "deactivated owner"])
def test_last_owner_stays(others: str, boss: TenantClient, make_user: MakeUser, alpha: TenantRef) -> None:
    if others != "none":
        role = Role.STAFF if others == "staff" else Role.OWNER
        bob = make_user("bob@example.com", role, password=None if others == "invited owner" else PASSWORD)
        with enter_tenant(alpha):
            User.objects.filter(pk=bob.pk).update(is_active=others != "deactivated owner")
    before = _team(boss)

    answers = _attempts(boss, boss.user)

    assert [(one.status_code, one.json()["type"].rpartition(":")[2]) for one in answers] == [(409, "last_owner")] * 4
    assert _team(boss) == before
    assert _is_in(boss)


def test_owner_may_go_when_another_can_log_in(boss: TenantClient, make_user: MakeUser, browse: Browse) -> None:
    make_user("bob@example.com")
    bob = browse("bob@example.com")

    assert _patch(boss, boss.user, role="staff").status_code == 200
    assert boss.get("/api/v1/team").status_code == 403
    assert bob.delete(f"/api/v1/team/{boss.user.pk}").status_code == 204
    assert not _is_in(boss)


def test_invited_owner_may_be_taken_back(boss: TenantClient, make_user: MakeUser) -> None:
    bob = make_user("bob@example.com", password=None)

    assert [one.status_code for one in _attempts(boss, bob)] == [200, 200, 200, 204]
    assert [one["email"] for one in _team(boss)] == ["ada@example.com"]
