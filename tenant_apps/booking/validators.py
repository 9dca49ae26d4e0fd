"""Which addresses a tenant may send its visitors to.

An address counts only when two independent parsers, Python's and a WHATWG one (what browsers do), read it
alike: where they differ, one of them would send the visitor elsewhere than the other one checked. It is kept in
canonical form: ASCII only, host in lower case, whatever is no URL character percent-encoded. No network is
asked: a host's name is judged, not what it resolves to.
"""

import re
import unicodedata
from dataclasses import dataclass, replace
from typing import Final, NoReturn
from urllib.parse import SplitResult, parse_qsl, quote, unquote, unquote_plus, urlsplit

import ada_url
import idna
from django.utils.translation import gettext_noop as _

from shared_apps.errors import DomainError, FieldProblem
from tenant_apps.booking.providers import recognise_provider

MAX_URL_CHARS: Final = 2048


def _warn(code: str, message: str) -> FieldProblem:
    return FieldProblem("externalBookingUrl", message, code)


WARN_UNWRAPPED: Final = _warn(
    "url_unwrapped", _("The address was a redirect of another site. We kept the page it leads to.")
)
WARN_PERSONAL: Final = _warn(
    "url_personal", _("The address held details of a person, such as a name or an email. We took them out.")
)
WARN_IDN: Final = _warn(
    "url_idn",
    _(
        "The site's name has letters beyond a to z, which can look like another site's. "
        "Browsers know it by the name with xn-- that is saved. Make sure that it is your booking page."
    ),
)
WARN_SAMPLE: Final = _warn(
    "url_sample", _("The site's name is one for examples and tests. Visitors will not reach it.")
)

_REMEDIES: Final = {
    "url_required": _("Paste the https:// address of your booking page."),
    "url_too_long": _("Use an address of at most 2048 characters, your provider's share link."),
    "url_characters": _("Remove blanks, line breaks and invisible characters from the address."),
    "url_backslash": _("Replace every backslash in the address by a slash."),
    "url_not_https": _("Use an address that starts with https://."),
    "url_not_absolute": _("Paste the whole address, starting with https:// and the site's name."),
    "url_template": _("Replace the placeholder in the address by a real value. We add our reference."),
    "url_percent_encoding": _("Write a percent sign as %25, or paste the address from your browser."),
    "url_userinfo": _("Remove user name, password and @ from before the site's name."),
    "url_port": _("Remove the colon and the port number after the site's name."),
    "url_ip_address": _("Use the site's name. A numeric address is not accepted."),
    "url_host": _("Check the site's name: letters, digits and hyphens, in parts joined by single dots."),
    "url_host_lookalike": _("Type the site's name in plain letters. Some of it only looks like them."),
    "url_host_not_public": _("Use a site that everyone can reach, with a full name such as calendly.com."),
    "url_own_site": _("Use your booking provider's address. This one leads back to us."),
    "url_ambiguous": _("Open the page and paste the address that your browser then shows."),
    "url_wrapped": _("Open the link and paste the address of the page it leads to."),
}


class InvalidBookingUrlError(DomainError):
    """The address cannot be a booking page. `code` is `url_…`; `message` says what to do."""

    field = "externalBookingUrl"

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message, code=code)


@dataclass(frozen=True, slots=True)
class BookingUrl:
    """An accepted address.

    `url` is canonical: parsing it again gives it back. `host` is ASCII, lower case, without a trailing dot.
    `is_idn`: the name has letters beyond ASCII, `host` holds xn--. `warnings` are what the tenant should know.
    """

    url: str
    host: str
    is_idn: bool = False
    warnings: tuple[FieldProblem, ...] = ()


def parse_booking_url(raw: str, *, own_domain: str | None = None) -> BookingUrl:
    """Return the address in canonical form, taken out of a known redirect and without details of a person.

    `own_domain` is the domain this service runs under, perhaps with a port; addresses at it or below are
    refused: they would lead in a circle. Raises InvalidBookingUrlError.
    """
    return _parse(raw, own_domain=_bare_host(own_domain or ""), wraps_left=3)


def _parse(raw: str, *, own_domain: str, wraps_left: int) -> BookingUrl:
    _check_text(raw)
    python, browser = _split(raw)
    host = _canonical_host(python.netloc, browser)
    _check_public(host, own_domain)
    path, query, fragment = _canonical_parts(python, browser)
    target = _find_wrapped(host, path, query)
    if target is not None:
        if not wraps_left:
            _refuse("url_wrapped")
        inner = _parse(target, own_domain=own_domain, wraps_left=wraps_left - 1)
        return replace(inner, warnings=tuple(dict.fromkeys((WARN_UNWRAPPED, *inner.warnings))))
    kept = _strip_personal(f"https://{host}{path}", query)
    url = f"https://{host}{path}{kept and '?' + kept}{fragment and '#' + fragment}"
    if len(url) > MAX_URL_CHARS:
        _refuse("url_too_long")
    _check_agreement(url)
    is_idn = any(label.startswith("xn--") for label in host.split("."))
    found = {WARN_PERSONAL: kept != query, WARN_IDN: is_idn, WARN_SAMPLE: _is_under(host, _SAMPLE)}
    warnings = tuple(warning for warning, holds in found.items() if holds)
    return BookingUrl(url=url, host=host, is_idn=is_idn, warnings=warnings)


