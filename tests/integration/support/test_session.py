"""A support session: what it may, what raises it, what ends it, and what the business sees of it."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db.models import F
from django.test import Client

from shared_apps.accounts.enums import Role
from shared_apps.accounts.models import User
from shared_apps.accounts.tasks import clean_up_sessions
from shared_apps.platform.lifecycle import RESUME, SUSPEND, take_step
from shared_apps.support.models import SupportAccess
from shared_apps.tenants.scope import TenantRef, enter_tenant, public_scope
from tenant_apps.business.models import BusinessProfile
from tests.clients import TenantClient
from tests.factories import HandoffFactory, open_support
from tests.integration.support.conftest import HELPER, Visit

Login = Callable[..., TenantClient]
LOG = "/api/v1/support-access"


@pytest.fixture
def handoff_id(alpha: TenantRef) -> str:
    """Somebody asked for a time at alpha."""
    with enter_tenant(alpha):
        return str(HandoffFactory.create().pk)


@pytest.fixture
def guest(alpha: TenantRef, visit: Visit) -> TenantClient:
    """Support in alpha's dashboard."""
    return visit(alpha)


def _entry(owner: TenantClient) -> dict[str, Any]:
    (entry,) = owner.get(LOG).json()["items"]
    found: dict[str, Any] = entry
    return found


def _raise(owner: TenantClient) -> None:
    assert owner.post(f"{LOG}/{_entry(owner)['id']}/raise").status_code == 200


def _is_in(client: TenantClient) -> bool:
    statuses = {client.get(path).status_code for path in ("/api/v1/handoffs", "/api/v1/support-session")}
    assert len(statuses) == 1
    is_in = statuses == {200}
    assert client.get("/dashboard").status_code == (200 if is_in else 302)
    return is_in


def _move(tenant: TenantRef, **times: timedelta) -> None:
    with enter_tenant(tenant):
        SupportAccess.objects.update(**{name: F(name) + by for name, by in times.items()})


def _code(answer: Any) -> str:
    return str(answer.json()["type"]).rpartition(":")[2]


# ---- what it may ------------------------------------------------------------------------------------------------


def test_reads_what_an_owner_reads_and_writes_nothing(guest: TenantClient, handoff_id: str) -> None:
    assert guest.get("/api/v1/handoffs").json()["items"][0]["id"] == handoff_id

    answer = guest.post(f"/api/v1/handoffs/{handoff_id}/complete")

    assert (answer.status_code, _code(answer)) == (403, "support_read_only")
    assert "An owner of the business can let it write" in answer.json()["detail"]
    assert guest.get(f"/api/v1/handoffs/{handoff_id}").json()["status"] == "new"


def test_raised_by_an_owner_it_completes_as_support(guest: TenantClient, owner: TenantClient, handoff_id: str) -> None:
    _raise(owner)

    assert guest.post(f"/api/v1/handoffs/{handoff_id}/complete").status_code == 200

    event = owner.get(f"/api/v1/handoffs/{handoff_id}").json()["events"][-1]
    assert (event["type"], event["actor"], event["evidence"]) == ("completed", "support", "manual")
    assert guest.get("/api/v1/support-session").json()["mayWrite"] is True


def test_raised_it_never_erases_exports_or_touches_people_and_keys(
    guest: TenantClient, owner: TenantClient, handoff_id: str
) -> None:
    _raise(owner)
    calls = [
        ("DELETE", f"/api/v1/handoffs/{handoff_id}"), ("GET", "/api/v1/handoffs.csv"), ("GET", "/api/v1/team"),
        ("POST", "/api/v1/team"), ("GET", "/api/v1/api-keys"), ("POST", "/api/v1/api-keys"),
        ("GET", "/api/v1/sessions"),
        ("POST", "/api/v1/me/password"), ("GET", LOG), ("POST", f"{LOG}/1/raise"), ("DELETE", f"{LOG}/1"),
    ]  # fmt: skip

    answers = [guest.generic(method, path, "{}", content_type="application/json") for method, path in calls]

    assert {(answer.status_code, _code(answer)) for answer in answers} == {(403, "support_refused")}
    assert owner.get(f"/api/v1/handoffs/{handoff_id}").json()["customerName"] == "Jane Doe"


