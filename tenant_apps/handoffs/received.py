"""A handoff as it was received: what its row will be, before there is one."""

from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from tenant_apps.handoffs.enums import HandoffStatus


class Received(NamedTuple):
    """What a capture brings, under the names of BookingHandoff's columns; every other column is as for all new ones."""

    id: UUID
    created_at: datetime
    customer_name: str
    customer_email: str
    customer_phone: str
    requested_service: str
    preferred_date_time_text: str
    notes: str
    source_page: str
    industry_slug: str
    external_booking_url_used: str
    metadata: dict[str, Any]
    fingerprint: bytes | None

    @property
    def pk(self) -> UUID:
        return self.id

    @property
    def status(self) -> HandoffStatus:
        return HandoffStatus.NEW
