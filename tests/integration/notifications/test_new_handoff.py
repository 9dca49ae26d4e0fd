"""A new handoff is mailed to the business: to whom, what it says, and what it must not do."""

import re
from collections import Counter
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from shared_apps.accounts.enums import Role
from shared_apps.outbox import hooks
from shared_apps.outbox.models import Job
from shared_apps.outbox.services import enqueue, relay_jobs
from shared_apps.tenants.scope import TenantRef, enter_tenant
from tenant_apps.business.models import BusinessProfile
from tenant_apps.handoffs.models import BookingHandoff
from tenant_apps.notifications import services
from tenant_apps.notifications.models import NotificationSettings
from tenant_apps.notifications.selectors import DayCounts, count_day, name_recipient, next_summary
from tests.clients import TenantClient
from tests.factories import UserFactory
from tests.integration.notifications.steps import EVIL, Wait, capture, choose
from tests.smtp import MailServer, get_part


def set_addresses(tenant: TenantRef, *addresses: str) -> None:
    with enter_tenant(tenant):
        BusinessProfile.objects.update(notification_emails=list(addresses))


def hrefs(html: str) -> list[str]:
    return re.findall(r'href="([^"]*)"', html)


def test_owner_hears_of_a_new_handoff(
    alpha: TenantRef, beta: TenantRef, visitor: TenantClient, lead: dict[str, Any], inbox: MailServer
) -> None:
    key = capture(visitor, lead, customerEmail="jane@example.com", notes="First time.")
    relay_jobs()

    (message,) = inbox.messages
    assert message["To"] == "owner@alpha.example"
    assert message["From"] == "Alpha Studio <no-reply@localhost>"
    assert message["Reply-To"] == "jane@example.com"
    assert message["Subject"] == "New request: Haircut, Jane Doe"
    assert message["Auto-Submitted"] == "auto-generated"
    assert re.fullmatch(r"<[0-9a-f]{40}@localhost>", message["Message-ID"].strip())
    link = f"http://alpha.localhost:8000/dashboard/handoffs/{key}"
    for kind in ("plain", "html"):
        part = get_part(message, kind)
        for text in (
            "Jane Doe",
            "Haircut",
            "Friday after 5",
            "(772) 555-0177",
            "jane@example.com",
            "First time.",
            link,
        ):
            assert text in part
        assert not re.search(r"\b(booked|confirmed|reserved)\b", part, re.IGNORECASE)
    assert hrefs(get_part(message, "html"))[:3] == ["tel:+17725550177", "mailto:jane@example.com", link]
    with enter_tenant(alpha):
        assert not Job.objects.exists()


def test_addresses_of_the_profile_are_told_instead_of_the_owners(
    alpha: TenantRef, visitor: TenantClient, lead: dict[str, Any], inbox: MailServer
) -> None:
    set_addresses(alpha, "desk@alpha.example", "Boss@alpha.example", "DESK@alpha.example")
    capture(visitor, lead)
    relay_jobs()
    assert [message["To"] for message in inbox.messages] == ["desk@alpha.example", "boss@alpha.example"]
    assert "Reply-To" not in inbox.messages[0]  # the visitor gave a phone number only


def test_people_who_are_no_active_owners_are_not_told(
    alpha: TenantRef, visitor: TenantClient, lead: dict[str, Any], inbox: MailServer
) -> None:
    with enter_tenant(alpha):
        UserFactory.create(role=Role.STAFF)
        gone = UserFactory.create(role=Role.OWNER)
        gone.is_active = False
        gone.save()
    capture(visitor, lead)
    relay_jobs()
    assert [message["To"] for message in inbox.messages] == ["owner@alpha.example"]


def test_strangers_text_is_neither_markup_nor_link_nor_header(
    alpha: TenantRef, visitor: TenantClient, lead: dict[str, Any], inbox: MailServer
) -> None:
    capture(
        visitor,
        lead,
        customerName=EVIL[:100],
        requestedService=EVIL[:100],
        preferredDateTimeText=EVIL,
        notes=f"{EVIL}\r\nBcc: all@evil.example",
        attribution={"referrer": "https://evil.example/"},
    )
    relay_jobs()
    (message,) = inbox.messages
    html = get_part(message, "html")
    assert all(href.startswith(("tel:+1", "http://alpha.localhost:8000/")) for href in hrefs(html))
    assert "<img" not in html
    for text in (html, get_part(message, "plain"), str(message["Subject"])):
        assert "evil.example" not in text
        assert "https://" not in text
    assert message["Bcc"] is None
    assert "\n" not in message["Subject"]


