"""Booking links are looked at now and then: whose, when, and what counts as a failure."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from shared_apps.outbound import Answer, OutboundError
from shared_apps.tenants.due import scan_for_missed
from shared_apps.tenants.models import DueWork
from shared_apps.tenants.scope import TenantRef, enter_tenant, public_scope
from tenant_apps.booking import tasks
from tenant_apps.booking.models import BookingSettings
from tenant_apps.booking.services import check_links, links
from tenant_apps.booking.services.links import WITNESSES
from tests.clients import TenantClient
from tests.conftest import LIVE_URL, make_ready
from tests.integration.links.web import (
    EXPIRY,
    GONE,
    OK,
    SETTINGS,
    Given,
    Web,
    list_jobs,
    look_again,
    mark_of,
    pass_time,
    pause_of,
    read,
)


def test_saved_link_is_looked_at_once_and_again_in_an_hour(
    ready: TenantRef, beta: TenantRef, owner: TenantClient
) -> None:
    web = Web()
    assert [check_links(look=web.look) for _ in range(2)] == [1, 0]

    assert web.asked == [LIVE_URL]  # beta has no link, and was not visited
    assert mark_of(beta) is None
    kept = read(ready)
    pause = pause_of(kept)
    assert timedelta(minutes=54) <= pause <= timedelta(minutes=66)
    assert mark_of(ready) == kept.link_due_at
    health = owner.get(SETTINGS).json()["linkHealth"]
    assert health.pop("checkedAt") is not None
    assert health == {
        "result": "working",
        "reason": None,
        "statusClass": "2xx",
        "redirectsTo": None,
        "tlsExpiresAt": EXPIRY.isoformat().replace("+00:00", "Z"),
        "framingChangedAt": None,
        "failures": 0,
        "failingSince": None,
        "toldAt": None,
    }


def test_run_whose_time_is_up_looks_at_nobody(ready: TenantRef) -> None:
    web = Web()
    assert check_links(look=web.look, seconds=0) == 0
    assert (web.asked, read(ready).link_checked_at) == ([], None)
    assert check_links(look=web.look) == 1


def test_links_saved_together_drift_apart(ready: TenantRef, beta: TenantRef, owner: TenantClient) -> None:
    pauses = set()
    for _ in range(5):
        pass_time(ready)
        check_links(look=Web().look)
        pauses.add(pause_of(read(ready)))
    assert len(pauses) == 5


def test_link_kept_by_an_earlier_release_is_found_by_the_scan(ready: TenantRef, beta: TenantRef) -> None:
    with public_scope():
        DueWork.objects.all().delete()
    assert check_links(look=Web().look) == 0

    assert scan_for_missed([ready, beta], minute=0) == 1

    assert check_links(look=Web().look) == 1
    assert scan_for_missed([ready, beta], minute=0) == 0


def test_address_that_a_later_rule_refuses_is_not_looked_at_and_waits_like_others(ready: TenantRef) -> None:
    with enter_tenant(ready):
        BookingSettings.objects.update(external_booking_url="https://127.0.0.1/")
    web = Web()
    assert check_links(look=web.look) == 0
    kept = read(ready)
    assert (web.asked, kept.link_result, kept.link_reason) == ([], "unknown", "address")
    assert timedelta(minutes=54) <= pause_of(kept) <= timedelta(minutes=66)
    assert mark_of(ready) == kept.link_due_at


def test_saving_anything_but_the_link_does_not_look_sooner(ready: TenantRef, owner: TenantClient) -> None:
    check_links(look=Web().look)
    due = read(ready).link_due_at
    assert owner.put_json(SETTINGS, owner.get(SETTINGS).json() | {"externalBookingDisclaimer": "x"}).status_code == 200
    assert check_links(look=Web().look) == 0
    assert mark_of(ready) == due


@pytest.mark.parametrize("change", [{"booking_mode": "internal"}, {"external_booking_url": ""}])
def test_tenant_that_sends_nobody_away_is_off_the_list(change: dict[str, str], ready: TenantRef) -> None:
    with enter_tenant(ready):
        BookingSettings.objects.update(**change)
    web = Web()
    assert check_links(look=web.look) == 0
    assert (web.asked, mark_of(ready)) == ([], None)


def test_task_looks_by_the_guarded_client(ready: TenantRef, monkeypatch: pytest.MonkeyPatch) -> None:
    web = Web()

    class Client:
        def fetch_headers(self, url: str) -> Answer:
            return web.look(url)

    monkeypatch.setattr(tasks, "GuardedClient", Client)
    assert tasks.check_links.apply().get() == 1
    assert web.asked == [LIVE_URL]


def test_pages_are_looked_at_at_once(
    ready: TenantRef, beta: TenantRef, django_capture_on_commit_callbacks: Any
) -> None:
    """Each look waits for the other: one after the other, neither would end."""
    other = "https://beta.as.me/schedule.php"
    make_ready(beta, django_capture_on_commit_callbacks, url=other)
    both = threading.Barrier(2, timeout=10)

    def look(_address: str) -> Answer:
        both.wait()
        return OK

    assert check_links(look=look) == 2
    assert {read(tenant).link_result for tenant in (ready, beta)} == {"working"}


def test_look_that_breaks_stops_nobody(
    ready: TenantRef, beta: TenantRef, django_capture_on_commit_callbacks: Any
) -> None:
    make_ready(beta, django_capture_on_commit_callbacks, url="https://beta.as.me/schedule.php")

    def look(address: str) -> Answer:
        if address == LIVE_URL:
            raise RuntimeError("Jane Doe")
        return OK

    assert check_links(look=look) == 2
    assert (read(ready).link_result, read(ready).link_reason) == ("unknown", "error")
    assert pause_of(read(ready)) < timedelta(minutes=6)
    assert read(beta).link_result == "working"


def leads_to(location: str) -> Answer:
    return Answer(302, (("location", location),))


@pytest.mark.parametrize(
    ("given", "result", "reason", "status_class", "host"),
    [
        (Answer(204, ()), "working", "", 2, ""),
        (leads_to("/login"), "working", "", 3, ""),
        (leads_to("https://calendly.com/other"), "working", "", 3, ""),
        (leads_to("https://parked.example/?x=1"), "working", "redirects_away", 3, "parked.example"),
        (leads_to("//10.0.0.1/"), "working", "redirects_away", 3, "10.0.0.1"),
        (leads_to("https://" + "x" * 300 + ".example/"), "working", "", 3, ""),
        (leads_to("http://[bad"), "working", "", 3, ""),
        (Answer(304, ()), "working", "", 3, ""),
        (Answer(401, ()), "unknown", "refuses_programs", 4, ""),
        (Answer(403, ()), "unknown", "refuses_programs", 4, ""),
        (Answer(429, ()), "unknown", "refuses_programs", 4, ""),
        (Answer(404, ()), "failing", "not_found", 4, ""),
        (Answer(410, ()), "failing", "not_found", 4, ""),
        (Answer(500, ()), "failing", "server_error", 5, ""),
        (Answer(503, ()), "failing", "server_error", 5, ""),
        (OutboundError("tls"), "failing", "tls", None, ""),
        (OutboundError("timeout"), "failing", "timeout", None, ""),
        (OutboundError("unreachable"), "failing", "unreachable", None, ""),
        (OutboundError("host_not_public"), "failing", "host_not_public", None, ""),
        (OutboundError("bad_answer"), "failing", "bad_answer", None, ""),
    ],
)
def test_look_is_kept_as_a_visitor_would_see_it(
    given: Given, result: str, reason: str, status_class: int | None, host: str, ready: TenantRef
) -> None:
    web = Web({LIVE_URL: given})
    assert check_links(look=web.look) == 1

    kept = read(ready)
    assert (kept.link_result, kept.link_reason, kept.link_status_class) == (result, reason, status_class)
    assert kept.link_redirects_to == host
    assert kept.link_failures == (1 if result == "failing" else 0)
    assert (kept.link_failing_since is not None) is (result == "failing")
    assert [address for address in web.asked if address not in WITNESSES] == [LIVE_URL]  # no redirect was followed


def test_page_that_refuses_programs_neither_counts_nor_clears(ready: TenantRef) -> None:
    look_again(ready, GONE)
    kept = look_again(ready, Answer(403, ()), minutes=10)
    assert (kept.link_result, kept.link_failures, kept.link_failing_since is not None) == ("unknown", 1, True)
    assert timedelta(minutes=54) <= pause_of(kept) <= timedelta(minutes=66)


@pytest.mark.parametrize("code", ["unreachable", "timeout"])
def test_network_of_ours_that_is_away_is_nobodys_failure(code: str, ready: TenantRef) -> None:
    away = OutboundError(code)
    web = Web(dict.fromkeys([LIVE_URL, *WITNESSES], away))
    for _ in range(4):
        pass_time(ready, minutes=10)
        check_links(look=web.look)
    kept = read(ready)
    assert (kept.link_result, kept.link_reason, kept.link_failures) == ("unknown", "no_network", 0)
    assert pause_of(kept) < timedelta(minutes=6)
    assert list_jobs(ready) == []


def test_one_other_site_that_answers_makes_it_the_pages_failure(ready: TenantRef) -> None:
    web = Web(dict.fromkeys([LIVE_URL, *WITNESSES[1:]], OutboundError("unreachable")))
    assert check_links(look=web.look) == 1
    assert (read(ready).link_result, read(ready).link_failures) == ("failing", 1)


@pytest.mark.parametrize(
    "change", [{"external_booking_url": "https://calendly.com/alpha-studio/other"}, {"booking_mode": "internal"}]
)
def test_answer_for_a_link_that_changed_meanwhile_is_dropped(
    change: dict[str, str], ready: TenantRef, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep = links._keep

    def keep_too_late(*arguments: Any) -> None:
        BookingSettings.objects.update(**change)
        keep(*arguments)

    monkeypatch.setattr(links, "_keep", keep_too_late)
    assert check_links(look=Web({LIVE_URL: GONE}).look) == 1
    assert (read(ready).link_failures, read(ready).link_checked_at) == (0, None)


def test_new_link_starts_anew_and_the_same_one_keeps_what_was_seen(ready: TenantRef, owner: TenantClient) -> None:
    look_again(ready, GONE)
    given = owner.get(SETTINGS).json()
    assert given["linkHealth"]["failures"] == 1

    same = owner.put_json(SETTINGS, given | {"linkHealth": {"failures": 0}, "externalBookingDisclaimer": "x"})
    assert same.json()["linkHealth"] == given["linkHealth"]

    other = owner.put_json(SETTINGS, given | {"externalBookingUrl": "https://calendly.com/alpha-studio/other"})
    assert other.json()["linkHealth"] == {
        "result": "unknown", "reason": None, "statusClass": None, "redirectsTo": None, "tlsExpiresAt": None,
        "framingChangedAt": None, "checkedAt": None, "failures": 0, "failingSince": None, "toldAt": None,
    }  # fmt: skip
    web = Web()
    assert check_links(look=web.look) == 1
    assert web.asked == ["https://calendly.com/alpha-studio/other"]


def test_all_that_was_seen_of_a_page_goes_with_its_address(ready: TenantRef, owner: TenantClient) -> None:
    now = timezone.now()
    seen = {
        "frame_check": "refused", "frame_check_reason": "headers", "frame_checked_at": now, "frame_changed_at": now,
        "link_result": "failing", "link_reason": "not_found", "link_status_class": 4,
        "link_redirects_to": "parked.example", "link_tls_expires_at": now, "link_checked_at": now, "link_due_at": now,
        "link_failures": 3, "link_failing_since": now, "link_told_at": now,
    }  # fmt: skip
    names = {field.name for field in BookingSettings._meta.concrete_fields if field.name.startswith(("frame", "link"))}
    assert names - {"frame_check_requested_at"} == set(seen)
    with enter_tenant(ready):
        BookingSettings.objects.update(**seen)
    given = owner.get(SETTINGS).json()

    assert owner.put_json(SETTINGS, given | {"externalBookingDisclaimer": "x"}).status_code == 200
    assert {name: getattr(read(ready), name) for name in seen} == seen

    other = given | {"externalBookingUrl": "https://calendly.com/alpha-studio/other"}
    assert owner.put_json(SETTINGS, other).status_code == 200
    fresh = BookingSettings()
    assert {name: getattr(read(ready), name) for name in seen} == {name: getattr(fresh, name) for name in seen}
