"""What holds for every accepted address and every link built on it."""

from urllib.parse import parse_qsl, unquote_to_bytes, urlsplit

import ada_url
import pytest
from django.utils.encoding import iri_to_uri
from hypothesis import assume, example, given
from hypothesis import strategies as st

from tenant_apps.booking.links import Prefill, build_outbound_url, build_plain_url
from tenant_apps.booking.providers import Provider, recognise_provider
from tenant_apps.booking.validators import MAX_URL_CHARS, InvalidBookingUrlError, parse_booking_url

OUR_UTMS = ["utm_source", "utm_medium", "utm_campaign"]
# Places with each kind of carrier and prefill, and an unknown one.
PAGES = [
    "https://calendly.com/acme/intro",
    "https://cal.com/acme/intro",
    "https://acme.as.me/schedule.php",
    "https://zcal.co/acme/intro",
    "https://meetings.hubspot.com/acme",
    "https://example.com",
    "https://b\u00fccher.example/a//b/",
]

# Names: ours in several spellings, others' names, and anything.
own_names = st.sampled_from(
    [
        *OUR_UTMS,
        "utm_content",
        "tca_ref",
        "metadata[tca_ref]",
        "metadata%5Btca_ref%5D",
        "%75tm_source",
        "utm%5fmedium",
        "utm%5Fcampaign",
        "tca%5Fref",
        "UTM_SOURCE",
        "utm_source[]",
        "utm+source",
        "%2575tm_source",
    ]
)
characters = st.one_of(
    st.sampled_from(list("abcXYZ019-._~!$'()*,;:@/?+=[]|^`\"")),
    st.sampled_from(
        ["%20", "%2B", "%26", "%3D", "%25", "%23", "%c3%a4", "%F0%9F%98%80", "%e2%80%ae", "&", "&&", "=", ""]
    ),
    st.characters(min_codepoint=0xA1, exclude_categories=["C", "Z"]),
)
texts = st.lists(characters, max_size=8).map("".join)
segments = st.one_of(
    own_names,
    texts,
    st.builds(lambda name, value: f"{name}={value}", st.one_of(own_names, texts), texts),
)
queries = st.lists(segments, max_size=6).map("&".join)
addresses = st.builds(
    lambda page, query, fragment: page + query + fragment,
    st.sampled_from(PAGES),
    st.one_of(st.just(""), queries.map("?{}".format)),
    st.one_of(st.just(""), texts.map("#{}".format)),
)
ids = st.uuids().map(str)
labels = st.text(st.characters(exclude_categories=["C"]), min_size=1, max_size=20)
visible = st.text(min_size=1, max_size=20)
prefills = st.one_of(st.none(), st.builds(Prefill, name=visible, email=visible, phone=visible))


def read_alike(url: str) -> list[tuple[str, str]]:
    """The parameters of an address, when both parsers give every part of it alike."""
    python, browser = urlsplit(url), ada_url.URL(url)
    assert browser.href == url
    assert python.scheme + ":" == browser.protocol == "https:"
    assert python.netloc == browser.host == browser.hostname == python.hostname
    assert (browser.username, browser.password, browser.port) == ("", "", "")
    assert python.path == browser.pathname
    assert python.query == browser.search.removeprefix("?")
    assert python.fragment == browser.hash.removeprefix("#")
    pairs = parse_qsl(python.query, keep_blank_values=True)
    assert pairs == list(ada_url.URLSearchParams(python.query).items())
    return pairs


def decode_name(segment: str) -> bytes:
    return unquote_to_bytes(segment.partition("=")[0].replace("+", " "))


def split_segments(url: str) -> list[str]:
    return [segment for segment in urlsplit(url).query.split("&") if segment]


def list_prefill_params(provider: Provider) -> set[str]:
    """The names of the parameters a provider takes for a visitor's details."""
    takes = provider.prefill
    names = (takes.name, takes.first_name, takes.last_name, takes.email, takes.phone)
    return {name for name in names if name and takes.tried}


@given(addresses)
@example("https://example.com/?utm_source&?")
@example("https://example.com/?a&b=&=c&&a=2;x=3&d=e+f%20g%2B")
@example("https://example.com?#")
def test_accepted_address_is_canonical_and_read_alike(raw: str) -> None:
    try:
        parsed = parse_booking_url(raw)
    except InvalidBookingUrlError:
        assume(False)  # what is refused is the subject of test_booking_url.py
    read_alike(parsed.url)
    assert parsed.url.isascii()
    assert len(parsed.url) <= MAX_URL_CHARS
    assert urlsplit(parsed.url).netloc == parsed.host
    assert parse_booking_url(parsed.url).url == parsed.url
    # Django writes a Location header through this: the header holds the very address.
    assert iri_to_uri(parsed.url) == parsed.url


