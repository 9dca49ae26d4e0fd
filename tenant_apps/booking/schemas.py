"""The JSON of booking settings, as the contract names it."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from django.conf import settings as django_settings

from shared_apps.errors import FieldProblem, translate
from shared_apps.schemas import In, Out, ReadBack, Text
from tenant_apps.booking.enums import FrameCheck, LinkResult
from tenant_apps.booking.models import BookingSettings
from tenant_apps.booking.providers import recognise_provider
from tenant_apps.booking.selectors import TenantSnapshot, get_notice
from tenant_apps.booking.services import SettingsInput, SettingsPreview
from tenant_apps.booking.validators import InvalidBookingUrlError, parse_booking_url


class PublicContactOut(Out):
    """How to reach the business itself."""

    phone: str | None
    email: str | None


class PublicBookingOut(Out):
    """What a visitor may know before sending anything."""

    booking_mode: str
    ready: bool
    provider_name: str | None
    embed_mode: str
    disclaimer: str | None
    services: list[str]
    contact: PublicContactOut
    message: str

    @classmethod
    def from_snapshot(cls, snapshot: TenantSnapshot) -> "PublicBookingOut":
        booking, business = snapshot.booking, snapshot.business
        return cls(
            booking_mode=booking.mode,
            ready=booking.ready,
            provider_name=booking.provider_name or None,
            embed_mode=booking.embed_mode,
            disclaimer=booking.disclaimer or None,
            services=list(business.services),
            contact=PublicContactOut(phone=business.phone or None, email=business.email or None),
            message=get_notice(snapshot),
        )


class ProviderOut(Out):
    """What is known of the provider the URL belongs to; `generic` when nothing is."""

    id: str
    label: str
    framing: str
    carrier: str | None
    prefill: list[str]


class FrameCheckOut(Out):
    """What the provider's page said about frames; `unknown` until somebody has looked, or where it could not be seen.

    `reason` says why not allowed: headers, redirects_away, redirects, error_page, unreachable, timeout, tls,
    host_not_public …
    """

    result: FrameCheck
    checked_at: datetime | None
    reason: str | None


class LinkHealthOut(Out):
    """What came of the last look at the booking page, which a worker takes about once an hour.

    `reason` says why it fails (not_found, server_error, unreachable, timeout, tls, host_not_public, bad_answer), or
    why that is not known (refuses_programs, no_network, address, error), or `redirects_away`: then `redirectsTo` is the
    other host.
    `failures` in a row since `failingSince`; `toldAt` is when the owner was told, until it works again.
    """

    result: LinkResult
    reason: str | None
    status_class: str | None
    redirects_to: str | None
    tls_expires_at: datetime | None
    framing_changed_at: datetime | None
    checked_at: datetime | None
    failures: int
    failing_since: datetime | None
    told_at: datetime | None

    @classmethod
    def from_settings(cls, settings: BookingSettings) -> "LinkHealthOut":
        status_class = settings.link_status_class
        return cls(
            result=LinkResult(settings.link_result),
            reason=settings.link_reason or None,
            status_class=f"{status_class}xx" if status_class is not None else None,
            redirects_to=settings.link_redirects_to or None,
            tls_expires_at=settings.link_tls_expires_at,
            framing_changed_at=settings.frame_changed_at,
            checked_at=settings.link_checked_at,
            failures=settings.link_failures,
            failing_since=settings.link_failing_since,
            told_at=settings.link_told_at,
        )


class SettingsOut(Out):
    """All booking settings, and what is known of the provider they name."""

    booking_mode: str
    external_booking_provider_name: str
    external_booking_url: str
    external_booking_embed_mode: str
    external_booking_disclaimer: str
    external_booking_utm_source: str
    external_booking_utm_campaign: str
    provider: ProviderOut | None
    frame_check: FrameCheckOut
    link_health: LinkHealthOut

    @classmethod
    def from_settings(cls, settings: BookingSettings) -> "SettingsOut":
        return cls(
            booking_mode=settings.booking_mode,
            external_booking_provider_name=settings.external_booking_provider_name,
            external_booking_url=settings.external_booking_url,
            external_booking_embed_mode=settings.external_booking_embed_mode,
            external_booking_disclaimer=settings.external_booking_disclaimer,
            external_booking_utm_source=settings.external_booking_utm_source,
            external_booking_utm_campaign=settings.external_booking_utm_campaign,
            provider=_describe_provider(settings),
            frame_check=FrameCheckOut(
                result=FrameCheck(settings.frame_check),
                checked_at=settings.frame_checked_at,
                reason=settings.frame_check_reason or None,
            ),
            link_health=LinkHealthOut.from_settings(settings),
        )


def _describe_provider(settings: BookingSettings) -> ProviderOut | None:
    if not settings.external_booking_url:
        return None
    try:
        url = parse_booking_url(settings.external_booking_url, own_domain=django_settings.SAAS_DOMAIN)
    except InvalidBookingUrlError:
        return None
    provider = recognise_provider(url, chosen=settings.external_booking_provider_name)
    return ProviderOut(**provider.to_public())


class SettingsIn(In):
    """The seven settings; null text is the same as empty. What GET adds to them may come back and is ignored."""

    booking_mode: Literal["internal", "external"]
    external_booking_provider_name: Text | None = ""
    external_booking_url: Text | None = ""
    external_booking_embed_mode: Literal["redirect", "iframe"]
    external_booking_disclaimer: Text | None = ""
    external_booking_utm_source: Text
    external_booking_utm_campaign: Text
    provider: ReadBack = None
    frame_check: ReadBack = None
    link_health: ReadBack = None

    def to_input(self) -> SettingsInput:
        """Return the settings proper."""
        return SettingsInput(
            booking_mode=self.booking_mode,
            external_booking_provider_name=(self.external_booking_provider_name or "").strip(),
            external_booking_url=self.external_booking_url or "",
            external_booking_embed_mode=self.external_booking_embed_mode,
            external_booking_disclaimer=(self.external_booking_disclaimer or "").strip(),
            external_booking_utm_source=self.external_booking_utm_source,
            external_booking_utm_campaign=self.external_booking_utm_campaign,
        )


class NoticeOut(Out):
    """Something to know of one field."""

    field: str
    message: str
    code: str

    @classmethod
    def from_problem(cls, problem: FieldProblem) -> "NoticeOut":
        return cls(field=problem.field, message=translate(problem.message), code=problem.code)


SAMPLE_REFERENCE = UUID("00000000-0000-7000-8000-000000000000")


class PreviewOut(Out):
    """What saving would mean; `outboundUrl` is a visitor's link with a sample reference, where all is well."""

    valid: bool
    errors: list[NoticeOut]
    warnings: list[NoticeOut]
    provider: ProviderOut | None
    provider_name: str
    frames: bool
    outbound_url: str | None

    @classmethod
    def from_preview(cls, preview: SettingsPreview) -> "PreviewOut":
        booking, is_valid = preview.booking, not preview.problems
        return cls(
            valid=is_valid,
            errors=[NoticeOut.from_problem(problem) for problem in preview.problems],
            warnings=[NoticeOut.from_problem(warning) for warning in preview.warnings],
            provider=ProviderOut(**booking.provider.to_public()) if booking.provider is not None else None,
            provider_name=booking.provider_name,
            frames=booking.frames,
            outbound_url=(booking.outbound_url(handoff_id=SAMPLE_REFERENCE) or None) if is_valid else None,
        )
