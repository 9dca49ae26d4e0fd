"""The link: once, within a minute, at one tenant. Every other one is the same page."""

import logging
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F
from django.test import Client

from shared_apps.accounts.models import Session, User
from shared_apps.platform.grants import find_standing
from shared_apps.platform.lifecycle import SUSPEND, take_step
from shared_apps.platform.models import SupportGrant
from shared_apps.support.models import SupportAccess
from shared_apps.tenants.enums import TenantStatus
from shared_apps.tenants.models import Tenant
from shared_apps.tenants.scope import TenantRef, enter_tenant
from tests.clients import TenantClient
from tests.integration.support.conftest import HELPER, MakeLink, Visit

MADE_UP = "/support/" + "x" * 43
AGO = timedelta(seconds=1)


def _opened(tenant: TenantRef) -> int:
    with enter_tenant(tenant):
        return SupportAccess.objects.count()


def test_link_logs_support_in_and_is_written_down(alpha: TenantRef, visit: Visit) -> None:
    client = visit(alpha)

    assert client.get("/dashboard").status_code == 200
    with enter_tenant(alpha):
        access = SupportAccess.objects.get()
        session = Session.objects.get()
    assert (access.email, access.raised_at, access.ended_at) == (HELPER, None, None)
    assert access.ends_at - access.opened_at == timedelta(minutes=30)
    assert session.user_id is None


def test_link_ends_whose_session_the_browser_had_and_leaves_no_token_of_it(
    alpha: TenantRef, owner: TenantClient, make_link: MakeLink
) -> None:
    owner.get("/login")
    before = {name: owner.cookies[name].value for name in ("sessionid", "csrftoken")}

    assert owner.get(make_link(alpha)).status_code == 303

    assert all(owner.cookies[name].value != value for name, value in before.items())
    assert owner.get("/api/v1/me").status_code == 403  # support, and nobody's colleague
    with enter_tenant(alpha):
        assert 1700 < owner.session.get_expiry_age() <= 1800
    stolen = TenantClient(alpha)
    stolen.cookies["sessionid"] = before["sessionid"]
    assert stolen.get("/api/v1/handoffs").status_code == 401


def test_only_the_tokens_hash_is_kept_and_no_log_has_it(
    alpha: TenantRef, make_link: MakeLink, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    token = make_link(alpha).rpartition("/")[2]

    TenantClient(alpha).get(f"/support/{token}")
    TenantClient(alpha).get(f"/support/{token}")

    grant = SupportGrant.objects.get()
    assert (grant.person.email, grant.expires_at - grant.created_at) == (HELPER, timedelta(seconds=60))
    assert token.encode() not in bytes(grant.digest)
    assert len(bytes(grant.digest)) == 32
    assert token not in caplog.text


def test_every_link_that_opens_nothing_is_the_same_page(alpha: TenantRef, beta: TenantRef, make_link: MakeLink) -> None:
    used, late, foreign, revoked = (make_link(alpha) for _ in range(4))
    assert TenantClient(alpha).get(used).status_code == 303
    tokens = {name: path.rpartition("/")[2] for name, path in {"late": late, "revoked": revoked}.items()}
    newest = SupportGrant.objects.order_by("-id")
    newest.filter(pk=newest[2].pk).update(expires_at=F("created_at") - AGO)
    newest.filter(pk=newest[0].pk).update(revoked_at=F("created_at"))

    answers = [TenantClient(alpha).get(path) for path in (used, late, revoked, MADE_UP, "/support/x")]
    answers.append(TenantClient(beta).get(foreign))

    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1
    assert all("sessionid" not in answer.cookies for answer in answers)
    assert "Open a new one" in answers[0].content.decode()
    assert not any(token in answers[0].content.decode() for token in tokens.values())
    assert (_opened(alpha), _opened(beta)) == (1, 0)
    assert TenantClient(alpha).get(foreign).status_code == 303  # another host's try has not used it up


@pytest.mark.parametrize(
    ("method", "headers"),
    [
        ("HEAD", {}),
        ("GET", {"sec-purpose": "prefetch"}),
        ("GET", {"sec-purpose": "prefetch;prerender"}),
        ("GET", {"purpose": "prefetch"}),
        ("POST", {}),
    ],
)
def test_looking_ahead_uses_nothing_up(
    method: str, headers: dict[str, str], alpha: TenantRef, make_link: MakeLink
) -> None:
    path = make_link(alpha)

    assert TenantClient(alpha).generic(method, path, headers=headers).status_code in (404, 405)

    assert _opened(alpha) == 0
    assert TenantClient(alpha).get(path).status_code == 303


def test_link_of_a_tenant_suspended_meanwhile_opens_nothing_ever(alpha: TenantRef, make_link: MakeLink) -> None:
    from shared_apps.platform.lifecycle import RESUME

    path = make_link(alpha)
    take_step(tenant=alpha, step=SUSPEND)
    take_step(tenant=alpha, step=RESUME)

    assert TenantClient(alpha).get(path).status_code == 404


def test_tenant_that_is_not_served_has_no_dashboard_to_open(alpha: TenantRef, desk: Client) -> None:
    take_step(tenant=alpha, step=SUSPEND)

    page = desk.post(f"/admin/tenants/tenant/{alpha.id}/open/", follow=True)

    assert "Only the dashboard of an active tenant" in page.content.decode()
    assert not SupportGrant.objects.exists()


def test_looking_at_the_admin_makes_no_link(alpha: TenantRef, desk: Client) -> None:
    assert desk.get(f"/admin/tenants/tenant/{alpha.id}/open/").status_code == 302
    assert not SupportGrant.objects.exists()


def test_link_of_one_who_was_deactivated_opens_nothing(alpha: TenantRef, make_link: MakeLink) -> None:
    path = make_link(alpha)
    User.objects.filter(email=HELPER).update(is_active=False)

    assert TenantClient(alpha).get(path).status_code == 404


def test_nothing_of_it_happens_when_the_session_cannot_be_written(
    alpha: TenantRef, make_link: MakeLink, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Link, log and session are one: a link is not used up for nothing."""
    path = make_link(alpha)

    def fail(self: Any, *args: Any, **kwargs: Any) -> None:
        raise RuntimeError

    with monkeypatch.context() as broken:
        broken.setattr("shared_apps.accounts.sessions.SessionStore.save", fail)
        assert TenantClient(alpha).get(path).status_code == 500

    assert _opened(alpha) == 0
    assert TenantClient(alpha).get(path).status_code == 303


def test_old_grants_are_forgotten(alpha: TenantRef, make_link: MakeLink) -> None:
    make_link(alpha)
    SupportGrant.objects.update(created_at=F("created_at") - timedelta(days=31))

    make_link(alpha)

    assert SupportGrant.objects.count() == 1


def test_grant_of_a_tenant_that_is_not_served_does_not_stand(alpha: TenantRef, visit: Visit) -> None:
    visit(alpha)
    grant = SupportGrant.objects.get()
    assert find_standing(grant_ids=[grant.pk]) == {grant.pk}

    Tenant.objects.filter(pk=alpha.id).update(status=TenantStatus.SUSPENDED)

    assert find_standing(grant_ids=[grant.pk]) == frozenset()
