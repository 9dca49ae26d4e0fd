"""The owner chooses, and whoever gets a mail can leave by its link."""

from collections.abc import Callable
from typing import Any

import pytest

from shared_apps.accounts.enums import Role
from shared_apps.outbox.services import relay_jobs
from shared_apps.tenants.scope import TenantRef, enter_tenant
from tenant_apps.business.models import BusinessProfile
from tenant_apps.notifications.models import NotificationSettings
from tenant_apps.notifications.selectors import make_unsubscribe_url
from tests.clients import TenantClient
from tests.smtp import MailServer, get_part

URL = "/api/v1/settings/notifications"
CHOICE = {"newHandoff": "hourly", "dailySummary": True}


def test_choices_are_read_by_members_and_saved_by_the_owner(
    alpha: TenantRef, beta: TenantRef, owner: TenantClient, login: Callable[..., TenantClient]
) -> None:
    staff = login(alpha, Role.STAFF)
    first = staff.get(URL)
    assert first.json() == {"newHandoff": "each", "dailySummary": False}
    assert staff.put_json(URL, CHOICE).status_code == 403

    saved = owner.put_json(URL, CHOICE, if_match=first["ETag"])
    assert (saved.status_code, saved.json()) == (200, CHOICE)
    assert owner.get(URL).json() == CHOICE
    assert owner.get(URL)["ETag"] == saved["ETag"] != first["ETag"]
    for stale in (first["ETag"], '"0"'):
        assert owner.put_json(URL, first.json(), if_match=stale).status_code == 412
    assert owner.put_json(URL, first.json()).status_code == 200
    with enter_tenant(beta):
        assert not NotificationSettings.objects.exists()


@pytest.mark.parametrize(
    "body",
    [
        {"newHandoff": "sometimes", "dailySummary": True},
        {"newHandoff": "each"},
        {"newHandoff": "each", "dailySummary": "yes"},
        {"newHandoff": "each", "dailySummary": True, "to": "a@b.example"},
    ],
)
def test_wrong_choice_is_refused(body: dict[str, Any], alpha: TenantRef, owner: TenantClient) -> None:
    assert owner.put_json(URL, body).status_code == 422
    with enter_tenant(alpha):
        assert not NotificationSettings.objects.exists()


def _path(tenant: TenantRef, address: str) -> str:
    return make_unsubscribe_url(tenant, address).partition(":8000")[2]


def test_mail_carries_the_way_out_and_it_works(
    alpha: TenantRef, visitor: TenantClient, lead: dict[str, Any], inbox: MailServer
) -> None:
    visitor.post_json("/api/v1/handoffs", lead)
    relay_jobs()
    (message,) = inbox.messages
    url = make_unsubscribe_url(alpha, "owner@alpha.example")
    assert message["List-Unsubscribe"].strip() == f"<{url}>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert url in get_part(message, "plain")
    assert f'href="{url}"' in get_part(message, "html")
    assert "owner" not in url

    stranger = TenantClient(alpha, enforce_csrf_checks=True)
    path = _path(alpha, "owner@alpha.example")
    for _ in range(2):
        page = stranger.get(path)
        assert page.status_code == 200
        assert "Stop these mails?" in page.content.decode()
        assert "owner@" not in page.content.decode()
    visitor.post_json("/api/v1/handoffs", lead)
    relay_jobs()
    assert len(inbox.messages) == 2  # looking changes nothing

    one_click = stranger.post(path, {"List-Unsubscribe": "One-Click"}, headers={"origin": "null"})
    assert one_click.status_code == 200
    assert "No more mails" in one_click.content.decode()
    assert stranger.post(path).status_code == 200
    with enter_tenant(alpha):
        assert NotificationSettings.objects.get().unsubscribed == ["owner@alpha.example"]
    visitor.post_json("/api/v1/handoffs", lead)
    relay_jobs()
    assert len(inbox.messages) == 2

    assert "Get them again" in stranger.get(path).content.decode()
    stranger.post(path, {"action": "subscribe"})
    visitor.post_json("/api/v1/handoffs", lead)
    relay_jobs()
    assert len(inbox.messages) == 3


def test_leaving_and_coming_back_is_of_one_address_alone(alpha: TenantRef) -> None:
    with enter_tenant(alpha):
        BusinessProfile.objects.update(notification_emails=["a@alpha.example", "b@alpha.example"])
    stranger = TenantClient(alpha)

    def list_left() -> list[str]:
        with enter_tenant(alpha):
            return list(NotificationSettings.objects.get().unsubscribed)

    for address in ("a@alpha.example", "b@alpha.example"):
        assert stranger.post(_path(alpha, address)).status_code == 200
    assert list_left() == ["a@alpha.example", "b@alpha.example"]
    stranger.post(_path(alpha, "a@alpha.example"), {"action": "subscribe"})
    assert list_left() == ["b@alpha.example"]
    assert stranger.post(_path(alpha, "nobody@alpha.example")).status_code == 404
    assert list_left() == ["b@alpha.example"]


def test_one_who_has_left_finds_the_way_back_when_no_longer_on_the_list(alpha: TenantRef) -> None:
    stranger = TenantClient(alpha)
    with enter_tenant(alpha):
        BusinessProfile.objects.update(notification_emails=["a@alpha.example"])
    stranger.post(_path(alpha, "a@alpha.example"))
    with enter_tenant(alpha):
        BusinessProfile.objects.update(notification_emails=["b@alpha.example"])
    assert "Get them again" in stranger.get(_path(alpha, "a@alpha.example")).content.decode()
    stranger.post(_path(alpha, "a@alpha.example"), {"action": "subscribe"})
    with enter_tenant(alpha):
        assert NotificationSettings.objects.get().unsubscribed == []


def test_one_who_left_between_the_change_and_the_mail_gets_none(
    alpha: TenantRef, visitor: TenantClient, lead: dict[str, Any], inbox: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    from shared_apps.outbox import hooks
    from tenant_apps.notifications import services

    def leave_then_send(tenant: TenantRef, payload: hooks.Payload) -> None:
        TenantClient(alpha).post(_path(alpha, "owner@alpha.example"))
        with enter_tenant(alpha):
            services.send_new_handoff(tenant, payload)

    monkeypatch.setitem(hooks._handlers, services.SEND_NEW_HANDOFF, leave_then_send)
    visitor.post_json("/api/v1/handoffs", lead)
    relay_jobs()
    assert inbox.messages == []


def test_link_belongs_to_one_tenant_and_one_address(alpha: TenantRef, beta: TenantRef) -> None:
    own = _path(alpha, "owner@alpha.example")
    altered = own[:-1] + ("0" if own[-1] != "0" else "1")
    for tenant, path in (
        (beta, own),
        (alpha, _path(beta, "owner@alpha.example")),
        (alpha, _path(alpha, "nobody@alpha.example")),
        (alpha, altered),
    ):
        for answer in (TenantClient(tenant).get(path), TenantClient(tenant).post(path)):
            assert answer.status_code == 404
            assert "This link leads nowhere" in answer.content.decode()
    for tenant in (alpha, beta):
        with enter_tenant(tenant):
            assert not NotificationSettings.objects.filter(unsubscribed__0__isnull=False).exists()
