"""What a business profile may hold."""

import re
from functools import cache
from itertools import pairwise
from typing import Any, NoReturn
from zoneinfo import available_timezones

import phonenumbers
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from shared_apps.texts import is_visible, parse_email

DAY_NAMES = {
    "mon": _("Monday"),
    "tue": _("Tuesday"),
    "wed": _("Wednesday"),
    "thu": _("Thursday"),
    "fri": _("Friday"),
    "sat": _("Saturday"),
    "sun": _("Sunday"),
}
DAYS = tuple(DAY_NAMES)
MAX_SERVICES = 60
MAX_SERVICE_LENGTH = 120
MAX_SPANS = 21
MAX_EMAILS = 10
MAX_ORIGINS = 20

_LABEL = r"(?!-)[a-z0-9-]{1,63}(?<!-)"
_PORT = r"(?::(?:[1-9]\d{0,3}|[1-5]\d{4}|6[0-4]\d{3}|65[0-4]\d\d|655[0-2]\d|6553[0-5]))?"
# At least two labels, the last one no number: no bare top-level name, no address, no wildcard.
_ORIGIN = re.compile(rf"https://(?:{_LABEL}\.)+(?:[a-z]{{2,63}}|xn--[a-z0-9-]{{1,59}}){_PORT}")
_LOCAL_ORIGIN = re.compile(rf"http://(?:127\.0\.0\.1|(?:{_LABEL}\.)*localhost){_PORT}")
_COLOUR = re.compile(r"#[0-9a-f]{6}")
_CLOCK = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d")
_E164 = re.compile(r"\+[1-9]\d{4,14}")
_DAY_MINUTES = 24 * 60
_WEEK_MINUTES = 7 * _DAY_MINUTES


def _refuse(code: str, message: Any, **params: object) -> NoReturn:
    raise ValidationError(message, code=code, params=params or None)


def check_name(value: str) -> None:
    """Accept text on one line of which something is visible; how long it may be is the field's."""
    if not is_visible(value) or not value.isprintable():
        _refuse("text", _("Write the name on one line, without control characters."))


def check_address(value: str) -> None:
    """Accept one printable line."""
    if not value.isprintable():
        _refuse("text", _("Write the address on one line, without control characters."))


def check_phone(value: str) -> None:
    """Accept a number in E.164."""
    if not _E164.fullmatch(value):
        _refuse("phone", _("Enter the whole phone number, with its area code."))


def check_email(value: str) -> None:
    """Accept one e-mail address, its domain in lower case."""
    if parse_email(value) != value:
        _refuse("email", _("Enter one email address, such as hello@example.com."))


def check_emails(value: Any) -> None:
    """Accept a list of at most 10 different e-mail addresses."""
    if not isinstance(value, list) or len(value) > MAX_EMAILS:
        _refuse("emails", _("Give at most %(most)d email addresses."), most=MAX_EMAILS)
    for number, email in enumerate(value, start=1):
        if not isinstance(email, str) or parse_email(email) != email:
            _refuse("emails", _("Address %(number)d of the list is not an email address."), number=number)
    if len({email.casefold() for email in value}) != len(value):
        _refuse("emails", _("Each email address may be in the list once."))


def check_region(value: str) -> None:
    """Accept a country whose phone numbers are known, by its two letters (ISO 3166)."""
    if value not in phonenumbers.SUPPORTED_REGIONS:
        _refuse("region", _("Choose a country by its two letters, such as US."))


def check_colour(value: str) -> None:
    """Accept "#rrggbb" in lower case; it is written into a style element, so nothing else may pass."""
    if not _COLOUR.fullmatch(value):
        _refuse("colour", _("Write the colour as # and six hexadecimal digits, such as #1f5fa8."))


