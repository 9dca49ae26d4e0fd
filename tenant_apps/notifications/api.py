"""Operations on notification settings."""

from django.http import HttpResponse
from django.utils import timezone
from ninja import Router

from shared_apps.accounts.security import any_reader, settings_writer
from shared_apps.tenants.http import TenantRequest
from shared_apps.versions import read_if_match, set_etag
from tenant_apps.notifications.schemas import NotificationsIn, NotificationsOut
from tenant_apps.notifications.selectors import get_notification_settings
from tenant_apps.notifications.services import update_notification_settings

router = Router(by_alias=True)


@router.get("/settings/notifications", response=NotificationsOut, auth=any_reader, tags=["settings"])
def get_notifications(request: TenantRequest, response: HttpResponse) -> NotificationsOut:
    """How the business hears of new handoffs; the ETag goes back as If-Match."""
    settings = get_notification_settings()
    set_etag(response, version=settings.version)
    return NotificationsOut.from_settings(settings)


@router.put("/settings/notifications", response=NotificationsOut, auth=settings_writer, tags=["settings"])
def put_notifications(request: TenantRequest, response: HttpResponse, body: NotificationsIn) -> NotificationsOut:
    """Save both choices. With If-Match only if nobody saved since, else 412."""
    saved = update_notification_settings(
        new_handoff=body.new_handoff,
        daily_summary=body.daily_summary,
        expected_version=read_if_match(request),
        now=timezone.now(),
    )
    set_etag(response, version=saved.version)
    return NotificationsOut.from_settings(saved)