@pytest.mark.parametrize(
    "changes",
    [
        {"website": "x"},
        {"notes": " ".join(f"http://spam{n}.example" for n in range(40))},
    ],
    ids=["honeypot", "links"],
)
def test_flagged_one_is_kept_and_mailed_to_nobody(
    changes: dict[str, str],
    alpha: TenantRef,
    visitor: TenantClient,
    lead: dict[str, Any],
    inbox: MailServer,
) -> None:
    capture(visitor, lead, **changes)
    with enter_tenant(alpha):
        assert BookingHandoff.objects.get().metadata["flags"]
        assert not Job.objects.exists()  # nor is there anything to relay
    relay_jobs()
    assert inbox.messages == []


@pytest.mark.parametrize("new_handoff", ["each", "hourly"])
def test_one_that_is_flagged_before_the_mail_is_told_to_nobody(
    new_handoff: str, alpha: TenantRef, visitor: TenantClient, lead: dict[str, Any], inbox: MailServer, wait: Wait
) -> None:
    choose(alpha, new_handoff=new_handoff)
    capture(visitor, lead)
    with enter_tenant(alpha):
        BookingHandoff.objects.update(metadata={"flags": ["honeypot"]})
    relay_jobs()
    wait(alpha)
    assert inbox.messages == []


def test_erased_handoff_is_told_to_nobody(
    alpha: TenantRef, visitor: TenantClient, lead: dict[str, Any], inbox: MailServer
) -> None:
    capture(visitor, lead)
    with enter_tenant(alpha):
        BookingHandoff.objects.update(customer_name="", customer_phone="")
    relay_jobs()
    assert inbox.messages == []


def test_same_capture_twice_is_one_mail(
    alpha: TenantRef, visitor: TenantClient, lead: dict[str, Any], inbox: MailServer
) -> None:
    key = "0199f0f0-0000-4000-8000-00000000abcd"
    for status in (201, 200):
        assert visitor.post_json("/api/v1/handoffs", lead, idempotency_key=key).status_code == status
    relay_jobs()
    assert len(inbox.messages) == 1


def test_refused_address_keeps_nobody_else_waiting(
    alpha: TenantRef, visitor: TenantClient, lead: dict[str, Any], inbox: MailServer, wait: Wait
) -> None:
    set_addresses(alpha, "gone@alpha.example", "desk@alpha.example")
    inbox.refused.add("gone@alpha.example")
    capture(visitor, lead)
    relay_jobs()
    assert [message["To"] for message in inbox.messages] == ["desk@alpha.example"]
    with enter_tenant(alpha):
        assert Job.objects.get().last_error == "SMTPRecipientsRefused"

    inbox.refused.clear()
    wait(alpha)
    assert [message["To"] for message in inbox.messages] == ["desk@alpha.example", "gone@alpha.example"]


def test_mail_sent_twice_names_itself_the_same(
    alpha: TenantRef, visitor: TenantClient, lead: dict[str, Any], inbox: MailServer
) -> None:
    """A worker killed between the sending and the saying so sends again."""
    key = capture(visitor, lead)
    for _ in range(2):
        with enter_tenant(alpha):
            enqueue(kind="handoffs.new_handoff", payload={"handoff": key})
        relay_jobs()
    first, *others = [message["Message-ID"] for message in inbox.messages]
    assert others
    assert set(others) == {first}


def test_nobody_is_told_when_it_is_off(
    alpha: TenantRef, visitor: TenantClient, lead: dict[str, Any], inbox: MailServer
) -> None:
    choose(alpha, new_handoff="off")
    capture(visitor, lead)
    relay_jobs()
    assert inbox.messages == []


def test_job_done_twice_has_nobody_told_twice(alpha: TenantRef, visitor: TenantClient, lead: dict[str, Any]) -> None:
    """A worker killed between the two does it again."""
    set_addresses(alpha, "a@alpha.example", "b@alpha.example")
    choose(alpha, daily_summary=True)
    key = capture(visitor, lead)
    with enter_tenant(alpha):
        for _ in range(2):
            services.tell_new_handoff(alpha, {"handoff": key})
            for day in ("2026-03-08", "2026-03-09"):  # a mail server may be away that long
                services.plan_summary(alpha, {"day": day})
        kinds = Counter(Job.objects.values_list("kind", flat=True))
    assert (kinds[services.SEND_NEW_HANDOFF], kinds[services.SEND_SUMMARY], kinds[services.PLAN_SUMMARY]) == (2, 4, 1)


