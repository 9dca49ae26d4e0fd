"""A booking link that cannot be reached: who is told, once, and what visitors still get."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.mail import EmailMultiAlternatives

from shared_apps.outbound import Answer
from shared_apps.outbox.models import Job
from shared_apps.tenants.scope import TenantRef, enter_tenant
from tenant_apps.booking.models import BookingSettings
from tenant_apps.business.services import update_profile
from tests.clients import TenantClient
from tests.conftest import LIVE_URL
from tests.integration.links.web import (
    GONE,
    OK,
    list_jobs,
    look_again,
    pause_of,
    read,
)
from tests.jobs import deliver


def test_owner_is_told_after_three_failures_over_a_quarter_of_an_hour_once(
    ready: TenantRef, mailoutbox: list[EmailMultiAlternatives]
) -> None:
    look_again(ready, GONE)
    assert list_jobs(ready) == []
    look_again(ready, GONE, minutes=8)
    assert list_jobs(ready) == []
    kept = look_again(ready, GONE, minutes=8)
    assert (list_jobs(ready), kept.link_failures, kept.link_told_at is not None) == (["booking.link_failing"], 3, True)
    deliver(ready)
    for _ in range(3):
        look_again(ready, GONE, minutes=30)
    deliver(ready)
    assert [message.subject for message in mailoutbox] == ["Your booking page cannot be reached"]

    kept = look_again(ready, OK, minutes=10)
    assert (kept.link_failures, kept.link_told_at, kept.link_failing_since) == (0, None, None)
    look_again(ready, OK, minutes=60)
    deliver(ready)
    assert [message.subject for message in mailoutbox[1:]] == ["Your booking page can be reached again"]
    for part in (str(mailoutbox[1].body), str(mailoutbox[1].alternatives[0].content)):  # type: ignore[attr-defined]  # a named tuple since Django 5.2
        assert LIVE_URL in part

    look_again(ready, GONE, minutes=60)  # a new series starts from nothing
    deliver(ready)
    assert len(mailoutbox) == 2


def test_next_look_at_a_failing_page_comes_sooner(ready: TenantRef) -> None:
    kept = look_again(ready, GONE)
    assert timedelta(minutes=8) <= pause_of(kept) <= timedelta(minutes=10)


def test_many_failures_at_once_tell_nobody(ready: TenantRef) -> None:
    for _ in range(5):
        look_again(ready, GONE, minutes=3)
    assert (read(ready).link_failures, list_jobs(ready)) == (5, [])


def test_two_failures_far_apart_tell_nobody(ready: TenantRef) -> None:
    look_again(ready, GONE)
    look_again(ready, GONE, hours=3)
    assert (read(ready).link_failures, list_jobs(ready)) == (2, [])


def test_refusal_after_failures_at_once_tells_nobody(ready: TenantRef) -> None:
    for _ in range(3):
        look_again(ready, GONE, minutes=3)
    look_again(ready, Answer(403, ()), minutes=30)
    assert list_jobs(ready) == []


def test_success_in_between_tells_nobody(ready: TenantRef) -> None:
    for given in (GONE, GONE, OK, GONE, GONE):
        look_again(ready, given, minutes=30)
    assert (read(ready).link_failures, list_jobs(ready)) == (2, [])


def test_news_that_is_old_by_now_is_not_sent(ready: TenantRef, mailoutbox: list[EmailMultiAlternatives]) -> None:
    for _ in range(3):
        look_again(ready, GONE, minutes=10)
    look_again(ready, OK, minutes=10)
    look_again(ready, GONE, minutes=10)
    with enter_tenant(ready):
        assert sorted(Job.objects.values_list("kind", flat=True)) == ["booking.link_failing", "booking.link_working"]
    deliver(ready)
    assert [message.subject for message in mailoutbox] == ["Your booking page can be reached again"]


@pytest.mark.parametrize(
    ("language", "subject", "reason", "since"),
    [
        ("en", "Your booking page cannot be reached", "The site answers that there is no such page.", "p.m."),
        ("es", "No se puede llegar a tu página de reservas", "El sitio responde que esa página no existe.", " de "),
    ],
)
def test_mail_is_in_the_business_language_and_says_what_to_do(
    language: str, subject: str, reason: str, since: str, ready: TenantRef, mailoutbox: list[EmailMultiAlternatives]
) -> None:
    with enter_tenant(ready):
        update_profile(
            tenant=ready, changes={"language": language, "notification_emails": ["a@alpha.example", "b@alpha.example"]}
        )
    for _ in range(3):
        look_again(ready, GONE, minutes=10)
    with enter_tenant(ready):
        BookingSettings.objects.update(link_failing_since="2026-11-24T20:30:00Z")
    deliver(ready)

    assert [message.to for message in mailoutbox] == [["a@alpha.example"], ["b@alpha.example"]]
    html = str(mailoutbox[0].alternatives[0].content)  # type: ignore[attr-defined]  # a named tuple since Django 5.2
    for part in (str(mailoutbox[0].body), html):
        for text in (reason, LIVE_URL, "http://alpha.localhost:8000/dashboard/settings", "2026", since):
            assert text in part
    assert mailoutbox[0].subject == subject


def test_owners_are_told_where_no_address_is_given(
    ready: TenantRef, owner: TenantClient, mailoutbox: list[EmailMultiAlternatives]
) -> None:
    with enter_tenant(ready):
        update_profile(tenant=ready, changes={"notification_emails": []})
    for _ in range(3):
        look_again(ready, GONE, minutes=10)
    deliver(ready)
    assert {message.to[0] for message in mailoutbox} == {"owner@alpha.example", owner.user.email}


def test_visitors_keep_the_link_and_the_contact(
    ready: TenantRef, visitor: TenantClient, lead: dict[str, Any], django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True), enter_tenant(ready):
        update_profile(tenant=ready, changes={"phone": "+17725550100"})
    with django_capture_on_commit_callbacks(execute=True):
        for _ in range(3):
            look_again(ready, GONE, minutes=10)
    assert read(ready).link_told_at is not None
    answer = visitor.post_json("/api/v1/handoffs", lead).json()
    assert answer["nextStep"] == "continue"
    assert answer["booking"]["url"].startswith(LIVE_URL)
    page = visitor.get(f"/handoff/{answer['id']}").content.decode()
    assert 'data-testid="handoff-cta"' in page
    assert 'data-testid="contact-cta"' in page
    assert visitor.post(f"/go/{answer['id']}")["Location"].startswith(LIVE_URL)
