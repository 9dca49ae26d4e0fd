"""Reads of the booking settings, and the snapshot by which visitors are served."""

from dataclasses import dataclass
from datetime import datetime

from shared_apps.tenants.cache import GenerationCache
from shared_apps.tenants.generations import tenant_slot
from shared_apps.tenants.scope import TenantRef
from tenant_apps.booking.enums import BookingMode
from tenant_apps.booking.links import Prefill, build_outbound_url, build_plain_url
from tenant_apps.booking.models import BookingSettings
from tenant_apps.booking.providers import Provider, recognise_provider
from tenant_apps.booking.validators import InvalidBookingUrlError, parse_booking_url
from tenant_apps.business.selectors import BusinessCard, get_business_card


@dataclass(frozen=True, slots=True)
class PublicBooking:
    """What sending a visitor on needs. `url` is the tenant's own, canonical; "" unless `ready`."""

    mode: str
    ready: bool
    provider_name: str
    provider: Provider | None
    embed_mode: str
    disclaimer: str
    url: str
    utm_source: str
    utm_campaign: str

    @property
    def plain_url(self) -> str:
        """The tenant's booking link with our UTMs and without a reference; "" unless ready."""
        if self.provider is None:
            return ""
        return build_plain_url(
            base_url=self.url,
            provider=self.provider,
            utm_source=self.utm_source,
            utm_campaign=self.utm_campaign,
        )

    def outbound_url(self, *, handoff_id: str, prefill: Prefill | None = None) -> str:
        """The link of one handoff; "" unless ready. Holds personal data only when `prefill` is given."""
        if self.provider is None:
            return ""
        return build_outbound_url(
            base_url=self.url,
            provider=self.provider,
            handoff_id=handoff_id,
            utm_source=self.utm_source,
            utm_campaign=self.utm_campaign,
            prefill=prefill,
        )


@dataclass(frozen=True, slots=True)
class TenantSnapshot:
    """All that a visitor's page needs to know of a tenant. Immutable; kept in every web process."""

    business: BusinessCard
    booking: PublicBooking


_snapshots: GenerationCache[TenantSnapshot] = GenerationCache(max_entries=5_000, ttl=30.0)


def get_snapshot(*, tenant: TenantRef) -> TenantSnapshot:
    """Return the current tenant's snapshot: no query when warm, two when not; a stale one in an outage."""
    return _snapshots.get(tenant.schema_name, slot=tenant_slot(tenant.id), load=_load_snapshot)


def peek_snapshot(*, tenant: TenantRef) -> TenantSnapshot | None:
    """Return the snapshot this process holds, without asking the database; None when it holds none."""
    return _snapshots.peek(tenant.schema_name)


def _load_snapshot() -> TenantSnapshot:
    return TenantSnapshot(business=get_business_card(), booking=to_public_booking(get_settings()))


def get_settings() -> BookingSettings:
    """Return the current tenant's settings row."""
    return BookingSettings.objects.get(pk=1)


def to_public_booking(settings: BookingSettings) -> PublicBooking:
    """Return what settings mean for a visitor. The URL is checked again: a row may be older than a rule."""
    url, provider = "", None
    if settings.booking_mode == BookingMode.EXTERNAL and settings.external_booking_url:
        try:
            parsed = parse_booking_url(settings.external_booking_url)
        except InvalidBookingUrlError:
            pass
        else:
            url, provider = parsed.url, recognise_provider(parsed, chosen=settings.external_booking_provider_name)
    return PublicBooking(
        mode=settings.booking_mode,
        ready=provider is not None,
        provider_name=_provider_name(settings, provider, url),
        provider=provider,
        embed_mode=settings.external_booking_embed_mode,
        disclaimer=settings.external_booking_disclaimer,
        url=url,
        utm_source=settings.external_booking_utm_source,
        utm_campaign=settings.external_booking_utm_campaign,
    )


def _provider_name(settings: BookingSettings, provider: Provider | None, url: str) -> str:
    """The name the tenant gave; else the recognised provider's; else the host the visitor goes to."""
    if settings.external_booking_provider_name or provider is None:
        return settings.external_booking_provider_name
    return provider.label if provider.id != "generic" else parse_booking_url(url).host


HANDOFF_MESSAGE = "You’ll finish booking on their site. We can help if you get stuck."  # noqa: RUF001 - as the contract spells it


def get_cta_label(booking: PublicBooking) -> str:
    """Return the words on the button that leads to the provider."""
    return f"Continue to booking on {booking.provider_name}"


def get_message(snapshot: TenantSnapshot) -> str:
    """Return what a visitor is told of the next step: at the provider, or with the business itself."""
    if snapshot.booking.ready:
        return HANDOFF_MESSAGE
    return f"{snapshot.business.name} has your request and will get in touch with you to find a time."


def get_notice(snapshot: TenantSnapshot) -> str:
    """Return what a visitor is told before sending anything."""
    if snapshot.booking.ready:
        return HANDOFF_MESSAGE
    return f"Send your request and {snapshot.business.name} will get in touch with you to find a time."


def get_visitor_context(*, snapshot: TenantSnapshot, now: datetime) -> dict[str, object]:
    """Return what every visitor's page shows of the business; `now` decides which day of the hours is today."""
    card = snapshot.business
    business = {name: getattr(card, name) for name in _CARD_NAMES}
    business |= {"industry": card.industry_label, "hours": card.list_hours(now=now)}
    return {"business": business, "booking": snapshot.booking}


_CARD_NAMES = (
    "name", "phone", "phone_display", "email", "address", "map_url", "services", "brand_colour",
    "tagline", "about", "accent_text",
)  # fmt: skip