@given(st.one_of(st.text(max_size=60), st.text(max_size=60).map("https://{}".format)))
@example("https://[")
@example("https://a\u2100.com/")
@example("https://xn--.com/")
@example("https://xn--0.xn--1/")
@example("https://\u0660.com/")
def test_any_text_is_accepted_or_refused_and_never_fails_otherwise(raw: str) -> None:
    try:
        parsed = parse_booking_url(raw)
    except InvalidBookingUrlError:
        return
    read_alike(parsed.url)


@given(address=addresses, handoff_id=ids, source=labels, campaign=labels, prefill=prefills)
@example(address="https://example.com/?utm_source&?", handoff_id="0", source="s", campaign="c", prefill=None)
def test_outbound_url_keeps_what_is_the_tenants_and_sets_each_of_ours_once(
    address: str, handoff_id: str, source: str, campaign: str, prefill: Prefill | None
) -> None:
    try:
        base = parse_booking_url(address)
    except InvalidBookingUrlError:
        assume(False)  # no link is built on a refused address
    provider = recognise_provider(base)

    def build(base_url: str, given: Prefill | None) -> str:
        return build_outbound_url(
            base_url=base_url,
            provider=provider,
            handoff_id=handoff_id,
            utm_source=source,
            utm_campaign=campaign,
            prefill=given,
        )

    url = build(base.url, prefill)
    pairs = read_alike(url)
    ours = dict(zip(OUR_UTMS, (source, "booking_handoff", campaign), strict=True)) | {"tca_ref": handoff_id}
    if provider.carrier:
        ours[provider.carrier] = handoff_id
    for name, value in ours.items():
        assert [found for key, found in pairs if key == name] == [value]
    assert list(ours.items()) == [pair for pair in pairs if pair[0] in ours]

    # All that is not ours is there byte for byte and in order, and first.
    personal = set() if prefill is None else list_prefill_params(provider)
    names = {name.encode() for name in personal.union(ours)}
    foreign = [segment for segment in split_segments(base.url) if decode_name(segment) not in names]
    assert split_segments(url)[: len(foreign)] == foreign
    before, after = urlsplit(base.url), urlsplit(url)
    assert (after.netloc, after.path, after.fragment) == (before.netloc, before.path, before.fragment)
    if prefill is None:
        assert len(split_segments(url)) == len(foreign) + len(ours)

    assert build(url, prefill) == url
    assert build(build(base.url, None), None) == build(base.url, None)
    assert iri_to_uri(url) == url


@given(page=st.sampled_from(PAGES), handoff_id=ids)
def test_outbound_url_holds_personal_data_only_when_asked(page: str, handoff_id: str) -> None:
    base = parse_booking_url(page)
    provider = recognise_provider(base)
    jane = Prefill(name="Jane Quux", email="jane@quux.example", phone="+17725550100")
    urls = [
        build_outbound_url(
            base_url=base.url,
            provider=provider,
            handoff_id=handoff_id,
            utm_source="s",
            utm_campaign="c",
            prefill=prefill,
        )
        for prefill in (None, jane)
    ]
    for word in ("Jane", "Quux", "quux", "7725550100"):
        assert word not in urls[0]
    assert ("Jane" in urls[1]) == ("name" in provider.to_public()["prefill"])
    assert ("jane%40quux" in urls[1]) == ("email" in provider.to_public()["prefill"])
    assert ("7725550100" in urls[1]) == ("phone" in provider.to_public()["prefill"])


@given(address=addresses, source=labels, campaign=labels)
def test_plain_url_has_our_utms_once_and_no_reference(address: str, source: str, campaign: str) -> None:
    try:
        base = parse_booking_url(address)
    except InvalidBookingUrlError:
        assume(False)  # no link is built on a refused address
    provider = recognise_provider(base)
    url = build_plain_url(base_url=base.url, provider=provider, utm_source=source, utm_campaign=campaign)
    pairs = read_alike(url)
    assert pairs[-3:] == list(zip(OUR_UTMS, (source, "booking_handoff", campaign), strict=True))
    names = [name for name, _ in pairs]
    assert [names.count(name) for name in OUR_UTMS] == [1, 1, 1]
    assert "tca_ref" not in names
    assert provider.carrier not in names


@pytest.mark.parametrize("page", PAGES)
def test_generated_pages_are_accepted(page: str) -> None:
    assert parse_booking_url(page).url.startswith("https://")
