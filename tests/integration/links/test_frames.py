"""A page that is shown in a frame: whether it still lets itself be framed."""

import time
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from shared_apps.outbound import Answer, OutboundError
from shared_apps.tenants.scope import TenantRef, enter_tenant
from tenant_apps.booking.models import BookingSettings
from tenant_apps.booking.services import check_links, links
from tests.clients import TenantClient
from tests.conftest import LIVE_URL
from tests.integration.links.web import (
    OK,
    SETTINGS,
    Web,
    pass_time,
    read,
)


@pytest.fixture
def framed(ready: TenantRef) -> TenantRef:
    """Alpha in a frame, which its page allowed a day ago."""
    with enter_tenant(ready):
        BookingSettings.objects.update(
            external_booking_embed_mode="iframe",
            frame_check="allowed",
            frame_checked_at=timezone.now() - timedelta(days=1),
        )
    return ready


def test_page_that_no_longer_lets_itself_be_framed_is_noticed(
    framed: TenantRef, owner: TenantClient, make_refusal: Callable[[], Web]
) -> None:
    assert check_links(look=make_refusal().look) == 1
    kept = read(framed)
    assert (kept.frame_check, kept.frame_check_reason, kept.frame_changed_at is not None) == (
        "refused",
        "headers",
        True,
    )
    assert owner.get(SETTINGS).json()["linkHealth"]["framingChangedAt"] is not None
    pass_time(framed)
    web = make_refusal()
    check_links(look=web.look)
    assert web.asked == [LIVE_URL]  # half a day has not passed


def test_page_that_opens_on_its_own_is_not_asked_about_frames(framed: TenantRef) -> None:
    with enter_tenant(framed):
        BookingSettings.objects.update(external_booking_embed_mode="redirect")
    web = Web()
    assert check_links(look=web.look) == 1
    assert web.asked == [LIVE_URL]


def test_slow_page_is_not_asked_about_frames_when_its_time_is_up(
    framed: TenantRef, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(links, "TENANT_SECONDS", 0.05)

    class Slow(Web):
        def look(self, address: str) -> Answer:
            time.sleep(0.06)
            return super().look(address)

    web = Slow()
    assert check_links(look=web.look) == 1
    assert web.asked == [LIVE_URL]
    assert (read(framed).link_result, read(framed).frame_check) == ("working", "allowed")


def test_provider_that_never_lets_itself_be_framed_is_not_asked(framed: TenantRef) -> None:
    address = "https://www.fresha.com/a/alpha/booking"
    with enter_tenant(framed):
        BookingSettings.objects.update(external_booking_url=address)
    web = Web()
    assert check_links(look=web.look) == 1
    assert web.asked == [address]


@pytest.fixture
def make_refusal() -> Callable[[], Web]:
    """The page answers, and refuses every frame."""

    class Refusing(Web):
        def look(self, address: str) -> Answer:
            super().look(address)
            return Answer(200, (("x-frame-options", "DENY"),))

    return Refusing


def test_frame_that_cannot_be_seen_keeps_what_is_known(framed: TenantRef) -> None:
    class Half(Web):
        def look(self, address: str) -> Answer:
            super().look(address)
            if address == LIVE_URL:
                return OK
            raise OutboundError("timeout")

    check_links(look=Half().look)
    assert (read(framed).frame_check, read(framed).frame_changed_at) == ("allowed", None)