def _refuse(code: str) -> NoReturn:
    # Without the cause: the exceptions of parsers quote what was typed.
    raise InvalidBookingUrlError(code, _REMEDIES[code]) from None


# Text

_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):", re.IGNORECASE)
_ABSOLUTE = re.compile(r"https://[^/?#]", re.IGNORECASE)
# {{ref}}, {ref}, ${ref}, <ref>, %s, %(ref)s, also as a browser encodes braces. Other braces pass: some
# providers take JSON in a parameter.
_TEMPLATE = re.compile(
    r"(?:\{|%7b){2}|\$(?:\{|%7b)|(?:\{|%7b)[\w.-]*(?:\}|%7d)|<[^<>]*>|%(?:s(?![0-9a-z])|[({])",
    re.IGNORECASE,
)
_BAD_PERCENT = re.compile(r"%(?![0-9a-f]{2})", re.IGNORECASE)
_ENCODED_CONTROL = re.compile(r"%(?:[01][0-9a-f]|7f)", re.IGNORECASE)


def _check_text(raw: str) -> None:
    """Refuse by characters and by the start, before a parser sees it: parsers drop characters silently."""
    if not raw:
        _refuse("url_required")
    if len(raw) > MAX_URL_CHARS:
        _refuse("url_too_long")
    if any(unicodedata.category(character)[0] in "CZ" for character in raw) or _ENCODED_CONTROL.search(raw):
        _refuse("url_characters")
    scheme = _SCHEME.match(raw)
    if scheme and scheme[1].lower() != "https":
        _refuse("url_not_https")
    if "\\" in raw:
        _refuse("url_backslash")
    if not _ABSOLUTE.match(raw):
        _refuse("url_not_absolute")
    if _TEMPLATE.search(raw):
        _refuse("url_template")
    if _BAD_PERCENT.search(raw):
        _refuse("url_percent_encoding")


# Host

_MAX_HOST_CHARS = 253
_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")
_TOP_LABEL = re.compile(r"[a-z]{2,63}|xn--[a-z0-9-]+")
# Last labels that WHATWG reads as an IPv4 address, whatever stands before them.
_NUMERIC = re.compile(r"[0-9]+|0x[0-9a-f]*")
# Names that no public DNS serves: RFC 6761, 6762, 7686, 8375, 9476, ICANN's `internal`, and what routers and
# companies use among themselves.
_PRIVATE = (
    "localhost", "local", "internal", "onion", "invalid", "alt", "arpa",
    "localdomain", "lan", "home", "corp", "intranet", "private",
)  # fmt: skip
# RFC 6761, 6.2 and 6.5: software is to treat these as any other name. They are accepted, and warned of.
_SAMPLE = ("test", "example")


def _split(raw: str) -> tuple[SplitResult, ada_url.URL]:
    """Let both parsers read it, after a look at the part before the path, where each fails in its own way."""
    authority = re.split(r"[/?#]", raw[len("https://") :], maxsplit=1)[0]
    if "@" in authority:
        _refuse("url_userinfo")
    if "[" in authority or _is_numeric(authority.partition(":")[0]):
        _refuse("url_ip_address")
    if ":" in authority:
        _refuse("url_port")
    if "%" in authority:
        _refuse("url_host")
    try:
        return urlsplit(raw), ada_url.URL(raw)
    except ValueError:
        _refuse("url_host")


def _is_numeric(host: str) -> bool:
    """Whether a browser takes a host for an IPv4 address, in any notation, circled digits included."""
    plain = _bare_host(unicodedata.normalize("NFKC", host).replace("。", "."))
    return _NUMERIC.fullmatch(plain.rpartition(".")[2]) is not None


def _bare_host(text: str) -> str:
    return text.partition(":")[0].lower().removesuffix(".")


def _canonical_host(netloc: str, browser: ada_url.URL) -> str:
    """The host in ASCII, when IDNA 2008 and the browser's rules agree on it."""
    host = _to_ascii(netloc.removesuffix("."))
    if host != browser.hostname.removesuffix("."):
        _refuse("url_ambiguous")
    labels = host.split(".")
    if len(host) > _MAX_HOST_CHARS or not all(_LABEL.fullmatch(label) for label in labels):
        _refuse("url_host")
    return host


def _to_ascii(written: str) -> str:
    host = written.lower()
    try:
        if not written.isascii():
            if _is_disguised(written) or idna.uts46_remap(host) != unicodedata.normalize("NFC", host):
                _refuse("url_host_lookalike")
            return idna.encode(host, uts46=True).decode("ascii")
        for label in host.split("."):
            if label.startswith("xn--") and idna.alabel(idna.ulabel(label)).decode("ascii") != label:
                _refuse("url_host")
    except UnicodeError:
        _refuse("url_host")
    return host