@pytest.mark.parametrize(
    ("new_handoff", "kind"), [("each", services.SEND_NEW_HANDOFF), ("hourly", services.SEND_DIGEST)]
)
def test_mail_under_way_is_not_sent_once_it_is_off(
    new_handoff: str,
    kind: str,
    alpha: TenantRef,
    visitor: TenantClient,
    lead: dict[str, Any],
    inbox: MailServer,
    wait: Wait,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    send = hooks.get_handler(kind)
    done: list[hooks.Payload] = []

    def turn_off_then_send(tenant: TenantRef, payload: hooks.Payload) -> None:
        choose(alpha, new_handoff="off")
        with enter_tenant(alpha):
            send(tenant, payload)
        done.append(payload)

    monkeypatch.setitem(hooks._handlers, kind, turn_off_then_send)
    choose(alpha, new_handoff=new_handoff)
    capture(visitor, lead)
    relay_jobs()
    wait(alpha)
    assert (len(done), inbox.messages) == (1, [])


def test_mail_speaks_the_language_of_the_business(
    alpha: TenantRef, visitor: TenantClient, lead: dict[str, Any], inbox: MailServer
) -> None:
    with enter_tenant(alpha):
        BusinessProfile.objects.update(language="es")
    capture(visitor, lead)
    relay_jobs()
    (message,) = inbox.messages
    assert message["Subject"] == "Nueva solicitud: Haircut, Jane Doe"
    assert message["Content-Language"] == "es"
    assert "pide una cita" in get_part(message, "html")
    assert "Dejar de recibir estos correos" in get_part(message, "plain")


def test_payloads_hold_no_personal_data(
    alpha: TenantRef, visitor: TenantClient, lead: dict[str, Any], settings: Any
) -> None:
    from tests.faults.conftest import dead_port

    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", dead_port()
    capture(visitor, lead, customerEmail="jane@example.com")
    relay_jobs()
    with enter_tenant(alpha):
        payload = str(Job.objects.values("payload", "last_error").get())
    assert "ConnectionRefusedError" in payload
    for text in ("Jane", "jane", "owner", "alpha", "7725550177", "772-555"):
        assert text not in payload


def test_at_most_twenty_owners_are_told(alpha: TenantRef, visitor: TenantClient, lead: dict[str, Any]) -> None:
    with enter_tenant(alpha):
        UserFactory.create_batch(25, role=Role.OWNER)
        services.tell_new_handoff(alpha, {"handoff": capture(visitor, lead)})
        assert Job.objects.filter(kind=services.SEND_NEW_HANDOFF).count() == 20


# ---- the hourly mail --------------------------------------------------------------------------------------------


def test_hourly_mail_tells_of_all_that_came_in_once(
    alpha: TenantRef, visitor: TenantClient, lead: dict[str, Any], inbox: MailServer, wait: Wait
) -> None:
    choose(alpha, new_handoff="hourly")
    keys = [capture(visitor, lead, customerName=f"Visitor {number}") for number in range(3)]
    relay_jobs()
    assert inbox.messages == []
    with enter_tenant(alpha):
        due = Job.objects.get().due_at
        assert (due.minute, due.second) == (0, 0)
        assert timedelta(0) < due - timezone.now() <= timedelta(hours=1)

    wait(alpha)
    (message,) = inbox.messages
    assert message["Subject"] == "3 new requests"
    html = get_part(message, "html")
    for key in keys:
        assert f"/dashboard/handoffs/{key}" in html
    wait(alpha)
    assert len(inbox.messages) == 1
    with enter_tenant(alpha):
        assert NotificationSettings.objects.get().digest == []


def test_hourly_mail_leaves_out_what_was_erased_and_counts_what_is_too_much(
    alpha: TenantRef,
    visitor: TenantClient,
    lead: dict[str, Any],
    inbox: MailServer,
    wait: Wait,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tenant_apps.notifications.services.MAX_DIGEST", 3)
    choose(alpha, new_handoff="hourly")
    keys = [capture(visitor, lead, customerName=f"Visitor {number}") for number in range(5)]
    relay_jobs()
    with enter_tenant(alpha):
        BookingHandoff.objects.filter(pk=keys[0]).update(customer_name="")
    wait(alpha)
    (message,) = inbox.messages
    assert message["Subject"] == "4 new requests"
    assert "and 2 more" in get_part(message, "plain")
    assert keys[0] not in get_part(message, "plain")


def test_hourly_mail_is_not_sent_once_it_is_off(
    alpha: TenantRef, visitor: TenantClient, lead: dict[str, Any], inbox: MailServer, wait: Wait
) -> None:
    choose(alpha, new_handoff="hourly")
    capture(visitor, lead)
    relay_jobs()
    choose(alpha, new_handoff="off")
    wait(alpha)
    assert inbox.messages == []
    with enter_tenant(alpha):
        assert NotificationSettings.objects.get().digest == []


def test_hour_of_which_nothing_is_left_has_no_mail(
    alpha: TenantRef, visitor: TenantClient, lead: dict[str, Any], inbox: MailServer, wait: Wait
) -> None:
    choose(alpha, new_handoff="hourly")
    capture(visitor, lead)
    relay_jobs()
    with enter_tenant(alpha):
        BookingHandoff.objects.update(customer_name="")
    wait(alpha)
    assert inbox.messages == []


def test_hourly_mail_begins_anew_with_each_hour_and_takes_a_handoff_once(
    alpha: TenantRef,
    visitor: TenantClient,
    lead: dict[str, Any],
    inbox: MailServer,
    wait: Wait,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tenant_apps.notifications.services.MAX_DIGEST", 2)
    choose(alpha, new_handoff="hourly")
    for count in (4, 2):
        keys = [capture(visitor, lead) for _ in range(count)]
        relay_jobs()
        with enter_tenant(alpha):
            services.tell_new_handoff(alpha, {"handoff": keys[0]})  # a job that is done twice
            assert NotificationSettings.objects.get().digest == keys[:2]
        wait(alpha)
    assert [message["Subject"] for message in inbox.messages] == ["4 new requests", "2 new requests"]


def test_hour_without_a_handoff_has_no_mail(alpha: TenantRef) -> None:
    choose(alpha, new_handoff="hourly")
    with enter_tenant(alpha):
        services.collect_digest(alpha, {})
        assert not Job.objects.exists()


# ---- the daily summary ------------------------------------------------------------------------------------------


def test_summary_comes_every_morning_while_it_is_wanted(
    alpha: TenantRef, visitor: TenantClient, lead: dict[str, Any], inbox: MailServer, wait: Wait
) -> None:
    choose(alpha, new_handoff="off", daily_summary=True)
    choose(alpha, new_handoff="off", daily_summary=True)
    with enter_tenant(alpha):
        job = Job.objects.get()
        day, due = str(job.payload["day"]), job.due_at
        assert due.astimezone(ZoneInfo("America/New_York")).time() == time(8)
    wait(alpha)
    assert inbox.messages == []  # nobody asked that day

    capture(visitor, lead)
    with enter_tenant(alpha):
        BookingHandoff.objects.update(created_at=due - timedelta(hours=20))
        Job.objects.filter(kind="notifications.plan_summary").update(payload={"day": day})
    wait(alpha)
    (message,) = inbox.messages
    assert "1 request on" in message["Subject"]
    assert "Received: 1" in get_part(message, "plain")
    assert "Jane" not in get_part(message, "html")

    choose(alpha, new_handoff="off", daily_summary=False)
    wait(alpha)
    with enter_tenant(alpha):
        assert not Job.objects.exists()


def test_summary_under_way_is_not_sent_once_it_is_unwanted(
    alpha: TenantRef, visitor: TenantClient, lead: dict[str, Any], inbox: MailServer
) -> None:
    choose(alpha, new_handoff="off", daily_summary=True)
    capture(visitor, lead)
    today = timezone.now().astimezone(ZoneInfo("America/New_York")).date()
    payload: hooks.Payload = {"day": today.isoformat(), "to": name_recipient(alpha, "owner@alpha.example")}
    with enter_tenant(alpha):
        services.send_summary(alpha, payload)
    assert len(inbox.messages) == 1
    choose(alpha, new_handoff="off", daily_summary=False)
    with enter_tenant(alpha):
        services.send_summary(alpha, payload)
    assert len(inbox.messages) == 1


def test_summary_counts_the_day_of_the_business_alone(
    alpha: TenantRef, visitor: TenantClient, lead: dict[str, Any]
) -> None:
    zone = ZoneInfo("America/New_York")
    begin = datetime(2026, 3, 8, tzinfo=zone)  # a day of 23 hours there
    end = datetime(2026, 3, 9, tzinfo=zone)
    second = timedelta(seconds=1)
    keys = [capture(visitor, lead) for _ in range(4)]
    with enter_tenant(alpha):
        moments = (begin.astimezone(UTC) - second, begin, end.astimezone(UTC) - second, end)
        for key, moment in zip(keys, moments, strict=True):
            BookingHandoff.objects.filter(pk=key).update(created_at=moment)
        BookingHandoff.objects.filter(pk=keys[1]).update(
            status="completed_external", redirected_at=begin + second, completed_at=begin + second
        )
        BookingHandoff.objects.filter(pk=keys[2]).update(status="abandoned", abandoned_at=end)
        counted = count_day(begin.date(), time_zone="America/New_York")
    assert counted == DayCounts(captured=2, redirected=1, completed=1, abandoned=1)


@pytest.mark.parametrize(
    ("now", "planned"),
    [
        ("2026-03-06T12:59:59+00:00", "2026-03-06T08:00:00-05:00"),
        ("2026-03-06T13:00:00+00:00", "2026-03-07T08:00:00-05:00"),  # one that is sent now plans the next
        ("2026-03-07T13:00:00+00:00", "2026-03-08T08:00:00-04:00"),  # the clocks went forward in between
    ],
)
def test_summary_is_planned_for_the_next_morning_of_the_business(now: str, planned: str) -> None:
    assert next_summary(datetime.fromisoformat(now), time_zone="America/New_York").isoformat() == planned
