"""Operations on booking settings."""

import re

from django.http import HttpResponse
from ninja import Router

from shared_apps.accounts.security import any_member, owner_only
from shared_apps.errors import FieldProblem, InvalidFieldsError
from shared_apps.tenants.http import TenantRequest
from tenant_apps.booking.schemas import PublicBookingOut, SettingsIn, SettingsOut
from tenant_apps.booking.selectors import get_settings, get_snapshot
from tenant_apps.booking.services import update_settings

router = Router(by_alias=True)

_ETAG = re.compile(r'(?:W/)?"(\d{1,10})"')


@router.get("/booking", response=PublicBookingOut, tags=["visitor"])
def get_booking(request: TenantRequest) -> PublicBookingOut:
    """What a visitor may know: services, contact, and where booking happens."""
    return PublicBookingOut.from_snapshot(get_snapshot(tenant=request.tenant))


@router.get("/settings/booking", response=SettingsOut, auth=any_member, tags=["settings"])
def get_booking_settings(request: TenantRequest, response: HttpResponse) -> SettingsOut:
    """The booking settings; the ETag goes back as If-Match."""
    settings = get_settings()
    response["ETag"] = f'"{settings.version}"'
    return SettingsOut.from_settings(settings)


@router.put("/settings/booking", response=SettingsOut, auth=owner_only, tags=["settings"])
def put_booking_settings(request: TenantRequest, response: HttpResponse, settings: SettingsIn) -> SettingsOut:
    """Save all booking settings. With If-Match only if nobody saved since, else 412."""
    saved = update_settings(
        tenant=request.tenant,
        given=settings.to_input(),
        expected_version=_read_if_match(request.headers.get("If-Match")),
    )
    response["ETag"] = f'"{saved.version}"'
    return SettingsOut.from_settings(saved)


def _read_if_match(header: str | None) -> int | None:
    """Return the version a client insists on; None when any will do (RFC 9110 section 13.1.1)."""
    if header is None or header.strip() == "*":
        return None
    match = _ETAG.fullmatch(header.strip())
    if match is None:
        raise InvalidFieldsError([FieldProblem("If-Match", "Send the ETag that GET gave, in quotes.", "if_match")])
    return int(match[1])