def _is_disguised(host: str) -> bool:
    """Whether some characters are plain ones in other shapes, such as full-width and circled letters, a Kelvin sign."""
    return any(not each.isascii() and unicodedata.normalize("NFKC", each).isascii() for each in host)


def _check_public(host: str, own_domain: str) -> None:
    top = host.rpartition(".")[2]
    if own_domain and _is_under(host, (own_domain,)):
        _refuse("url_own_site")
    if _is_numeric(host):
        _refuse("url_ip_address")
    if "." not in host or not _TOP_LABEL.fullmatch(top) or _is_under(host, _PRIVATE):
        _refuse("url_host_not_public")


def _is_under(host: str, domains: tuple[str, ...]) -> bool:
    return any(host == domain or host.endswith("." + domain) for domain in domains)


# Path, query, fragment

# RFC 3986's characters, brackets among them, which PHP's and Cal.com's parameter names use; `%` was checked.
# In a query a browser encodes the apostrophe.
_SAFE = "!#$%&'()*+,/:;=?@[]"
_SAFE_IN_QUERY = _SAFE.replace("'", "")
_QUESTION_FIRST = re.compile(r"(?:^|(?<=&))\?")


def _canonical_parts(python: SplitResult, browser: ada_url.URL) -> tuple[str, str, str]:
    """Path, query and fragment, percent-encoded where needed, when both parsers cut them alike."""
    path = quote(python.path or "/", safe=_SAFE)
    query = quote(python.query, safe=_SAFE_IN_QUERY)
    fragment = quote(python.fragment, safe=_SAFE)
    read = (
        quote(browser.pathname, safe=_SAFE),
        quote(browser.search.removeprefix("?"), safe=_SAFE_IN_QUERY),
        quote(browser.hash.removeprefix("#"), safe=_SAFE),
    )
    if (path, query, fragment) != read:
        _refuse("url_ambiguous")
    try:
        # Bytes that are no UTF-8 have no one reading as a parameter.
        unquote(query, errors="strict")
    except UnicodeDecodeError:
        _refuse("url_percent_encoding")
    # Of two question marks, programs that cut the query off by hand drop the second: then a name would be another one.
    return path, _QUESTION_FIRST.sub("%3F", query), fragment


def _check_agreement(url: str) -> None:
    """The last word on the canonical form: both parsers give every part, and every parameter, alike."""
    python, browser = urlsplit(url), ada_url.URL(url)
    pairs = parse_qsl(python.query, keep_blank_values=True)
    alike = (
        browser.href == url == python.geturl()
        and (browser.protocol, browser.hostname) == ("https:", python.netloc)
        and not (browser.port or browser.username or browser.password)
        and list(ada_url.URLSearchParams(python.query).items()) == pairs
    )
    if not alike:
        _refuse("url_ambiguous")


# Redirects around the address, and personal data in it

# Host, path, and the parameters that hold the target.
_WRAPPERS = (
    (re.compile(r"(?:www\.)?google\.com"), "/url", ("q", "url")),
    (re.compile(r"(?:[^.]+\.)+safelinks\.protection\.outlook\.com"), None, ("url",)),
    (re.compile(r"lm?\.facebook\.com"), "/l.php", ("u",)),
)

_PERSONAL: Final = frozenset(
    (
        "name", "fullname", "firstname", "lastname", "middlename", "givenname", "familyname", "surname",
        "fname", "lname",
        "customername", "clientname", "guestname", "attendeename",
        "inviteefullname", "inviteefirstname", "inviteelastname", "inviteename",
        "email", "mail", "emailaddress", "customeremail", "clientemail", "guestemail", "guestemails",
        "attendeeemail", "inviteeemail", "useremail",
        "phone", "phonenumber", "telephone", "tel", "mobile", "mobilephone", "cell", "cellphone", "smsphone",
        "customerphone", "clientphone", "guestphone", "attendeephone", "attendeephonenumber", "inviteephone",
        "dob", "birthday", "birthdate", "dateofbirth",
    )
)  # fmt: skip


def _find_wrapped(host: str, path: str, query: str) -> str | None:
    """The address inside a known redirect; None when this is none. Refuses one without a single target."""
    for hosts, at, params in _WRAPPERS:
        if hosts.fullmatch(host) and at in (None, path):
            targets = {value for name, value in parse_qsl(query, keep_blank_values=True) if name in params}
            if len(targets) != 1 or not all(targets):
                _refuse("url_wrapped")
            return targets.pop()
    return None


def _strip_personal(page: str, query: str) -> str:
    """The query without parameters that name a person, the rest byte for byte."""
    names = _PERSONAL | {_plain(name) for name in recognise_provider(f"{page}?{query}").strip_params}
    segments = query.split("&")
    kept = [segment for segment in segments if _plain(unquote_plus(segment.partition("=")[0])) not in names]
    return query if len(kept) == len(segments) else "&".join(kept)


def _plain(name: str) -> str:
    """`First-Name`, `first_name` and `firstName` are one."""
    return re.sub(r"[-_ ]", "", name).casefold()
