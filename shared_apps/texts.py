"""What people type, anywhere in the product: texts that are really text, phone numbers and e-mail addresses."""

import re
import unicodedata

import phonenumbers
from email_validator import EmailNotValidError, validate_email

# Letters and a symbol by their category, yet drawn as nothing: the Hangul fillers, and Braille without a dot.
_FILLERS = re.compile("[\u115f\u1160\u2800\u3164\uffa0]")


def is_visible(text: str) -> bool:
    """Whether a person sees anything of it: something beyond blanks, fillers, controls and zero-width characters."""
    text = _FILLERS.sub("", text)
    if text.isprintable():  # the usual case, and quick: nothing of C or Z in it but spaces
        return text.strip(" ") != ""
    return any(unicodedata.category(character)[0] not in "CZ" for character in text)


def has_controls(text: str, *, allow_lines: bool = False) -> bool:
    """Whether it holds control characters; line breaks and tabs pass where `allow_lines`."""
    if text.isprintable():  # the usual case, and quick
        return False
    allowed = "\n\r\t" if allow_lines else ""
    return any(unicodedata.category(character) == "Cc" and character not in allowed for character in text)


def parse_phone(text: str, *, region: str) -> str | None:
    """Return the number in E.164, read as dialled in `region` (ISO 3166 letters); None when it cannot be one."""
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    if phonenumbers.is_possible_number_with_reason(number) != phonenumbers.ValidationResult.IS_POSSIBLE:
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def parse_email(text: str) -> str | None:
    """Return the address, its domain in lower case; None when it is none. Looks nothing up."""
    try:
        checked = validate_email(text, check_deliverability=False, globally_deliverable=False)
    except EmailNotValidError:
        return None
    is_whole = "." in checked.ascii_domain  # "jane@gmail" is a slip, and an address that nobody can answer
    return checked.normalized if is_whole and len(checked.normalized) <= 254 else None
