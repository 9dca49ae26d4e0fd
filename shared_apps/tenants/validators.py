"""What may be a subdomain, and how a host name is written."""

import re
from ipaddress import ip_address

import idna
from django.conf import settings

from shared_apps.errors import DomainError

_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_HOST = re.compile(r"(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*")

MIN_SUBDOMAIN_LENGTH = 3

# fmt: off
RESERVED_SUBDOMAINS = frozenset({
    "account", "accounts", "admin", "administrator", "api", "app", "apps", "assets", "auth", "autoconfig",
    "autodiscover", "billing", "cdn", "cname", "console", "dashboard", "dns", "docs", "email", "embed", "ftp",
    "git", "health", "help", "host", "hostmaster", "imap", "internal", "invalid", "local", "localdomain",
    "localhost", "login", "logout", "mail", "media", "metrics", "mx", "noc", "noreply", "ns", "ns1", "ns2", "null",
    "origin", "payment", "payments", "platform", "pop", "pop3", "portal", "postmaster", "proxy", "public",
    "register", "root", "security", "server", "signin", "signup", "smtp", "sql", "ssh", "ssl", "staging", "static",
    "status", "support", "sysadmin", "system", "template", "tenant", "tenants", "tls", "uploads", "webhook",
    "webhooks", "webmail", "webmaster", "wildcard", "wpad", "ws", "www", "www1", "www2",
})
# fmt: on


class InvalidSubdomainError(DomainError):
    """The subdomain cannot be used by anybody."""

    code = "subdomain_invalid"
    field = "subdomain"
    message = (
        "A subdomain has 3 to 63 characters: lower-case letters, digits and inner hyphens, starting with a letter."
    )


class ReservedSubdomainError(InvalidSubdomainError):
    """The subdomain is kept for the platform."""

    code = "subdomain_reserved"
    message = "This subdomain is reserved for the platform. Choose another one."


def check_subdomain(subdomain: str) -> str:
    """Return `subdomain` when a tenant may have it.

    Raises InvalidSubdomainError or ReservedSubdomainError. No repair is made (`ALPHA` is refused, not lowered):
    what the operator typed is what the tenant gets. `xn--` and other tagged labels (RFC 5891 section 4.2.3.1)
    are refused, since they can look like somebody else's name.
    """
    if (
        not _LABEL.fullmatch(subdomain)
        or len(subdomain) < MIN_SUBDOMAIN_LENGTH
        or subdomain[2:4] == "--"
        or not subdomain[0].isalpha()
    ):
        raise InvalidSubdomainError
    if subdomain in RESERVED_SUBDOMAINS or subdomain.startswith(("pg-", "t-")):
        raise ReservedSubdomainError
    return subdomain


class InvalidHostError(DomainError):
    """The host name cannot be a tenant's own domain."""

    code = "host_invalid"
    field = "host"
    message = "Give a full host name such as book.example.com, without https:// and path."


# Names that no DNS of the world's gives (RFC 6761, RFC 6762, RFC 7686, and those that networks use inside).
_NOWHERE = frozenset({"localhost", "local", "internal", "onion", "arpa", "lan", "home", "corp", "intranet"})


def check_own_host(raw: str) -> str:
    """Return the host name in the form that browsers send: ASCII (IDNA 2008, UTS 46), lower case, no trailing dot.

    Raises InvalidHostError for what is no public name, an IP address in any spelling, and the platform's own names and
    those above it. Whether it is the tenant's is for its DNS to say, so a public suffix needs no list here.
    """
    try:
        written = idna.encode(raw.strip().rstrip("."), uts46=True, transitional=False).decode("ascii").lower()
    except (idna.IDNAError, UnicodeError):
        raise InvalidHostError from None
    host = normalise_host(written)
    if host is None or ":" in written or "." not in host or len(host) > _MAX_HOST:
        raise InvalidHostError
    top = host.rpartition(".")[2]
    if not re.fullmatch(r"[a-z]{2,63}|xn--[a-z0-9-]{2,59}", top) or top in _NOWHERE or _is_address(host):
        raise InvalidHostError
    own = settings.SAAS_DOMAIN
    if host == own or host.endswith("." + own) or own.endswith("." + host):
        raise InvalidHostError("This name belongs to the platform.")
    return host


_MAX_HOST = 253 - len("_handoff-challenge.")


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def normalise_host(raw: str) -> str | None:
    """Return the host of a Host header: lower case, without port and trailing dot; None when it is no DNS name."""
    if len(raw) > 300 or not raw.isascii():
        return None
    host, colon, port = raw.lower().partition(":")
    if colon and not port.isdigit():
        return None
    host = host.removesuffix(".")
    return host if _HOST.fullmatch(host) else None


def is_machine(host: str) -> bool:
    """Return whether a normalised host is an IPv4 address or a bare name: no tenant can answer to either."""
    return "." not in host or host.replace(".", "").isdigit()
