"""The other side of a booking link, played, and what a test does with time and jobs around a look at it."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.db.models import F
from django.utils import timezone

from shared_apps.outbound import Answer, OutboundError
from shared_apps.outbox.models import Job
from shared_apps.tenants.models import DueWork
from shared_apps.tenants.scope import TenantRef, enter_tenant, public_scope
from tenant_apps.booking.models import BookingSettings
from tenant_apps.booking.services import check_links
from tests.conftest import LIVE_URL

SETTINGS = "/api/v1/settings/booking"
EXPIRY = timezone.now().replace(microsecond=0) + timedelta(days=30)
OK = Answer(200, (), EXPIRY)
GONE = Answer(404, (), EXPIRY)
Given = Answer | OutboundError


class Web:
    """The other side: what each address answers, and which were asked."""

    def __init__(self, pages: Mapping[str, Given] | None = None) -> None:
        self.pages = dict(pages or {})
        self.asked: list[str] = []

    def look(self, address: str) -> Answer:
        self.asked.append(address)
        given = self.pages.get(address, OK)
        if isinstance(given, OutboundError):
            raise given
        return given


def pass_time(tenant: TenantRef, **time: float) -> None:
    """Let time pass for a tenant's link, and make it due."""
    ago = timedelta(**time)
    with enter_tenant(tenant):
        BookingSettings.objects.update(link_due_at=None, link_failing_since=F("link_failing_since") - ago)
    with public_scope():
        DueWork.objects.filter(tenant_id=tenant.id, kind="link").update(
            due_at=timezone.now() - timedelta(minutes=1), lease_until=None
        )


def look_again(tenant: TenantRef, given: Given, **time: float) -> BookingSettings:
    """Let time pass, look once, and return what is kept."""
    pass_time(tenant, **time)
    assert check_links(look=Web({LIVE_URL: given}).look) == 1
    return read(tenant)


def read(tenant: TenantRef) -> BookingSettings:
    with enter_tenant(tenant):
        return BookingSettings.objects.get()


def pause_of(kept: BookingSettings) -> timedelta:
    """From the last look to the next."""
    assert kept.link_due_at is not None
    assert kept.link_checked_at is not None
    return kept.link_due_at - kept.link_checked_at


def mark_of(tenant: TenantRef) -> Any:
    with public_scope():
        return DueWork.objects.filter(tenant_id=tenant.id, kind="link").values_list("due_at", flat=True).first()


def list_jobs(tenant: TenantRef) -> list[str]:
    with enter_tenant(tenant):
        return list(Job.objects.values_list("kind", flat=True))