@pytest.mark.parametrize("change", [{"retentionDays": 30}, {"notificationEmails": ["me@elsewhere.example"]}])
def test_raised_it_saves_the_profile_but_not_where_data_goes(
    change: dict[str, Any], guest: TenantClient, owner: TenantClient, alpha: TenantRef
) -> None:
    """A shorter retention would erase, and another address would be sent every new request."""
    _raise(owner)
    profile = owner.get("/api/v1/settings/profile").json()

    refused = guest.put_json("/api/v1/settings/profile", profile | {"phone": "772-555-0100"} | change)
    saved = guest.put_json("/api/v1/settings/profile", profile | {"phone": "772-555-0111"})
    stale = guest.put_json("/api/v1/settings/profile", profile, if_match='"1"')

    assert stale.status_code == 412  # somebody saved since, which is no refusal
    assert (refused.status_code, _code(refused)) == (403, "support_refused")
    assert saved.status_code == 200
    with enter_tenant(alpha):
        row = BusinessProfile.objects.get()
    assert (row.phone, row.retention_days) == ("+17725550111", profile["retentionDays"])
    assert row.notification_emails == profile["notificationEmails"]


def test_its_writes_need_the_csrf_token_as_all_do(owner: TenantClient, guest: TenantClient, handoff_id: str) -> None:
    _raise(owner)
    strict = TenantClient(guest.tenant, enforce_csrf_checks=True)
    strict.cookies["sessionid"] = guest.cookies["sessionid"].value

    answer = strict.post(f"/api/v1/handoffs/{handoff_id}/complete")

    assert (answer.status_code, _code(answer)) == (403, "csrf_refused")


def test_it_is_nobody_at_another_tenant_and_in_the_admin(guest: TenantClient, beta: TenantRef) -> None:
    elsewhere = TenantClient(beta)
    public = Client(headers={"host": django_settings.SAAS_DOMAIN})
    for client in (elsewhere, public):
        client.cookies["sessionid"] = guest.cookies["sessionid"].value

    assert elsewhere.get("/api/v1/handoffs").status_code == 401
    assert public.get("/admin/").status_code == 302


def test_it_is_none_of_the_team_and_no_owner(guest: TenantClient, owner: TenantClient, alpha: TenantRef) -> None:
    assert HELPER not in owner.get("/api/v1/team").content.decode()
    with enter_tenant(alpha):
        User.objects.exclude(pk=owner.user.pk).delete()

    refused = owner.patch(f"/api/v1/team/{owner.user.pk}", {"role": "staff"}, content_type="application/json")

    assert refused.status_code == 409  # the last owner, for all that support is here
    assert guest.get("/api/v1/handoffs").status_code == 200


def test_page_says_who_is_here_and_what_they_may(guest: TenantClient, owner: TenantClient) -> None:
    before = guest.get("/dashboard").content.decode()
    _raise(owner)
    after = guest.get("/dashboard/settings").content.decode()

    for page in (before, after):
        assert 'role="status" data-testid="support-banner"' in page
        assert HELPER in page
        assert "Ends in 30 min" in page
    assert "read-only" in before
    assert "an owner lets you change things" in after
    assert "support-banner" not in owner.get("/dashboard").content.decode()


# ---- what ends it -----------------------------------------------------------------------------------------------


def test_it_ends_by_itself_by_the_databases_clock(guest: TenantClient, owner: TenantClient, alpha: TenantRef) -> None:
    _move(alpha, ends_at=-timedelta(minutes=29, seconds=50))
    assert _is_in(guest)

    _move(alpha, ends_at=-timedelta(seconds=11))

    assert not _is_in(guest)
    entry = _entry(owner)
    assert (entry["endedBy"], entry["endedAt"]) == ("time", entry["endsAt"])
    assert owner.delete(f"{LOG}/{entry['id']}").status_code == 204
    assert _entry(owner) == entry  # nobody has ended it after the fact


def test_its_own_button_ends_it(guest: TenantClient, owner: TenantClient) -> None:
    cookie = guest.cookies["sessionid"].value
    assert guest.post("/logout").status_code == 302
    guest.cookies["sessionid"] = cookie

    assert not _is_in(guest)
    assert _entry(owner)["endedBy"] == "support"


def test_owner_ends_it_at_once_and_a_repeat_changes_nothing(guest: TenantClient, owner: TenantClient) -> None:
    number = _entry(owner)["id"]

    assert owner.delete(f"{LOG}/{number}").status_code == 204
    ended = _entry(owner)
    assert owner.delete(f"{LOG}/{number}").status_code == 204

    assert not _is_in(guest)
    assert ended["endedBy"] == owner.user.email
    assert _entry(owner) == ended


def test_what_is_over_is_not_raised(guest: TenantClient, owner: TenantClient) -> None:
    number = _entry(owner)["id"]
    owner.delete(f"{LOG}/{number}")

    answer = owner.post(f"{LOG}/{number}/raise")

    assert (answer.status_code, _code(answer)) == (409, "support_over")
    assert _entry(owner)["raisedAt"] is None


