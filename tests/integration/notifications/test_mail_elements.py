"""The elements of the mails about new handoffs: rows for what there is, links to where they say, words as text."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from shared_apps.outbox.models import Job
from shared_apps.outbox.services import relay_jobs
from shared_apps.tenants.scope import TenantRef, enter_tenant
from tenant_apps.handoffs.models import BookingHandoff
from tenant_apps.notifications.selectors import make_unsubscribe_url
from tests.clients import TenantClient
from tests.html import PageTree
from tests.integration.notifications.steps import EVIL, Wait, capture, choose
from tests.smtp import MailServer, get_part

DASHBOARD = "http://alpha.localhost:8000/dashboard"


def _read(inbox: MailServer) -> PageTree:
    (message,) = inbox.messages
    return PageTree(get_part(message, "html"))


def _rows(page: PageTree) -> dict[str, str]:
    """The table's rows, its first cell to its second."""
    return {head.text: cell.text for head in page.all("th") for cell in page.all("td") if cell.parent is head.parent}


def test_one_who_left_an_address_is_written_to_alone(
    alpha: TenantRef, visitor: TenantClient, lead: dict[str, Any], inbox: MailServer
) -> None:
    address = "a?cc=spy&body=x@example.com"
    key = capture(visitor, lead, customerEmail=address, customerPhone=None, notes="First\nsecond")
    relay_jobs()
    page = _read(inbox)
    rows = _rows(page)
    assert list(rows) == ["Service", "When", "Email", "Notes", "Received"]
    assert (rows["Service"], rows["When"], rows["Email"]) == ("Haircut", "Friday after 5", address)
    assert rows["Received"]
    assert [each["href"] for each in page.all("a")] == [
        "mailto:a%3Fcc%3Dspy%26body%3Dx@example.com",
        f"{DASHBOARD}/handoffs/{key}",
        make_unsubscribe_url(alpha, "owner@alpha.example"),
    ]
    assert len([each for each in page.all("br") if each.parent is not None and each.parent.text == "Firstsecond"]) == 1
    assert page.all("p", class_="plain")[0].text == f"{DASHBOARD}/handoffs/{key}"  # for those whose buttons do nothing
    assert "Your answer to this mail goes to the visitor." in page.one("body").text


def test_one_who_left_a_number_is_called(
    alpha: TenantRef, visitor: TenantClient, lead: dict[str, Any], inbox: MailServer
) -> None:
    capture(visitor, lead)
    with enter_tenant(alpha):
        BookingHandoff.objects.update(created_at=datetime(2026, 1, 2, 18, 5, tzinfo=UTC))
    relay_jobs()
    page = _read(inbox)
    assert list(_rows(page)) == ["Service", "When", "Phone", "Received"]
    assert _rows(page)["Received"] == "Jan. 2, 2026, 1:05 p.m."  # by the clock of the business
    assert page.all("a")[0]["href"] == "tel:+17725550177"
    assert "Your answer" not in page.one("body").text
    assert "Your answer" not in get_part(inbox.messages[0], "plain")


def test_hourly_mail_leads_to_each_and_takes_words_as_text(
    alpha: TenantRef,
    visitor: TenantClient,
    lead: dict[str, Any],
    inbox: MailServer,
    wait: Wait,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tenant_apps.notifications.services.MAX_DIGEST", 2)
    choose(alpha, new_handoff="hourly")
    words = {"customerName": EVIL[:100], "requestedService": EVIL[:100], "preferredDateTimeText": EVIL}
    keys = [capture(visitor, lead | words) for _ in range(3)]
    relay_jobs()
    wait(alpha)
    page = _read(inbox)
    assert not page.all("img")
    assert [each["href"] for each in page.all("a")] == [
        *(f"{DASHBOARD}/handoffs/{key}" for key in keys[:2]),
        DASHBOARD,
        make_unsubscribe_url(alpha, "owner@alpha.example"),
    ]
    assert all(each.text for each in page.all("th"))
    assert "and 1 more" in page.one("body").text


def test_summary_tells_each_count_by_its_name(
    alpha: TenantRef, inbox: MailServer, wait: Wait, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts = SimpleNamespace(captured=9, redirected=5, completed=3, abandoned=2)
    monkeypatch.setattr("tenant_apps.notifications.services.count_day", lambda *_args, **_given: counts)
    choose(alpha, new_handoff="off", daily_summary=True)
    with enter_tenant(alpha):
        day = Job.objects.get().payload["day"]
    wait(alpha)
    told = {"Received": "9", "Sent to the provider": "5", "Marked completed": "3", "Abandoned": "2"}
    assert _rows(_read(inbox)) == told
    assert _read(inbox).all("a")[0]["href"] == f"{DASHBOARD}?from={day}&to={day}"
    plain = get_part(inbox.messages[0], "plain")
    assert [line for line in plain.splitlines() if line.rpartition(": ")[2].isdigit()] == [
        f"{name}: {count}" for name, count in told.items()
    ]


def test_subscribing_again_is_told(alpha: TenantRef) -> None:
    path = make_unsubscribe_url(alpha, "owner@alpha.example").partition(":8000")[2]
    client = TenantClient(alpha)
    client.post(path)
    page = PageTree(client.post(path, {"action": "subscribe"}).content.decode())
    assert page.one("h1").text == "Mails will come again"
    assert not page.all("form")
