"""May a page be framed by ours? Read off its response headers, as browsers do.

X-Frame-Options by the HTML standard ("check a navigation response's adherence to X-Frame-Options"), frame-ancestors by
Content Security Policy Level 3, sections 6.4.2 and 6.7.2.
"""

import re
from collections.abc import Sequence
from enum import StrEnum
from urllib.parse import urlsplit

Headers = Sequence[tuple[str, str]]

_DEFAULT_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}
_NETWORK = ("http", "https", "ws", "wss")
# An http source also admits the secure scheme (CSP3, 6.7.2.8).
_UPGRADES = {"http": ("http", "https"), "ws": ("ws", "wss", "http", "https"), "wss": ("wss", "https")}
_SCHEME_SOURCE = re.compile(r"([a-z][a-z0-9+.-]*):")
_HOST_SOURCE = re.compile(
    r"(?:([a-z][a-z0-9+.-]*)://)?(\*|(?:\*\.)?[a-z0-9-]+(?:\.[a-z0-9-]+)*)(?::(\d{1,5}|\*))?(?:/.*)?"
)


class FramingVerdict(StrEnum):
    """What the headers say."""

    ALLOWED = "allowed"
    REFUSED = "refused"


def read_framing(headers: Headers, *, provider_url: str, parent_origin: str) -> FramingVerdict:
    """Return whether a page of `parent_origin` may show `provider_url`, answered with `headers`, in a frame.

    Any policy with frame-ancestors makes X-Frame-Options void; then each such policy must admit the parent.
    """
    policies = list(_list_ancestors(headers))
    if policies:
        allowed = all(_admits(sources, provider_url, parent_origin) for sources in policies)
    else:
        allowed = _options_admit(headers, provider_url, parent_origin)
    return FramingVerdict.ALLOWED if allowed else FramingVerdict.REFUSED


def _get_all(headers: Headers, name: str) -> list[str]:
    return [value for given, value in headers if given.lower() == name]


def _list_ancestors(headers: Headers) -> list[list[str]]:
    """The sources of the first frame-ancestors directive of each enforced policy that has one."""
    found = []
    for policy in ",".join(_get_all(headers, "content-security-policy")).split(","):
        for directive in policy.split(";"):
            name, *sources = directive.split() or [""]
            if name.lower() == "frame-ancestors":
                found.append([source.lower() for source in sources])
                break
    return found


def _admits(sources: list[str], provider_url: str, parent_origin: str) -> bool:
    return any(_matches(source, provider_url, parent_origin) for source in sources)


def _matches(source: str, provider_url: str, parent_origin: str) -> bool:
    """Whether one source expression, in lower case, admits the parent; an unknown one admits nobody."""
    if source == "'self'":
        return _origin(provider_url) == _origin(parent_origin)
    scheme, host, port = _origin(parent_origin)
    if source == "*":
        return scheme in _NETWORK
    if bare := _SCHEME_SOURCE.fullmatch(source):
        return _scheme_admits(bare[1], scheme)
    match = _HOST_SOURCE.fullmatch(source)
    if match is None:
        return False
    wanted_scheme, wanted_host, wanted_port = match[1] or _origin(provider_url)[0], match[2], match[3]
    return (
        _scheme_admits(wanted_scheme, scheme)
        and _host_admits(wanted_host, host)
        and _port_admits(wanted_port, port, wanted_scheme, scheme)
    )


def _origin(url: str) -> tuple[str, str, int | None]:
    parts = urlsplit(url.lower())
    return parts.scheme, parts.hostname or "", parts.port or _DEFAULT_PORTS.get(parts.scheme)


def _scheme_admits(wanted: str, scheme: str) -> bool:
    return scheme in _UPGRADES.get(wanted, (wanted,))


def _host_admits(wanted: str, host: str) -> bool:
    if wanted == "*":
        return bool(host)
    if wanted.startswith("*."):
        return host.endswith(wanted[1:])
    return host == wanted


def _port_admits(wanted: str | None, port: int | None, wanted_scheme: str, scheme: str) -> bool:
    """Default ports stand for none; 80 admits 443 where the scheme was upgraded (CSP3, 6.7.2.11)."""
    if wanted == "*":
        return True
    if wanted is None:
        return port == _DEFAULT_PORTS.get(scheme)
    return int(wanted) == port or (int(wanted) == 80 and port == 443 and wanted_scheme != scheme)


def _options_admit(headers: Headers, provider_url: str, parent_origin: str) -> bool:
    values = {value.strip().lower() for value in ",".join(_get_all(headers, "x-frame-options")).split(",")}
    if len(values) > 1 and values & {"deny", "allowall", "sameorigin"}:
        return False  # they contradict one another
    if "deny" in values:
        return False
    return "sameorigin" not in values or _origin(provider_url) == _origin(parent_origin)
