"""Asks the DNS whether whoever runs a name has put our token there: a TXT record, as RFC 8552 names such.

What cannot be asked is not "no": a resolver that is away must not take a business's domain from it.
"""

from enum import Enum, auto
from typing import TYPE_CHECKING, Final

from django.conf import settings

if TYPE_CHECKING:
    from dns.resolver import Resolver

PATIENCE: Final = 4.0
"""Seconds for all tries together."""
_LABEL: Final = "_handoff-challenge"


class Proof(Enum):
    """What the DNS says: the token is there, it is not, or nobody answered."""

    FOUND = auto()
    MISSING = auto()
    UNKNOWN = auto()


def record_name(host: str) -> str:
    """Return the name of the TXT record for a host."""
    return f"{_LABEL}.{host}"


def record_value(token: str) -> str:
    """Return what the TXT record must hold."""
    return f"handoff-verify={token}"


def look_for_proof(*, host: str, token: str) -> Proof:
    """Ask for the TXT record of `host`, by UDP, and by TCP where the answer is long; within PATIENCE seconds.

    A CNAME at the record's name is followed. Never raises for what the DNS does.
    """
    import dns.exception  # here, since few processes ever ask
    import dns.rdatatype
    import dns.resolver

    try:
        answer = _resolver().resolve(record_name(host), dns.rdatatype.TXT, lifetime=PATIENCE, search=False)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return Proof.MISSING
    except (dns.exception.DNSException, OSError):
        return Proof.UNKNOWN
    texts = [b"".join(record.strings) for record in answer]
    return Proof.FOUND if record_value(token).encode() in texts else Proof.MISSING


def _resolver() -> "Resolver":
    """The system's resolver, or the servers of DNS_SERVERS."""
    import dns.nameserver
    import dns.resolver

    resolver = dns.resolver.Resolver(configure=not settings.DNS_SERVERS)
    if settings.DNS_SERVERS:
        pairs = [server.rpartition(":") for server in settings.DNS_SERVERS]
        resolver.nameservers = [dns.nameserver.Do53Nameserver(address, int(port)) for address, _, port in pairs]
    resolver.cache = None
    return resolver
