"""Reads of the booking settings, and the snapshot by which visitors are served."""

from dataclasses import asdict, dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_noop as _

from shared_apps.tenants.cache import GenerationCache
from shared_apps.tenants.generations import tenant_slot
from shared_apps.tenants.scope import TenantRef
from shared_apps.tenants.snapshots import TENANTS
from tenant_apps.booking.enums import BookingMode, EmbedMode, FrameCheck
from tenant_apps.booking.links import Prefill, build_frame_url, build_outbound_url, build_plain_url
from tenant_apps.booking.models import BookingSettings
from tenant_apps.booking.providers import Framing, Provider, recognise_provider
from tenant_apps.booking.validators import InvalidBookingUrlError, parse_booking_url
from tenant_apps.business.selectors import BusinessCard, get_business_card, get_industry


@dataclass(frozen=True, slots=True)
class PublicBooking:
    """What sending a visitor on needs. `url` is the tenant's own, canonical; "" unless `ready`.

    `link` is the link of a handoff, cut where the handoff's id stands; empty unless `ready`.
    """

    mode: str
    ready: bool
    provider_name: str
    provider: Provider | None
    embed_mode: str
    disclaimer: str
    url: str
    utm_source: str
    utm_campaign: str
    frame_check: str
    link: tuple[str, ...] = field(repr=False)

    @property
    def frames(self) -> bool:
        """Whether a click opens the provider's page in a frame on ours.

        Not where the provider is known to refuse frames, nor where its page said so when it was asked; where nothing
        is known yet, the page tries and offers the link when the frame stays empty.
        """
        if self.provider is None or self.embed_mode != EmbedMode.IFRAME or self.frame_check == FrameCheck.REFUSED:
            return False
        framing = self.provider.embed.framing
        return framing != Framing.NO and (framing != Framing.WIDGET_ONLY or self.frame_check == FrameCheck.ALLOWED)

    @property
    def origin(self) -> str:
        """The origin of the provider's page, `https://host`; "" unless ready."""
        return "/".join(self.url.split("/", 3)[:3])

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

    def frame_url(self, *, url: str, our_host: str) -> str:
        """The address under which a link of this tenant's is framed on a page of `our_host`."""
        return build_frame_url(url=url, provider=self.provider, our_host=our_host) if self.provider else ""

    def outbound_url(self, *, handoff_id: UUID, prefill: Prefill | None = None) -> str:
        """The link of one handoff; "" unless ready. Holds personal data only when `prefill` is given."""
        if self.provider is None:
            return ""
        if prefill is None:
            return str(handoff_id).join(self.link)
        return build_outbound_url(
            base_url=self.url,
            provider=self.provider,
            handoff_id=str(handoff_id),
            utm_source=self.utm_source,
            utm_campaign=self.utm_campaign,
            prefill=prefill,
        )


@dataclass(frozen=True, slots=True)
class TenantSnapshot:
    """All that a visitor's page needs to know of a tenant. Immutable; kept in every web process."""

    business: BusinessCard
    booking: PublicBooking

    def day_at(self, now: datetime) -> date:
        """Return the day it is at the business."""
        return now.astimezone(ZoneInfo(self.business.time_zone)).date()


_snapshots: GenerationCache[TenantSnapshot] = GenerationCache(max_entries=5_000, ttl=30.0)


def get_snapshot(*, tenant: TenantRef) -> TenantSnapshot:
    """Return the current tenant's snapshot: no query when warm, two when not; a stale one in an outage."""
    return _snapshots.get(
        tenant.schema_name,
        slot=tenant_slot(tenant.id),
        load=lambda: load_snapshot(tenant=tenant),
        recall=lambda: _recall_snapshot(tenant),
    )


def find_known_snapshot(*, tenant: TenantRef) -> TenantSnapshot | None:
    """Return the tenant's snapshot where this process holds one that is valid; asks nobody, needs no schema."""
    return _snapshots.find(tenant.schema_name, slot=tenant_slot(tenant.id))


def peek_snapshot(*, tenant: TenantRef) -> TenantSnapshot | None:
    """Return the snapshot this process holds, without asking the database; None when it holds none."""
    return _snapshots.peek(tenant.schema_name)


def load_snapshot(*, tenant: TenantRef) -> TenantSnapshot:
    """Read the current tenant's snapshot, and keep it for when the database is away."""
    card, settings = get_business_card(), get_settings()
    if tenant.is_active:
        kept = {"business": asdict(card), "booking": {name: getattr(settings, name) for name in _KEPT_SETTINGS}}
        TENANTS.keep(tenant.schema_name, kept)
    return TenantSnapshot(business=card, booking=to_public_booking(settings))


_KEPT_SETTINGS = (
    "booking_mode", "external_booking_provider_name", "external_booking_url", "external_booking_embed_mode",
    "external_booking_disclaimer", "external_booking_utm_source", "external_booking_utm_campaign", "frame_check",
)  # fmt: skip


def _recall_snapshot(tenant: TenantRef) -> tuple[TenantSnapshot, float] | None:
    found = TENANTS.recall(tenant.schema_name)
    try:
        return None if found is None else (_to_snapshot(found.value), found.age)
    except (KeyError, TypeError):  # kept by another version of this code
        return None


