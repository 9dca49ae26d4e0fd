"""The JSON of booking settings, as the contract names it."""

from datetime import datetime
from typing import Annotated, Any, Literal

from django.conf import settings as django_settings
from pydantic import ConfigDict, StringConstraints
from pydantic.alias_generators import to_camel

from shared_apps.schemas import In, Out
from tenant_apps.booking.enums import FrameCheck
from tenant_apps.booking.models import BookingSettings
from tenant_apps.booking.providers import recognise_provider
from tenant_apps.booking.selectors import TenantSnapshot, get_notice
from tenant_apps.booking.services import SettingsInput
from tenant_apps.booking.validators import InvalidBookingUrlError, parse_booking_url

Text = Annotated[str, StringConstraints(max_length=5000)]


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

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", strict=True)

    booking_mode: Literal["internal", "external"]
    external_booking_provider_name: Text | None = ""
    external_booking_url: Text | None = ""
    external_booking_embed_mode: Literal["redirect", "iframe"]
    external_booking_disclaimer: Text | None = ""
    external_booking_utm_source: Text
    external_booking_utm_campaign: Text
    provider: Any = None
    frame_check: Any = None

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
