"""What is mailed to the business, when, and to whom. Never anything to a visitor.

Every mail is a job of its own with one recipient, so that an address that is refused keeps nobody else waiting. What it
tells is read when it is sent: of a handoff that was erased meanwhile nothing is told.
"""

from datetime import date, datetime, timedelta
from typing import Any, Final

from django.conf import settings as django_settings
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone

from shared_apps.errors import DomainError
from shared_apps.mail import send_mail, unlink_text
from shared_apps.outbox.hooks import Payload
from shared_apps.outbox.services import enqueue
from shared_apps.tenants.scope import TenantRef
from shared_apps.tenants.selectors import tenant_url
from shared_apps.versions import StaleSettingsError
from tenant_apps.business.models import BusinessProfile
from tenant_apps.business.selectors import format_phone, get_profile
from tenant_apps.handoffs.models import BookingHandoff
from tenant_apps.handoffs.services import FLAGS_KEY
from tenant_apps.notifications.enums import NewHandoffMail
from tenant_apps.notifications.models import NotificationSettings
from tenant_apps.notifications.selectors import (
    count_day,
    find_recipient,
    find_subscriber,
    get_notification_settings,
    list_recipients,
    list_tellable,
    make_unsubscribe_url,
    name_mail,
    name_recipient,
    next_full_hour,
    next_summary,
)

MAX_DIGEST: Final = 50

SEND_NEW_HANDOFF: Final = "notifications.send_new_handoff"
COLLECT_DIGEST: Final = "notifications.collect_digest"
SEND_DIGEST: Final = "notifications.send_digest"
PLAN_SUMMARY: Final = "notifications.plan_summary"
SEND_SUMMARY: Final = "notifications.send_summary"


class UnknownSubscriberError(DomainError):
    """The link names nobody who could get mail from this business."""

    code = "unknown_subscriber"


def update_notification_settings(
    *, new_handoff: str, daily_summary: bool, expected_version: int | None = None, now: datetime
) -> NotificationSettings:
    """Save the owner's choices. With `expected_version` only if nobody saved since, else StaleSettingsError."""
    with transaction.atomic():
        NotificationSettings.objects.bulk_create([NotificationSettings()], ignore_conflicts=True)
        rows = NotificationSettings.objects.filter(pk=1)
        if expected_version is not None:
            rows = rows.filter(version=expected_version)
        if not rows.update(
            new_handoff=new_handoff, daily_summary=daily_summary, version=F("version") + 1, updated_at=Now()
        ):
            raise StaleSettingsError
        if daily_summary:
            _plan_next_summary(get_profile(), now=now)
        return get_notification_settings()


def set_subscription(*, tenant: TenantRef, token: str, is_wanted: bool) -> str:
    """Leave an address alone from now on, or no longer, by its link; returns it. A repeat changes nothing.

    Raises UnknownSubscriberError.
    """
    with transaction.atomic():
        NotificationSettings.objects.bulk_create([NotificationSettings()], ignore_conflicts=True)
        settings = NotificationSettings.objects.select_for_update().get(pk=1)
        address = find_subscriber(tenant, token, settings=settings)
        if address is None:
            raise UnknownSubscriberError
        others = [each for each in settings.unsubscribed if each != address]
        NotificationSettings.objects.filter(pk=1).update(unsubscribed=others if is_wanted else [*others, address])
    return address


# ---- new handoffs -----------------------------------------------------------------------------------------------


def tell_new_handoff(tenant: TenantRef, payload: Payload) -> None:
    """Have everybody told of a captured handoff: each by a mail now, or by the next hourly one."""
    settings, handoff_id = get_notification_settings(), str(payload["handoff"])
    if settings.new_handoff == NewHandoffMail.OFF or _find_tellable(handoff_id) is None:
        return
    if settings.new_handoff == NewHandoffMail.HOURLY:
        _add_to_digest(handoff_id, now=timezone.now())
        return
    for address in list_recipients(settings, profile=get_profile()):
        to = name_recipient(tenant, address)
        enqueue(kind=SEND_NEW_HANDOFF, payload={"handoff": handoff_id, "to": to}, key=f"{handoff_id}:{to}")


def send_new_handoff(tenant: TenantRef, payload: Payload) -> None:
    """Mail one handoff to one recipient; the business answers the visitor by answering the mail."""
    settings = get_notification_settings()
    handoff = _find_tellable(str(payload["handoff"]))
    address = find_recipient(tenant, str(payload["to"]), settings=settings)
    if handoff is None or address is None or settings.new_handoff == NewHandoffMail.OFF:
        return
    profile = get_profile()
    context = {"handoff": _describe(handoff, tenant=tenant, profile=profile)}
    reply_to = [handoff.customer_email] if handoff.customer_email else []
    _send(tenant, address, "new_handoff", context, profile=profile, payload=payload, reply_to=reply_to)


def _find_tellable(handoff_id: str) -> BookingHandoff | None:
    """Return the handoff, unless it is gone, erased, or flagged as spam: of those nobody is told."""
    found = list_tellable([handoff_id])
    return found[0] if found and not found[0].metadata.get(FLAGS_KEY) else None


