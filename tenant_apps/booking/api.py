"""Operations on booking settings."""

from django.http import HttpResponse
from ninja import Router, Status

from shared_apps.accounts.security import any_look, any_reader, settings_writer
from shared_apps.tenants.http import TenantRequest
from shared_apps.versions import read_if_match, set_etag
from tenant_apps.booking.schemas import PreviewOut, PublicBookingOut, SettingsIn, SettingsOut
from tenant_apps.booking.selectors import get_settings, get_snapshot
from tenant_apps.booking.services import preview_settings, request_frame_check, update_settings

router = Router(by_alias=True)


@router.get("/booking", response=PublicBookingOut, tags=["visitor"])
def get_booking(request: TenantRequest) -> PublicBookingOut:
    """What a visitor may know: services, contact, and where booking happens."""
    return PublicBookingOut.from_snapshot(get_snapshot(tenant=request.tenant))


@router.get("/settings/booking", response=SettingsOut, auth=any_reader, tags=["settings"])
def get_booking_settings(request: TenantRequest, response: HttpResponse) -> SettingsOut:
    """The booking settings; the ETag goes back as If-Match."""
    settings = get_settings()
    set_etag(response, version=settings.version)
    return SettingsOut.from_settings(settings)


@router.put("/settings/booking", response=SettingsOut, auth=settings_writer, tags=["settings"])
def put_booking_settings(request: TenantRequest, response: HttpResponse, settings: SettingsIn) -> SettingsOut:
    """Save all booking settings. With If-Match only if nobody saved since, else 412."""
    saved = update_settings(tenant=request.tenant, given=settings.to_input(), expected_version=read_if_match(request))
    set_etag(response, version=saved.version)
    return SettingsOut.from_settings(saved)


@router.post("/settings/booking/preview", response=PreviewOut, auth=any_look, tags=["settings"])
def preview_booking_settings(request: TenantRequest, settings: SettingsIn) -> PreviewOut:
    """What saving these settings would mean: what is wrong, what to know, where a visitor would go. Stores nothing."""
    return PreviewOut.from_preview(preview_settings(given=settings.to_input()))


@router.post("/settings/booking/frame-check", response={202: None}, auth=settings_writer, tags=["settings"])
def post_frame_check(request: TenantRequest) -> Status[None]:
    """Have the saved booking page asked again whether it may be framed; `frameCheck.checkedAt` moves when it was."""
    request_frame_check(tenant=request.tenant)
    return Status(202, None)