def _to_snapshot(kept: dict[str, Any]) -> TenantSnapshot:
    """Return what was kept; its URL is checked again, as every one is that is read."""
    card = {name: _to_tuple(value) for name, value in kept["business"].items()}
    return TenantSnapshot(business=BusinessCard(**card), booking=to_public_booking(BookingSettings(**kept["booking"])))


def _to_tuple(value: Any) -> Any:
    return tuple(_to_tuple(item) for item in value) if isinstance(value, list) else value


def get_settings() -> BookingSettings:
    """Return the current tenant's settings row."""
    return BookingSettings.objects.get(pk=1)


HAS_LINK: Final = Q(booking_mode=BookingMode.EXTERNAL) & ~Q(external_booking_url="")
"""Of settings: whether there is a booking page to ask."""

LINK_WORK: Final = "link"
"""The kind of work, on the list of what is due, of looking at booking pages."""

NEXT_LINK_CHECK_SQL: Final = (
    "SELECT coalesce(link_due_at, now()) FROM booking_bookingsettings"
    " WHERE booking_mode = 'external' AND external_booking_url <> ''"
)

LINK_STATE_SQL: Final = (
    "SELECT to_jsonb(CASE WHEN booking_mode <> 'external' OR external_booking_url = '' THEN 'none'"
    " WHEN link_checked_at IS NULL THEN 'unseen' WHEN link_result = 'failing' THEN 'failing' ELSE 'ok' END)"
    " FROM booking_bookingsettings"
)
"""How a tenant's booking link stands, for the operator: none, unseen, failing or ok."""

_TRANSIENT = ("unreachable", "timeout", "error_page")


def is_frame_check_due() -> bool:
    """Whether the current tenant's booking page is to be asked about frames.

    So it is where nobody has since its URL was saved, where an owner wants it again, and where the last attempt, more
    than five minutes ago, could not reach it. The database's clock counts.
    """
    missed = Q(frame_check_reason__in=_TRANSIENT, frame_checked_at__lt=Now() - timedelta(minutes=5))
    wanted = Q(frame_check_requested_at__gt=F("frame_checked_at"))
    return BookingSettings.objects.filter(HAS_LINK, Q(frame_checked_at=None) | missed | wanted).exists()


_UNREACHED: Final = _("The site could not be reached.")
_LINK_REASONS: Final = {
    "not_found": _("The site answers that there is no such page."),
    "server_error": _("The site answers with an error of its own."),
    "timeout": _("The site did not answer in time."),
    "tls": _("The site has no valid certificate, so browsers warn of it."),
    "host_not_public": _("The site's name leads to no public address."),
}


def describe_link_reason(code: str) -> str:
    """Return in words why a booking page could not be reached."""
    return gettext(_LINK_REASONS.get(code, _UNREACHED))


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
        frame_check=settings.frame_check,
        link=() if provider is None else _cut_link(settings, provider, url),
    )


_ANY_ID: Final = str(uuid4())  # in no address of anybody's


def _cut_link(settings: BookingSettings, provider: Provider, url: str) -> tuple[str, ...]:
    """Return the link of a handoff, cut where its id stands: building one anew for every visitor is dear."""
    link = build_outbound_url(
        base_url=url,
        provider=provider,
        handoff_id=_ANY_ID,
        utm_source=settings.external_booking_utm_source,
        utm_campaign=settings.external_booking_utm_campaign,
    )
    return tuple(link.split(_ANY_ID))


def _provider_name(settings: BookingSettings, provider: Provider | None, url: str) -> str:
    """The name the tenant gave; else the recognised provider's; else the host the visitor goes to."""
    if settings.external_booking_provider_name or provider is None:
        return settings.external_booking_provider_name
    return provider.label if provider.id != "generic" else parse_booking_url(url).host


HANDOFF_MESSAGE = _("You’ll finish booking on their site. We can help if you get stuck.")


def get_cta_label(booking: PublicBooking) -> str:
    """Return the words on the button that leads to the provider."""
    return gettext("Continue to booking on %(provider)s") % {"provider": booking.provider_name}


def get_message(snapshot: TenantSnapshot) -> str:
    """Return what a visitor is told of the next step: at the provider, or with the business itself."""
    if snapshot.booking.ready:
        return gettext(HANDOFF_MESSAGE)
    text = gettext("%(name)s has your request and will get in touch with you to find a time.")
    return text % {"name": snapshot.business.name}


def get_notice(snapshot: TenantSnapshot) -> str:
    """Return what a visitor is told before sending anything."""
    if snapshot.booking.ready:
        return gettext(HANDOFF_MESSAGE)
    text = gettext("Send your request and %(name)s will get in touch with you to find a time.")
    return text % {"name": snapshot.business.name}


def get_visitor_context(*, snapshot: TenantSnapshot, now: datetime) -> dict[str, object]:
    """Return what every visitor's page shows of the business; `now` decides which day of the hours is today."""
    card = snapshot.business
    industry = get_industry(card.industry)
    business: dict[str, object] = {name: getattr(card, name) for name in _CARD_NAMES}
    business |= {name: gettext(getattr(industry, name)) for name in ("tagline", "about", "opening")}
    business |= {
        "industry": gettext(industry.label),
        "tone": industry.tone,
        "hours": card.list_hours(now=now, language=get_language() or card.language),
    }
    return {"business": business, "booking": snapshot.booking}


_CARD_NAMES = (
    "name", "phone", "phone_display", "email", "address", "map_url", "services", "brand_colour", "accent_text",
)  # fmt: skip