def test_raising_twice_keeps_the_first(
    guest: TenantClient, owner: TenantClient, login: Login, alpha: TenantRef
) -> None:
    _raise(owner)
    first = _entry(owner)

    _raise(login(alpha, Role.OWNER))

    assert _entry(owner) == first
    assert first["raisedBy"] == owner.user.email


def test_deactivating_the_person_ends_it_for_good(
    guest: TenantClient, owner: TenantClient, desk: Client, alpha: TenantRef
) -> None:
    admin = Client(headers={"host": django_settings.SAAS_DOMAIN})
    with public_scope():
        boss = User.objects.create_user("boss@platform.example", Role.ADMIN)
        admin.force_login(boss, backend="django.contrib.auth.backends.ModelBackend")
        helper = User.objects.get(email=HELPER)
    page = f"/admin/accounts/user/{helper.pk}/change/"

    assert admin.post(page, {"email": HELPER, "role": "support"}).status_code == 302  # not active
    assert not _is_in(guest)
    entry = _entry(owner)
    assert entry["endedBy"] == "platform"
    assert owner.post(f"{LOG}/{entry['id']}/raise").status_code == 409
    assert _entry(owner)["raisedAt"] is None

    assert admin.post(page, {"email": HELPER, "role": "support", "is_active": "on"}).status_code == 302
    assert not _is_in(guest)


def test_suspending_the_tenant_ends_it_for_good(
    guest: TenantClient, alpha: TenantRef, django_capture_on_commit_callbacks: Any
) -> None:
    for step, status in ((SUSPEND, 503), (RESUME, 401)):
        with django_capture_on_commit_callbacks(execute=True):
            take_step(tenant=alpha, step=step)
        assert guest.get("/api/v1/handoffs").status_code == status


def test_logging_in_as_somebody_leaves_nothing_of_it(
    guest: TenantClient, owner: TenantClient, alpha: TenantRef
) -> None:
    with enter_tenant(alpha):
        User.objects.create_user("ada@alpha.example", Role.STAFF, "correct-horse-battery")

    guest.post("/login", {"email": "ada@alpha.example", "password": "correct-horse-battery"})

    assert guest.get("/api/v1/me").json()["email"] == "ada@alpha.example"
    assert _entry(owner)["endedBy"] == "support"
    assert guest.session.get_expiry_age() > 24 * 3600


# ---- the log ----------------------------------------------------------------------------------------------------


def test_log_is_for_owners_alone(guest: TenantClient, login: Login, alpha: TenantRef, beta: TenantRef) -> None:
    assert login(alpha, Role.STAFF).get(LOG).status_code == 403
    assert login(beta, Role.OWNER).get(LOG).json() == {"items": []}


def test_log_shows_the_latest_first_at_most_a_hundred(
    owner: TenantClient, alpha: TenantRef, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared_apps.support.selectors.MAX_SHOWN", 2)
    opened = [open_support(alpha).pk for _ in range(3)]

    assert [entry["id"] for entry in owner.get(LOG).json()["items"]] == [opened[2], opened[1]]


def test_log_forgets_after_a_year(guest: TenantClient, owner: TenantClient, alpha: TenantRef, visit: Visit) -> None:
    _move(alpha, opened_at=-timedelta(days=366), ends_at=-timedelta(days=366))
    assert len(owner.get(LOG).json()["items"]) == 1

    clean_up_sessions([alpha.schema_name])

    assert owner.get(LOG).json()["items"] == []


def test_session_costs_members_no_statement(owner: TenantClient, django_assert_num_queries: Any) -> None:
    owner.get("/api/v1/handoffs")
    with django_assert_num_queries(2):
        owner.get("/api/v1/handoffs")


def test_session_of_support_asks_public_each_time(guest: TenantClient, django_assert_num_queries: Any) -> None:
    guest.get("/api/v1/handoffs")
    with django_assert_num_queries(6):  # session, access, SET, grant, SET, version with rows
        guest.get("/api/v1/handoffs")


def test_handoff_pages_carry_nothing_of_the_link(guest: TenantClient, handoff_id: str) -> None:
    page = guest.get(f"/dashboard/handoffs/{handoff_id}").content.decode()

    boot = json.loads(page.partition('<script id="boot" type="application/json">')[2].partition("</script>")[0])
    assert (boot["role"], boot["email"]) == ("support", HELPER)
    assert boot["support"] == {"mayWrite": False, "secondsLeft": 1799, "adminUrl": "http://localhost:8000/admin/"}
    assert "/support/" not in page