def check_services(value: Any) -> None:
    """Accept a list of at most 60 different names, each 1 to 120 characters on one line, in the order shown."""
    if not isinstance(value, list) or len(value) > MAX_SERVICES:
        _refuse("services", _("Give at most %(most)d services."), most=MAX_SERVICES)
    for number, name in enumerate(value, start=1):
        is_line = isinstance(name, str) and is_visible(name) and name.isprintable()
        if not is_line or len(name) > MAX_SERVICE_LENGTH:
            _refuse(
                "services",
                _("Give service %(number)d a name of 1 to %(most)d characters on one line."),
                number=number,
                most=MAX_SERVICE_LENGTH,
            )
    if len({name.casefold() for name in value}) != len(value):
        _refuse("services", _("Each service may be in the list once."))


def check_hours(value: Any) -> None:
    """Accept a list of {day: mon..sun, opens: HH:MM, closes: HH:MM}; a day that is absent is closed.

    What closes before it opens closes on the day after. No two may overlap, over midnight and the week's end neither.
    """
    if not isinstance(value, list) or len(value) > MAX_SPANS:
        _refuse("hours", _("Give opening hours as a list of at most %(most)d lines."), most=MAX_SPANS)
    for span in value:
        if not isinstance(span, dict) or set(span) != {"day", "opens", "closes"} or span["day"] not in DAYS:
            _refuse("hours", _("Each line of opening hours has a day (mon to sun), opens and closes."))
        day, times = DAY_NAMES[span["day"]], (span["opens"], span["closes"])
        if not all(isinstance(time, str) and _CLOCK.fullmatch(time) for time in times):
            _refuse("hours", _("Write the opening hours of %(day)s as HH:MM, from 00:00 to 23:59."), day=day)
        if times[0] == times[1]:
            _refuse("hours", _("Opening and closing time of %(day)s must differ."), day=day)
    overlapping = _find_overlap(value)
    if overlapping is not None:
        _refuse("hours", _("Two opening hours of %(day)s overlap. Change one of them."), day=DAY_NAMES[overlapping])


def _find_overlap(hours: list[dict[str, str]]) -> str | None:
    """The day of the first span that begins before the one in front of it has ended; None when all are apart."""
    spans = []
    for span in hours:
        begin = DAYS.index(span["day"]) * _DAY_MINUTES
        opens, closes = _minutes(span["opens"]), _minutes(span["closes"])
        end = closes if closes > opens else closes + _DAY_MINUTES
        spans.append((begin + opens, begin + end, span["day"]))
    spans.sort()
    around = [*spans, *((opens + _WEEK_MINUTES, closes, day) for opens, closes, day in spans[:1])]
    return next((later[2] for earlier, later in pairwise(around) if later[0] < earlier[1]), None)


def _minutes(clock: str) -> int:
    return int(clock[:2]) * 60 + int(clock[3:])


def check_origins(value: Any) -> None:
    """Accept a list of at most 20 different origins that may frame the form: `https://host`, perhaps with a port.

    In development also `http://` below localhost or at 127.0.0.1, so that it can be tried on one machine.
    """
    if not isinstance(value, list) or len(value) > MAX_ORIGINS or len({*map(str, value)}) != len(value):
        _refuse("origins", _("Give at most 20 different addresses of sites."))
    for origin in value:
        if not isinstance(origin, str) or not (_ORIGIN.fullmatch(origin) or _is_local_origin(origin)):
            _refuse(
                "origins",
                _("Write each site as https:// and its full name, such as https://www.example.com, and nothing after."),
            )


def _is_local_origin(origin: str) -> bool:
    return settings.IS_DEVELOPMENT and _LOCAL_ORIGIN.fullmatch(origin) is not None


def check_time_zone(value: str) -> None:
    """Accept a name of the IANA time zone database."""
    if value not in _time_zones():
        _refuse("time_zone", _("Choose a time zone such as America/New_York."))


@cache
def _time_zones() -> frozenset[str]:
    """Return the names there are; finding them reads hundreds of files."""
    return frozenset(available_timezones()) - {"localtime"}  # the machine's own, and no zone to PostgreSQL
