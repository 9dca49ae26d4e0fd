"""Builds the link that sends a visitor on to the tenant's booking page.

The tenant's address is kept byte for byte but for parameters of our names; ours follow, before the fragment.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import quote, unquote_to_bytes

from django.utils.translation import gettext

from tenant_apps.booking.providers import Provider

UTM_MEDIUM: Final = "booking_handoff"
REFERENCE_PARAM: Final = "tca_ref"

_UTM_PARAMS: Final = ("utm_source", "utm_medium", "utm_campaign")
_OUR_HOST: Final = "$OUR_HOST"
_Params = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Prefill:
    """What the visitor asked us to pass on: full name, email, phone in E.164. `repr` shows none of it."""

    name: str | None = field(default=None, repr=False)
    email: str | None = field(default=None, repr=False)
    phone: str | None = field(default=None, repr=False)


def build_outbound_url(
    *,
    base_url: str,
    provider: Provider,
    handoff_id: str,
    utm_source: str,
    utm_campaign: str,
    prefill: Prefill | None = None,
) -> str:
    """Return the link of one handoff: UTMs, `tca_ref`, the carrier, and what the provider takes of `prefill`.

    `base_url` is canonical (`validators.parse_booking_url`). Each of our parameters stands there exactly once,
    ours win, and building again on the result changes nothing. Without `prefill` nothing personal is added.
    """
    params = _list_utms(utm_source, utm_campaign)
    params.append((REFERENCE_PARAM, handoff_id))
    if provider.carrier not in (None, REFERENCE_PARAM):
        params.append((provider.carrier, handoff_id))
    if prefill is not None:
        params += _list_prefill(provider, prefill)
    return _set_params(base_url, params)


def build_plain_url(*, base_url: str, provider: Provider, utm_source: str, utm_campaign: str) -> str:
    """Return the tenant's link with our UTMs, for pages that know no handoff.

    A reference that `base_url` may hold is taken out: it would be of somebody else's handoff.
    """
    stale = [REFERENCE_PARAM, *([provider.carrier] if provider.carrier else [])]
    return _set_params(base_url, _list_utms(utm_source, utm_campaign), without=stale)


def build_frame_url(*, url: str, provider: Provider, our_host: str) -> str:
    """Return the address under which the page of `url` is put in a frame of ours, as its provider documents it.

    `our_host` is the host, with port where it has one, of the page around the frame.
    """
    page, segments, fragment = _cut(url)
    suffix = provider.embed.path_suffix
    if suffix and not page.endswith(suffix):
        page = page.removesuffix("/") + suffix
    query = "?" + "&".join(segments) if segments else ""
    params = [(name, our_host if value == _OUR_HOST else value) for name, value in provider.embed.url_params]
    return _set_params(f"{page}{query}{fragment}", params) if params else f"{page}{query}{fragment}"


def find_carrier_conflict(*, base_url: str, provider: Provider) -> str | None:
    """Return the provider's carrier when the tenant's own address already sets it, else None."""
    carrier = provider.carrier
    if carrier and any(_sets(segment, {carrier.encode()}) for segment in _cut(base_url)[1]):
        return carrier
    return None


def describe_carrier_conflict(*, base_url: str, provider: Provider) -> str | None:
    """Return the warning for the tenant at save when our reference will replace one of its own, else None."""
    carrier = find_carrier_conflict(base_url=base_url, provider=provider)
    if carrier is None:
        return None
    text = gettext("Your address sets %(name)s. We use it for our reference and replace its value in every link.")
    warning = text % {"name": carrier}
    others = gettext(" or ").join(provider.tracking.alternatives)
    hint = gettext("For a value of your own use %(others)s.") % {"others": others}
    return f"{warning} {hint}" if others else warning


def list_own_utms(*, base_url: str) -> list[str]:
    """Return which of the UTM parameters that we set the tenant's own address already sets: ours replace them."""
    segments = _cut(base_url)[1]
    return [name for name in _UTM_PARAMS if any(_sets(segment, {name.encode()}) for segment in segments)]


def _list_utms(source: str, campaign: str) -> _Params:
    return list(zip(_UTM_PARAMS, (source, UTM_MEDIUM, campaign), strict=True))


def _list_prefill(provider: Provider, given: Prefill) -> _Params:
    """Only what the provider documents. Where it wants two names, the first word is the first name."""
    takes = provider.prefill
    if not takes.tried:
        return []
    first, last = [*(given.name or "").split(maxsplit=1), "", ""][:2]
    wanted = [
        (takes.name, given.name),
        (takes.first_name, first),
        (takes.last_name, last.rstrip()),
        (takes.email, given.email),
        (takes.phone, given.phone),
    ]
    return [(param, value) for param, value in wanted if param and value]


def _set_params(url: str, params: _Params, *, without: Iterable[str] = ()) -> str:
    """The address with `params` at the end of its query, in order, and no other occurrence of their names."""
    page, segments, fragment = _cut(url)
    ours = {name.encode() for name in [*(name for name, _ in params), *without]}
    kept = [segment for segment in segments if not _sets(segment, ours)]
    added = [f"{_encode_name(name)}={_encode(value)}" for name, value in params]
    return f"{page}?{'&'.join([*kept, *added])}{fragment}"


def _cut(url: str) -> tuple[str, list[str], str]:
    """The address before its query, the query's segments, the fragment with its `#`."""
    rest, mark, fragment = url.partition("#")
    page, _, query = rest.partition("?")
    return page, [segment for segment in query.split("&") if segment], mark + fragment


def _sets(segment: str, names: set[bytes]) -> bool:
    """Whether a segment of a query sets one of the parameters, however its name is percent-encoded."""
    return unquote_to_bytes(segment.partition("=")[0].replace("+", " ")) in names


def _encode_name(name: str) -> str:
    # Brackets stay: Cal.com's document writes metadata[key] so; the encoded spelling was not seen to work.
    return quote(name, safe="[]:")


def _encode(value: str) -> str:
    # A lone surrogate, which no UTF-8 has, becomes a question mark instead of an exception.
    return quote(value, safe="", errors="replace")
