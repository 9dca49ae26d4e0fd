"""The frame check: when it is due, what it keeps, and what a click then does."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from shared_apps.outbound import Answer, OutboundError
from shared_apps.tenants.models import Tenant
from shared_apps.tenants.scope import TenantRef, enter_tenant, public_scope
from shared_apps.tenants.selectors import list_changed_tenants
from tenant_apps.booking import tasks
from tenant_apps.booking.enums import FrameCheck
from tenant_apps.booking.models import BookingSettings
from tenant_apps.booking.selectors import is_frame_check_due
from tenant_apps.booking.services import request_frame_check, run_frame_check
from tests.clients import TenantClient
from tests.conftest import make_ready

SETTINGS = "/api/v1/settings/booking"
ACUITY = "https://alphastudio.as.me/schedule.php"
ASK_AGAIN = f"{SETTINGS}/frame-check"
OURS = "http://alpha.localhost"
OK = Answer(200, ())


def check(tenant: TenantRef, look: Callable[[str], Answer]) -> FrameCheck | None:
    with enter_tenant(tenant):
        return run_frame_check(tenant=tenant, our_host="alpha.localhost", our_origin=OURS, look=look)


def answers(*given: Answer) -> Callable[[str], Answer]:
    """The other side: one answer after the other."""
    left = list(given)
    return lambda _address: left.pop(0)


def leads_to(location: str, status: int = 302) -> Answer:
    return Answer(status, (("location", location),))


@pytest.fixture
def framed(alpha: TenantRef, django_capture_on_commit_callbacks: Any) -> TenantRef:
    """Alpha with an Acuity link, to be shown in a frame."""
    make_ready(alpha, django_capture_on_commit_callbacks, url=ACUITY)
    with django_capture_on_commit_callbacks(execute=True), enter_tenant(alpha):
        BookingSettings.objects.update(external_booking_embed_mode="iframe")
    return alpha


@pytest.mark.parametrize(
    ("given", "result", "reason"),
    [
        pytest.param([OK], "allowed", None, id="no header"),
        pytest.param([Answer(200, (("x-frame-options", "DENY"),))], "refused", "headers", id="refused by header"),
        pytest.param([leads_to("/login"), OK], "allowed", None, id="redirect on its own origin"),
        pytest.param(
            [leads_to("/de"), Answer(200, (("x-frame-options", "DENY"),))], "refused", "headers", id="at last"
        ),
        pytest.param([leads_to("https://evil.example/")], "refused", "redirects_away", id="to another site"),
        pytest.param([leads_to("http://alphastudio.as.me/")], "refused", "redirects_away", id="to plain http"),
        pytest.param([leads_to("//10.0.0.1/")], "refused", "redirects_away", id="to a private address"),
        *(
            pytest.param([leads_to("https://evil.example/", status)], "refused", "redirects_away", id=str(status))
            for status in (301, 303, 307, 308)
        ),
        pytest.param([*[leads_to("/again")] * 4, OK], "allowed", None, id="after four redirects"),
        pytest.param([leads_to("/again")] * 5, "unknown", "redirects", id="in circles"),
        pytest.param([leads_to("")], "unknown", "error_page", id="to nowhere"),
        pytest.param([Answer(404, (("x-frame-options", "DENY"),))], "unknown", "error_page", id="error page"),
        pytest.param([Answer(503, ())], "unknown", "error_page", id="away"),
    ],
)
def test_answer_is_kept_with_its_time(
    given: list[Answer], result: str, reason: str | None, framed: TenantRef, owner: TenantClient
) -> None:
    before = timezone.now()
    assert check(framed, answers(*given)) == result
    kept = owner.get(SETTINGS).json()["frameCheck"]
    assert (kept["result"], kept["reason"]) == (result, reason)
    assert kept["checkedAt"][:13] == before.isoformat()[:13]


def test_what_cannot_be_reached_is_unknown_with_its_reason(framed: TenantRef, owner: TenantClient) -> None:
    def look(_address: str) -> Answer:
        raise OutboundError("host_not_public")

    assert check(framed, look) == FrameCheck.UNKNOWN
    assert owner.get(SETTINGS).json()["frameCheck"]["reason"] == "host_not_public"


def test_refused_frame_makes_the_click_redirect(
    framed: TenantRef, visitor: TenantClient, lead: dict[str, Any], django_capture_on_commit_callbacks: Any
) -> None:
    page = visitor.post_json("/api/v1/handoffs", lead).json()["id"]
    assert b"data-stage" in visitor.get(f"/handoff/{page}").content
    with django_capture_on_commit_callbacks(execute=True):
        check(framed, answers(Answer(200, (("content-security-policy", "frame-ancestors 'self'"),))))
    response = visitor.get(f"/handoff/{page}")
    assert b"data-stage" not in response.content
    assert "frame-src https" not in response["Content-Security-Policy"]


def test_policy_names_that_provider_only(framed: TenantRef, visitor: TenantClient, lead: dict[str, Any]) -> None:
    page = visitor.post_json("/api/v1/handoffs", lead).json()["id"]
    policy = visitor.get(f"/handoff/{page}")["Content-Security-Policy"]
    assert "frame-src https://alphastudio.as.me;" in f"{policy};"
    assert "object-src https://alphastudio.as.me;" in f"{policy};"


def test_due_once_for_each_address(framed: TenantRef, owner: TenantClient) -> None:
    with enter_tenant(framed):
        assert is_frame_check_due()
    check(framed, answers(OK))
    with enter_tenant(framed):
        assert not is_frame_check_due()
    saved = owner.get(SETTINGS).json()
    owner.put_json(SETTINGS, saved | {"externalBookingDisclaimer": "Be early."})
    assert owner.get(SETTINGS).json()["frameCheck"]["result"] == "allowed"  # the same address keeps its answer
    owner.put_json(SETTINGS, saved | {"externalBookingUrl": "https://other.as.me/schedule.php"})
    assert owner.get(SETTINGS).json()["frameCheck"] == {"result": "unknown", "checkedAt": None, "reason": None}
    with enter_tenant(framed):
        assert is_frame_check_due()


def test_not_due_without_an_address_or_in_internal_mode(alpha: TenantRef, framed: TenantRef) -> None:
    with enter_tenant(framed):
        BookingSettings.objects.update(booking_mode="internal")
        assert not is_frame_check_due()
        BookingSettings.objects.update(booking_mode="external", external_booking_url="")
        assert not is_frame_check_due()


def test_failed_attempt_is_due_again_after_five_minutes(framed: TenantRef) -> None:
    check(framed, answers(Answer(503, ())))
    with enter_tenant(framed):
        assert not is_frame_check_due()
        BookingSettings.objects.update(frame_checked_at=timezone.now() - timedelta(minutes=6))
        assert is_frame_check_due()
        BookingSettings.objects.update(frame_check_reason="headers", frame_check="refused")
        assert not is_frame_check_due()


def test_owner_has_the_page_asked_again_once_in_a_while(
    framed: TenantRef, owner: TenantClient, django_capture_on_commit_callbacks: Any
) -> None:
    check(framed, answers(OK))
    before = owner.get(SETTINGS).json()["frameCheck"]
    with enter_tenant(framed):
        assert not is_frame_check_due()
    with public_scope():
        Tenant.objects.update(changed_at=timezone.now() - timedelta(hours=1))
    with django_capture_on_commit_callbacks() as first:
        assert owner.post_json(ASK_AGAIN, {}).status_code == 202
    with django_capture_on_commit_callbacks() as second:
        assert owner.post_json(ASK_AGAIN, {}).status_code == 202

    assert (len(first), len(second)) == (1, 0)  # the second one is the first one
    assert owner.get(SETTINGS).json()["frameCheck"] == before  # it moves when the page was asked
    assert [tenant.id for tenant in list_changed_tenants(seconds=30)] == [framed.id]
    with enter_tenant(framed):
        assert is_frame_check_due()
        BookingSettings.objects.update(frame_check_requested_at=timezone.now() - timedelta(seconds=11))
        assert request_frame_check(tenant=framed)
        BookingSettings.objects.update(frame_checked_at=timezone.now() + timedelta(seconds=1))
        assert not is_frame_check_due()


def test_nothing_to_ask_again_is_told(alpha: TenantRef, owner: TenantClient) -> None:
    response = owner.post_json(ASK_AGAIN, {})
    assert (response.status_code, response.json()["type"].rpartition(":")[2]) == (409, "no_booking_link")
    with enter_tenant(alpha):
        assert BookingSettings.objects.get().frame_check_requested_at is None


def test_answer_for_an_address_that_changed_meanwhile_is_dropped(framed: TenantRef) -> None:
    def look(_address: str) -> Answer:
        BookingSettings.objects.update(external_booking_url="https://other.as.me/")
        return OK

    assert check(framed, look) is None
    with enter_tenant(framed):
        assert BookingSettings.objects.get().frame_checked_at is None


def test_redirect_is_followed_to_where_it_leads(framed: TenantRef) -> None:
    asked: list[str] = []

    def look(address: str) -> Answer:
        asked.append(address)
        return leads_to("/caf\u00e9/?x=1#top") if len(asked) == 1 else OK

    assert check(framed, look) == "allowed"
    assert asked[1:] == ["https://alphastudio.as.me/caf%C3%A9/?x=1"]


def test_change_of_mind_alone_is_dated(framed: TenantRef) -> None:
    deny = Answer(200, (("x-frame-options", "DENY"),))

    def changed_at_after(answer: Answer) -> Any:
        check(framed, answers(answer))
        with enter_tenant(framed):
            return BookingSettings.objects.get().frame_changed_at

    assert [changed_at_after(answer) for answer in (OK, OK, Answer(503, ()), deny)] == [None] * 4
    assert changed_at_after(OK) is not None


def test_nothing_to_ask_asks_nobody(alpha: TenantRef) -> None:
    def look(_address: str) -> Answer:
        raise AssertionError("asked")

    assert check(alpha, look) is None


def test_task_asks_by_the_guarded_client_and_once(framed: TenantRef, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    class Client:
        def fetch_headers(self, url: str) -> Answer:
            asked.append(url)
            return OK

    monkeypatch.setattr(tasks, "GuardedClient", Client)
    assert [tasks.check_frame.apply((framed.schema_name,)).get() for _ in range(2)] == ["allowed", None]
    assert len(asked) == 1
    assert asked[0].startswith(ACUITY)


def test_dispatch_finds_the_tenants_that_changed(
    framed: TenantRef, beta: TenantRef, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[tuple[str, ...]] = []
    monkeypatch.setattr(tasks.check_frame, "apply_async", lambda args, **_options: sent.append(args))
    assert tasks.dispatch_frame_checks.apply((30,)).get() == 1
    assert sent == [(framed.schema_name,)]


def test_missing_tenant_is_nothing_to_do(alpha: TenantRef) -> None:
    assert tasks.check_frame.apply(("t_doesnotexist00",)).get() is None
