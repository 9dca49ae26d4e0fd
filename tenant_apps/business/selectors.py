"""Reads of the business's card, and what can be derived from it."""

from dataclasses import dataclass
from datetime import datetime, time
from functools import cache, lru_cache
from typing import Final
from urllib.parse import quote_plus
from zoneinfo import ZoneInfo

import phonenumbers
from babel import Locale, UnknownLocaleError
from babel.dates import format_time
from django.utils.translation import gettext

from tenant_apps.business.industries import INDUSTRIES, Industry, get_industry
from tenant_apps.business.models import BusinessProfile
from tenant_apps.business.validators import DAYS

# Kinds of work on the due list whose time the profile decides, by `abandon_after_hours` and by `retention_days`.
SWEEP: Final = "sweep"
RETENTION: Final = "retention"


@dataclass(frozen=True, slots=True)
class HoursLine:
    """One day of the opening hours as shown. `text` is "Closed" or its spans."""

    label: str
    text: str
    is_today: bool


def format_phone(phone: str, *, region: str) -> str:
    """Return an E.164 number as people of `region` write it, one from abroad internationally; other text as it is."""
    try:
        number = phonenumbers.parse(phone)
    except phonenumbers.NumberParseException:
        return phone
    style = phonenumbers.PhoneNumberFormat
    is_home = phonenumbers.country_code_for_region(region) == number.country_code
    return phonenumbers.format_number(number, style.NATIONAL if is_home else style.INTERNATIONAL)


@dataclass(frozen=True, slots=True)
class BusinessCard:
    """What a visitor may know of a business. Immutable; kept in every web process."""

    name: str
    industry: str
    phone: str
    email: str
    address: str
    hours: tuple[tuple[str, str, str], ...]
    services: tuple[str, ...]
    brand_colour: str
    time_zone: str
    region: str
    language: str
    frame_origins: tuple[str, ...]

    @property
    def phone_display(self) -> str:
        """The phone number as people here write it."""
        return format_phone(self.phone, region=self.region)

    @property
    def map_url(self) -> str:
        """A link that opens the address in the visitor's map; "" without an address."""
        query = quote_plus(self.address)
        return f"https://www.google.com/maps/search/?api=1&query={query}" if query else ""

    @property
    def accent_text(self) -> str:
        """Black or white, whichever reads better on the brand colour (WCAG 2.2 relative luminance)."""
        black, white = 0.0, 1.0
        own = relative_luminance(self.brand_colour)
        return "#000000" if (own + 0.05) / (black + 0.05) > (white + 0.05) / (own + 0.05) else "#ffffff"

    def list_hours(self, *, now: datetime, language: str) -> list[HoursLine]:
        """Return the seven days from Monday, as `language` and the business's region write days and clock times.

        `now` decides which day is today, in the business's own zone. Nothing where no hours are given at all: that is
        no week of closed days.
        """
        if not self.hours:
            return []
        today = DAYS[now.astimezone(ZoneInfo(self.time_zone)).weekday()]
        locale = find_locale(language=language, region=self.region)
        names = locale.days["stand-alone"]["wide"]
        lines = []
        for number, day in enumerate(DAYS):
            spans = [
                f"{_format_clock(opens, locale)} – {_format_clock(closes, locale)}"
                for at, opens, closes in self.hours
                if at == day
            ]
            label = names[number][:1].upper() + names[number][1:]
            lines.append(HoursLine(label, ", ".join(spans) or gettext("Closed"), day == today))
        return lines


@cache
def find_locale(*, language: str, region: str) -> Locale:
    """Return the locale of a language as written in a region (ISO codes), else of the language alone."""
    try:
        return Locale(language, territory=region)
    except UnknownLocaleError:
        return Locale(language)


@lru_cache(maxsize=2_000)
def _format_clock(clock: str, locale: Locale) -> str:
    """Return "17:30" as the locale writes it, such as 5:30 PM."""
    return format_time(time.fromisoformat(clock), "short", locale=locale)


def relative_luminance(colour: str) -> float:
    """Return the WCAG 2.2 relative luminance, 0 to 1, of "#rrggbb"."""
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def get_profile() -> BusinessProfile:
    """Return the current tenant's profile row."""
    return BusinessProfile.objects.get(pk=1)


def get_business_card() -> BusinessCard:
    """Return the current tenant's card, read in one query."""
    return to_card(get_profile())


def to_card(profile: BusinessProfile) -> BusinessCard:
    """Return the part of a profile that visitors may see."""
    return BusinessCard(
        name=profile.name,
        industry=profile.industry,
        phone=profile.phone,
        email=profile.email,
        address=profile.address,
        hours=tuple((span["day"], span["opens"], span["closes"]) for span in profile.hours),
        services=tuple(profile.services),
        brand_colour=profile.brand_colour,
        time_zone=profile.time_zone,
        region=profile.region,
        language=profile.language,
        frame_origins=tuple(profile.frame_origins),
    )


__all__ = [
    "INDUSTRIES",
    "RETENTION",
    "SWEEP",
    "BusinessCard",
    "HoursLine",
    "Industry",
    "get_business_card",
    "get_industry",
    "get_profile",
    "relative_luminance",
    "to_card",
]
