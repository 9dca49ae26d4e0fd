"""Finds how to reach the visitor: phone numbers by `phonenumbers`, addresses by `email-validator`."""

import re
from dataclasses import dataclass

import phonenumbers

from shared_apps.texts import parse_email, parse_phone
from tenant_apps.assistant.understanding.text import Message

_EMAIL = re.compile(r"[^\s@<>()\[\],;:\"|]+@[^\s@<>()\[\],;:\"|]+\.[^\s@<>()\[\],;:\"|]+")
_SPELLED = re.compile(
    r"([a-z0-9._+-]+)\s*(?:\(at\)|\[at\]|\bat\b|\barroba\b)\s*([a-z0-9-]+(?:\s*(?:\(dot\)|\[dot\]|\bdot\b|"
    r"\bpunto\b)\s*[a-z0-9-]+)+)"
)
_DOT = re.compile(r"\s*(?:\(dot\)|\[dot\]|\bdot\b|\bpunto\b)\s*")
_DIGITS = re.compile(r"(?<![\w/$#])\+?\(?\d[\d\s().\-/]{5,18}\d(?![\w/%])")
# Words that say a number or an address is meant to reach the visitor.
_LEAD = (
    r"(?:(?:you can |u can |please |just |pls )*(?:best )?(?:call|text|reach|contact|ring|phone|e-?mail|"
    r"message|whats ?app|write)(?:ing)?(?: (?:or|and) (?:text|call|e-?mail))?(?: to)?(?: me|"
    r" us)?(?: back)?(?: (?:at|on|by|via))?|"
    r"(?:my |the |best )*(?:cell|mobile|phone|telephone|tel|contact|whats ?app|number|num|no\.|e-?mail|"
    r"email address|mail(?:to)?)(?: (?:phone|number|num|address|no\.?))*(?: (?:is|es))?|(?:it'?s|its)|"
    r"(?:me pueden |pueden |puedes )?(?:llam(?:ar|ame|enme|adme)|escrib(?:ir|eme|anme)|contact(?:ar|ame|"
    r"enme)|mandame)(?:me)?(?: (?:un )?(?:mensaje|whatsapp))?(?: al?| en| por)?|"
    r"(?:mi |el |al )*(?:numero|tel(?:efono)?|cel(?:ular)?|movil|correo|e-?mail|mail|"
    r"whats ?app)(?: (?:de telefono|electronico|celular|es))*)"
)
_BEFORE = re.compile(rf"(?:\b{_LEAD}\s*[:=.-]?\s*)+$")
_MEANT_PHONE = re.compile(
    r"\b(?:(?:my|mi|the|el)\s+(?:cell|mobile|phone|number|tel\w*|numero|cel\w*|movil)(?:\s+(?:phone|number|"
    r"num))?\s*(?:is|es|:|-)?|(?:call|text|reach) me (?:at|on)|llam(?:ame|enme) al?|tel[.:]|phone:|"
    r"cell:)\s*\+?[\d(][\d\s().-]*"
)
_MEANT_EMAIL = re.compile(
    r"\b(?:e-?mail|mail|correo)(?:\s+(?:address|electronico))?\s*(?:is|es|:)\s*([^\s,;]+)|[^\s@]+@[^\s@]*|@\w+\.\w+"
)


@dataclass(frozen=True, slots=True)
class Contact:
    """E.164 and a checked address; "" for none. `is_bad_…`: one was meant that cannot be used."""

    phone: str = ""
    email: str = ""
    is_bad_phone: bool = False
    is_bad_email: bool = False


def claim_contact(message: Message, *, region: str, is_asked: bool) -> Contact:
    """Claim phone and address with the words that lead to them. `is_asked`: we asked for one just now."""
    meant_phone = _MEANT_PHONE.search(message.folded) is not None
    email = _claim_email(message)
    phone = _claim_phone(message, region)
    digits = sum(character.isdigit() for character in message.blanked())
    is_bad_phone = not phone and ((is_asked and not email and digits >= 3) or (meant_phone and not email))
    meant_email = None if email or phone else _MEANT_EMAIL.search(message.folded)
    is_bad_email = meant_email is not None
    if meant_email:
        message.claim(*meant_email.span())  # half an address is nobody's name
    return Contact(phone, email, is_bad_phone and not is_bad_email, is_bad_email)


def _claim_email(message: Message) -> str:
    for match in _EMAIL.finditer(message.typed):
        text = match[0].rstrip(".,;:!?)'\"-")
        email = parse_email(text)
        if email:
            _claim_with_lead(message, match.start(), match.start() + len(text))
            return email
    for match in _SPELLED.finditer(message.folded):
        email = parse_email(f"{match[1]}@{_DOT.sub('.', match[2])}")
        if email:
            _claim_with_lead(message, *match.span())
            return email
    return ""


def _claim_phone(message: Message, region: str) -> str:
    found = ""
    text = message.blanked()
    for match in phonenumbers.PhoneNumberMatcher(text, region, leniency=phonenumbers.Leniency.VALID):
        found = found or phonenumbers.format_number(match.number, phonenumbers.PhoneNumberFormat.E164)
        _claim_with_lead(message, match.start, match.end)
    if found:
        return found
    for run in _DIGITS.finditer(text):
        digits = re.sub(r"\D", "", run[0])
        phone = parse_phone(run[0], region=region) if len(digits) >= 9 else None
        if phone and phonenumbers.is_valid_number(phonenumbers.parse(phone)):
            _claim_with_lead(message, *run.span())
            return phone
    return ""


def _claim_with_lead(message: Message, start: int, end: int) -> None:
    before = _BEFORE.search(message.folded[:start])
    message.claim(before.start() if before else start, end)
