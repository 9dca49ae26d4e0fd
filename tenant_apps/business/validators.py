"""What a business profile may hold."""

import re
from typing import Any
from zoneinfo import available_timezones

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MAX_SERVICES = 60
MAX_SERVICE_LENGTH = 120

MAX_ORIGINS = 20

_LABEL = r"(?!-)[a-z0-9-]{1,63}(?<!-)"
_PORT = r"(?::[1-9]\d{0,4})?"
# At least two labels, the last one no number: no bare top-level name, no address, no wildcard.
_ORIGIN = re.compile(rf"https://(?:{_LABEL}\.)+(?:[a-z]{{2,63}}|xn--[a-z0-9-]{{1,59}}){_PORT}")
_LOCAL_ORIGIN = re.compile(rf"http://(?:127\.0\.0\.1|(?:{_LABEL}\.)*localhost){_PORT}")
_COLOUR = re.compile(r"#[0-9a-f]{6}")
_CLOCK = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d")


def check_colour(value: str) -> None:
    """Accept "#rrggbb" in lower case; it is written into a style element, so nothing else may pass."""
    if not _COLOUR.fullmatch(value):
        raise ValidationError("Write the colour as # and six hexadecimal digits, such as #1f5fa8.", code="colour")


def check_services(value: Any) -> None:
    """Accept a list of at most 60 different names, each 1 to 120 characters on one line, in the order shown."""
    if (
        not isinstance(value, list)
        or len(value) > MAX_SERVICES
        or not all(isinstance(name, str) and 0 < len(name.strip()) <= MAX_SERVICE_LENGTH for name in value)
        or not all(name.isprintable() for name in value)
        or len({name.casefold() for name in value}) != len(value)
    ):
        raise ValidationError("Give at most 60 different service names of 1 to 120 characters each.", code="services")


def check_hours(value: Any) -> None:
    """Accept a list of {day: mon..sun, opens: HH:MM, closes: HH:MM}; a day that is absent is closed."""
    if not isinstance(value, list) or len(value) > 21:
        raise ValidationError("Give opening hours as a list.", code="hours")
    for span in value:
        if not isinstance(span, dict) or set(span) != {"day", "opens", "closes"} or span["day"] not in DAYS:
            raise ValidationError("Each line of opening hours has a day (mon to sun), opens and closes.", code="hours")
        times = span["opens"], span["closes"]
        if not all(isinstance(time, str) and _CLOCK.fullmatch(time) for time in times):
            raise ValidationError("Write opening hours as HH:MM, from 00:00 to 23:59.", code="hours")
        if times[0] == times[1]:
            raise ValidationError("Opening and closing time must differ.", code="hours")


def check_origins(value: Any) -> None:
    """Accept a list of at most 20 different origins that may frame the form: `https://host`, perhaps with a port.

    In development also `http://` below localhost or at 127.0.0.1, so that it can be tried on one machine.
    """
    if not isinstance(value, list) or len(value) > MAX_ORIGINS or len({*map(str, value)}) != len(value):
        raise ValidationError(_("Give at most 20 different addresses of sites."), code="origins")
    for origin in value:
        if not isinstance(origin, str) or not (_ORIGIN.fullmatch(origin) or _is_local_origin(origin)):
            raise ValidationError(
                _("Write each site as https:// and its full name, such as https://www.example.com, and nothing after."),
                code="origins",
            )


def _is_local_origin(origin: str) -> bool:
    return settings.IS_DEVELOPMENT and _LOCAL_ORIGIN.fullmatch(origin) is not None


def check_time_zone(value: str) -> None:
    """Accept a name of the IANA time zone database."""
    if value not in available_timezones():
        raise ValidationError("Choose a time zone such as America/New_York.", code="time_zone")
