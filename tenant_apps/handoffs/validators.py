"""What a visitor may send: no card numbers, few links, keys that are keys."""

import re
import unicodedata
from uuid import UUID

from django.utils.translation import gettext_noop as _

from shared_apps.errors import DomainError

CARD_REMOVED = "[removed]"  # shorter than any card number, so no text outgrows its limit

# Blanks of any width (one line's: numbers below one another are several), hyphens, dashes and dots between the groups.
_SEPARATOR = r"(?:[^\S\r\n]|[\-.\u2010-\u2015\u2212])"
_DIGIT_RUN = re.compile(rf"(?<![\d+])\d(?:{_SEPARATOR}?\d){{12,}}(?!\d)")
# A number as it is printed on a card, within a longer run: "4242 4242 4242 4242 12", the month of its end behind it.
_PRINTED = re.compile(
    rf"(?=(?<!\d)(\d{{13,19}}|\d{{4}}({_SEPARATOR})\d{{4}}\2\d{{4}}\2\d{{4}}|\d{{4}}({_SEPARATOR})\d{{6}}\3\d{{4,5}})(?!\d))"
)
# Issuer prefixes and lengths, ISO/IEC 7812 and the networks' published ranges.
_CARD = re.compile(
    r"4\d{15}(?:\d{3})?|(?:5[1-5]\d\d|222[1-9]|22[3-9]\d|2[3-6]\d\d|27[01]\d|2720)\d{12}|3[47]\d{13}"
    r"|(?:6011|64[4-9]\d|65\d\d)\d{12,15}|3(?:0[0-5]|[68]\d)\d{11}|35(?:2[89]|[3-8]\d)\d{12,15}|62\d{14,17}"
    r"|(?:50|5[6-9]|6[0-9])\d{11,17}"
)
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_MANY_LINKS = 10
_LINK = re.compile(r"https?://|www\.", re.IGNORECASE)


def _luhn(digits: str) -> bool:
    """Whether the last digit is the Luhn check digit (ISO/IEC 7812-1 annex B) of those before it."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def remove_card_numbers(text: str) -> str:
    """Return `text` with every payment card number replaced by a mark. Applied before anything is stored or logged."""

    def replace(run: re.Match[str]) -> str:
        if _is_card(run[0]):
            return CARD_REMOVED
        printed = next((found for found in _PRINTED.finditer(run[0]) if _is_card(found[1])), None)
        if printed is None:
            return run[0]
        rest = remove_card_numbers(run[0][printed.end(1) :])
        return run[0][: printed.start(1)] + CARD_REMOVED + rest

    return _DIGIT_RUN.sub(replace, text)


def _is_card(text: str) -> bool:
    digits = "".join(str(unicodedata.digit(character)) for character in text if character.isdigit())
    return _CARD.fullmatch(digits) is not None and _luhn(digits)


def looks_like_spam(text: str) -> bool:
    """Whether a text is mostly links; such a lead is kept, flagged, and mailed to nobody."""
    return len(_LINK.findall(text)) >= _MANY_LINKS


def strip_query(address: str) -> str:
    """Return a page's address or path without its query and fragment: those may carry personal data."""
    return re.split(r"[?#]", address, maxsplit=1)[0]


class InvalidIdempotencyKeyError(DomainError):
    """The header is there and is no UUID."""

    code = "idempotency_key_invalid"
    field = "Idempotency-Key"
    message = _("Idempotency-Key must be a UUID, such as crypto.randomUUID() makes.")


def is_uuid(text: str) -> bool:
    """Whether a text is a UUID in its usual form, of any version and case."""
    return _UUID.fullmatch(text) is not None


def parse_idempotency_key(header: str | None) -> UUID | None:
    """Return the key of a request; None without one. Raises InvalidIdempotencyKeyError."""
    if header is None:
        return None
    if not is_uuid(header):
        raise InvalidIdempotencyKeyError
    return UUID(header)
