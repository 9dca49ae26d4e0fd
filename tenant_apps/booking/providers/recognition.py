"""Finds the provider of an address by its host, path and parameters."""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Protocol
from urllib.parse import parse_qsl, urlsplit

from tenant_apps.booking.providers.records import Framing, Provider
from tenant_apps.booking.providers.registry import GENERIC, PROVIDERS


class HasUrl(Protocol):
    """A checked address, such as `validators.BookingUrl`."""

    @property
    def url(self) -> str: ...


@dataclass(frozen=True, slots=True)
class _Shape:
    """One address shape, compiled; `provider` carries the framing that holds for it."""

    path: re.Pattern[str]
    query: frozenset[str]
    provider: Provider

    def fits(self, path: str, names: frozenset[str]) -> bool:
        return self.query <= names and self.path.fullmatch(path) is not None


# Printable ASCII without a backslash: what a canonical address consists of.
_CANONICAL = re.compile(r"https://[a-z0-9.-]+(?:[/?#][!-\[\]-~]*)?")


def find_provider(name: str) -> Provider | None:
    """Return the provider with this id or label, in any case; None when there is none."""
    return _by_name.get(name.casefold())


def recognise_provider(url: HasUrl | str, *, chosen: str | None = None) -> Provider:
    """Return the provider that serves an address, as far as known for that very address; else `GENERIC`.

    `url` is canonical (`validators.parse_booking_url`); anything else is generic. `chosen` is the id or label
    of the provider the tenant names. It counts only where the address tells nothing and that provider can run
    on a tenant's own host: a name typed by hand never overrides what the host says.
    """
    address = url if isinstance(url, str) else url.url
    if _CANONICAL.fullmatch(address) is None:
        return GENERIC
    parts = urlsplit(address)
    path = parts.path.removesuffix("/")
    names = frozenset(name.casefold() for name, _ in parse_qsl(parts.query, keep_blank_values=True))
    for shape in _list_shapes(parts.netloc.removeprefix("www.")):
        if shape.fits(path, names):
            return shape.provider
    return _choose(chosen, path) if chosen else GENERIC


def _list_shapes(host: str) -> Iterator[_Shape]:
    """The shapes of a host: of the host itself when it is listed, else of the wildcards above it."""
    if host in _exact:
        yield from _exact[host]
        return
    for wildcard, shape in _wildcards:
        if wildcard.fullmatch(host):
            yield shape


def _choose(chosen: str, path: str) -> Provider:
    provider = find_provider(chosen)
    if provider is None or provider.own_host is None:
        return GENERIC
    if re.fullmatch(provider.own_host.path, path, re.IGNORECASE) is None:
        return GENERIC
    return _with_framing(provider, provider.own_host.framing)


def _with_framing(provider: Provider, framing: Framing | None) -> Provider:
    if framing is None:
        return provider
    return replace(provider, embed=replace(provider.embed, framing=framing))


def _compile_wildcard(glob: str) -> re.Pattern[str]:
    """`*.` at the front is one or more labels, a `*` elsewhere a part of one label."""
    prefix, rest = (r"(?:[^.]+\.)+", glob[2:]) if glob.startswith("*.") else ("", glob)
    return re.compile(prefix + re.escape(rest).replace(r"\*", "[^.]+"))


_exact: dict[str, list[_Shape]] = defaultdict(list)
_wildcards: list[tuple[re.Pattern[str], _Shape]] = []
_by_name: dict[str, Provider] = {}


def _index() -> None:
    for provider in PROVIDERS:
        _by_name.update({provider.id: provider, provider.label.casefold(): provider})
        for pattern in provider.hosts:
            shape = _Shape(
                path=re.compile(pattern.path, re.IGNORECASE),
                query=frozenset(name.casefold() for name in pattern.query),
                provider=_with_framing(provider, pattern.framing),
            )
            for host in pattern.hosts:
                if "*" in host:
                    _wildcards.append((_compile_wildcard(host), shape))
                else:
                    _exact[host].append(shape)


_index()