def _describe(handoff: BookingHandoff, *, tenant: TenantRef, profile: BusinessProfile) -> dict[str, Any]:
    """What a mail says of a handoff. A visitor's own words are no links; the address and number checked by us are."""
    return {
        "name": unlink_text(handoff.customer_name),
        "service": unlink_text(handoff.requested_service),
        "wish": unlink_text(handoff.preferred_date_time_text),
        "notes": unlink_text(handoff.notes),
        "email": handoff.customer_email,
        "phone": handoff.customer_phone,
        "phone_display": format_phone(handoff.customer_phone, region=profile.region),
        "received": handoff.created_at,
        "url": tenant_url(tenant, f"/dashboard/handoffs/{handoff.pk}"),
    }


# ---- the hourly mail --------------------------------------------------------------------------------------------


def _add_to_digest(handoff_id: str, *, now: datetime) -> None:
    with transaction.atomic():
        settings = NotificationSettings.objects.select_for_update().get(pk=1)
        if handoff_id not in settings.digest:
            if len(settings.digest) < MAX_DIGEST:
                settings.digest.append(handoff_id)
            else:
                settings.digest_more += 1
            settings.save(update_fields=["digest", "digest_more"])
        due = next_full_hour(now)
        enqueue(kind=COLLECT_DIGEST, payload={}, key=f"{due:%Y-%m-%dT%H}", not_before=due)


def collect_digest(tenant: TenantRef, payload: Payload) -> None:
    """Take what came in since the last hourly mail, and have everybody told of it."""
    with transaction.atomic():
        settings = NotificationSettings.objects.select_for_update().get(pk=1)
        told: dict[str, str | int] = {"handoffs": ",".join(settings.digest), "more": settings.digest_more}
        if settings.digest and settings.new_handoff != NewHandoffMail.OFF:
            for address in list_recipients(settings, profile=get_profile()):
                enqueue(kind=SEND_DIGEST, payload={**told, "to": name_recipient(tenant, address)})
        NotificationSettings.objects.filter(pk=1).update(digest=[], digest_more=0)


def send_digest(tenant: TenantRef, payload: Payload) -> None:
    """Mail the handoffs of an hour to one recipient."""
    settings = get_notification_settings()
    address = find_recipient(tenant, str(payload["to"]), settings=settings)
    handoffs = list_tellable(str(payload["handoffs"]).split(","))
    if address is None or not handoffs or settings.new_handoff == NewHandoffMail.OFF:
        return
    profile, more = get_profile(), int(payload["more"])
    context = {
        "handoffs": [_describe(handoff, tenant=tenant, profile=profile) for handoff in handoffs],
        "count": len(handoffs) + more,
        "more": more,
        "url": tenant_url(tenant, "/dashboard"),
    }
    _send(tenant, address, "digest", context, profile=profile, payload=payload)


# ---- the daily summary ------------------------------------------------------------------------------------------


def _plan_next_summary(profile: BusinessProfile, *, now: datetime) -> None:
    """Have the next morning's summary planned, once, however often this is asked."""
    due = next_summary(now, time_zone=profile.time_zone)
    day = (due - timedelta(days=1)).date()
    enqueue(kind=PLAN_SUMMARY, payload={"day": day.isoformat()}, key=day.isoformat(), not_before=due)


def plan_summary(tenant: TenantRef, payload: Payload) -> None:
    """Have everybody told of the day before, and the next morning planned: a chain as long as the owner wants it."""
    settings, profile = get_notification_settings(), get_profile()
    if not settings.daily_summary:
        return
    with transaction.atomic():
        _plan_next_summary(profile, now=timezone.now())
        for address in list_recipients(settings, profile=profile):
            to = name_recipient(tenant, address)
            enqueue(kind=SEND_SUMMARY, payload={"day": payload["day"], "to": to}, key=f"{payload['day']}:{to}")


def send_summary(tenant: TenantRef, payload: Payload) -> None:
    """Mail a day's counts to one recipient; nothing when nobody asked that day."""
    settings, profile = get_notification_settings(), get_profile()
    address = find_recipient(tenant, str(payload["to"]), settings=settings)
    day = date.fromisoformat(str(payload["day"]))
    counts = count_day(day, time_zone=profile.time_zone)
    if address is None or not settings.daily_summary or not counts.captured:
        return
    context = {"day": day, "counts": counts, "url": tenant_url(tenant, f"/dashboard?from={day}&to={day}")}
    _send(tenant, address, "summary", context, profile=profile, payload=payload)


def _send(
    tenant: TenantRef,
    address: str,
    template: str,
    context: dict[str, Any],
    *,
    profile: BusinessProfile,
    payload: Payload,
    reply_to: list[str] | None = None,
) -> None:
    """Mail with a link to leave, in a header too, for the mail programs that show a button for it (RFC 8058).

    A job that is done twice gives the same Message-ID, by which mail programs know a copy.
    """
    unsubscribe = make_unsubscribe_url(tenant, address)
    with timezone.override(profile.time_zone):
        send_mail(
            to=[address],
            template=template,
            context={**context, "unsubscribe_url": unsubscribe},
            tenant=tenant,
            language=profile.language,
            reply_to=reply_to or [],
            headers={
                "Message-ID": f"<{name_mail(tenant, template, payload)}@{django_settings.SAAS_DOMAIN}>",
                "List-Unsubscribe": f"<{unsubscribe}>",
                "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            },
        )
