"""The visitor's receipt: a signed cookie by which the hand-over page shows what was typed, to this browser only."""

from typing import NamedTuple
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

from shared_apps.tenants.scope import TenantRef
from tenant_apps.handoffs.models import BookingHandoff
from tenant_apps.handoffs.received import Received

_MAX_AGE = 24 * 3600
_NAME = "receipt"


class Receipt(NamedTuple):
    """What the hand-over page repeats to the visitor."""

    customerName: str  # noqa: N815 - the names of the API, as the template has them
    requestedService: str  # noqa: N815 - the same
    preferredDateTimeText: str  # noqa: N815 - the same
    contact: str


def _salt(tenant: TenantRef, handoff_id: UUID) -> str:
    return f"receipt:{tenant.schema_name}:{handoff_id}"


def _path(handoff_id: UUID) -> str:
    return f"/handoff/{handoff_id}"


def set_receipt(response: HttpResponse, *, tenant: TenantRef, handoff: Received | BookingHandoff) -> None:
    """Give the browser its receipt: for that handoff's page alone, a day long, out of reach of scripts."""
    receipt = Receipt(
        handoff.customer_name,
        handoff.requested_service,
        handoff.preferred_date_time_text,
        handoff.customer_phone or handoff.customer_email,
    )
    response.set_cookie(
        _NAME,
        signing.dumps(receipt._asdict(), salt=_salt(tenant, handoff.pk)),
        max_age=_MAX_AGE,
        path=_path(handoff.pk),
        secure=not settings.IS_DEVELOPMENT,
        httponly=True,
        samesite="Lax",
    )


def read_receipt(request: HttpRequest, *, tenant: TenantRef, handoff_id: UUID) -> Receipt | None:
    """Return the receipt this browser holds of that handoff; None when it holds none, or an altered one."""
    cookie = request.COOKIES.get(_NAME)
    if cookie is None:
        return None
    try:
        return Receipt(**signing.loads(cookie, salt=_salt(tenant, handoff_id), max_age=_MAX_AGE))
    except (signing.BadSignature, TypeError, ValueError):
        return None
