"""The link that sends a visitor on, by example."""

from dataclasses import replace

import pytest

from tenant_apps.booking.links import (
    Prefill,
    build_frame_url,
    build_outbound_url,
    build_plain_url,
    describe_carrier_conflict,
    find_carrier_conflict,
    list_own_utms,
)
from tenant_apps.booking.providers import GENERIC, Tracking, recognise_provider
from tenant_apps.booking.validators import parse_booking_url

ID = "01993d2c-7b1e-7c3a-9f00-2b6f0c6f1a11"
OURS = f"utm_source=treasurecoastai&utm_medium=booking_handoff&utm_campaign=industry-demo&tca_ref={ID}"
PLAIN = "utm_source=treasurecoastai&utm_medium=booking_handoff&utm_campaign=industry-demo"
JANE = Prefill(name="Jane van der Doe", email="jane+x@example.com", phone="+17725550100")


def link(address: str, prefill: Prefill | None = None) -> str:
    base = parse_booking_url(address)
    return build_outbound_url(
        base_url=base.url,
        provider=recognise_provider(base),
        handoff_id=ID,
        utm_source="treasurecoastai",
        utm_campaign="industry-demo",
        prefill=prefill,
    )


def plain(address: str) -> str:
    return build_plain_url(
        base_url=address,
        provider=recognise_provider(address),
        utm_source="treasurecoastai",
        utm_campaign="industry-demo",
    )


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        # The contract's example, and demo tenant B
        (
            "https://calendly.com/coastal-cuts-demo/haircut",
            f"https://calendly.com/coastal-cuts-demo/haircut?{OURS}&utm_content={ID}",
        ),
        ("https://harborwellness.as.me/schedule.php", f"https://harborwellness.as.me/schedule.php?{OURS}"),
        # Carriers
        ("https://cal.com/acme/intro", f"https://cal.com/acme/intro?{OURS}&metadata[tca_ref]={ID}"),
        ("https://zcal.co/acme/intro", f"https://zcal.co/acme/intro?{OURS}&utm_content={ID}"),
        ("https://meetings.hubspot.com/acme", f"https://meetings.hubspot.com/acme?{OURS}"),
        ("https://example.com/book", f"https://example.com/book?{OURS}"),
        # The tenant's own parameters stay, in order, before ours; the fragment stays last
        (
            "https://app.acuityscheduling.com/schedule.php?owner=1&appointmentType=category:Hair%20cuts",
            f"https://app.acuityscheduling.com/schedule.php?owner=1&appointmentType=category:Hair%20cuts&{OURS}",
        ),
        ("https://example.com?b=2&a=1&b=3#top", f"https://example.com/?b=2&a=1&b=3&{OURS}#top"),
        ("https://example.com/#/book?x=1", f"https://example.com/?{OURS}#/book?x=1"),
        ("https://example.com/?a=1#/book#2", f"https://example.com/?a=1&{OURS}#/book#2"),
        ("https://example.com/?a&b=&=c;d=e+%2B", f"https://example.com/?a&b=&=c;d=e+%2B&{OURS}"),
        ("https://example.com/?a=1&&b=2&", f"https://example.com/?a=1&b=2&{OURS}"),
        # Ours win, however their names are spelt
        (
            "https://example.com/?utm_source=x&a=1&utm_medium=y&utm_campaign=z&utm_source=w&tca_ref=evil&b=2",
            f"https://example.com/?a=1&b=2&{OURS}",
        ),
        (
            "https://example.com/?%75tm_source=x&utm%5Fmedium&tca%5fref=&a=1",
            f"https://example.com/?a=1&{OURS}",
        ),
        (
            "https://cal.com/acme/intro?metadata%5Btca_ref%5D=a&metadata[tca_ref]=b&metadata[x]=c",
            f"https://cal.com/acme/intro?metadata[x]=c&{OURS}&metadata[tca_ref]={ID}",
        ),
        ("https://calendly.com/a/b?utm_content=mine", f"https://calendly.com/a/b?{OURS}&utm_content={ID}"),
        # What is not ours is not touched
        ("https://example.com/?utm_content=mine", f"https://example.com/?utm_content=mine&{OURS}"),
        (
            "https://example.com/?UTM_SOURCE=x&utm_term=y",
            f"https://example.com/?UTM_SOURCE=x&utm_term=y&{OURS}",
        ),
        ("https://example.com/?x=utm_source%3D1", f"https://example.com/?x=utm_source%3D1&{OURS}"),
        ("https://example.com/?%2575tm_source=1", f"https://example.com/?%2575tm_source=1&{OURS}"),
        ("https://example.com/??utm_source=1", f"https://example.com/?%3Futm_source=1&{OURS}"),
        ("https://example.com/?utm_source=1&?a=2", f"https://example.com/?%3Fa=2&{OURS}"),
        ("https://example.com/?a=1;utm_source=2", f"https://example.com/?a=1;utm_source=2&{OURS}"),
    ],
)
def test_outbound_url_is_exact(address: str, expected: str) -> None:
    assert link(address) == expected


def test_outbound_url_values_of_the_tenant_are_encoded() -> None:
    url = build_outbound_url(
        base_url="https://example.com/",
        provider=GENERIC,
        handoff_id=ID,
        utm_source="caf\u00e9 & co=1#x",
        utm_campaign="100% \ud800",
    )
    assert url == (
        "https://example.com/?utm_source=caf%C3%A9%20%26%20co%3D1%23x&utm_medium=booking_handoff"
        f"&utm_campaign=100%25%20%3F&tca_ref={ID}"
    )


@pytest.mark.parametrize(
    ("address", "personal"),
    [
        ("https://calendly.com/a/b", "name=Jane%20van%20der%20Doe&email=jane%2Bx%40example.com"),
        (
            "https://cal.com/a/b",
            "name=Jane%20van%20der%20Doe&email=jane%2Bx%40example.com&attendeePhoneNumber=%2B17725550100",
        ),
        (
            "https://acme.as.me/",
            "firstName=Jane&lastName=van%20der%20Doe&email=jane%2Bx%40example.com&phone=%2B17725550100",
        ),
        (
            "https://zcal.co/a/b",
            "name=Jane%20van%20der%20Doe&email=jane%2Bx%40example.com&smsPhone=%2B17725550100",
        ),
    ],
)
def test_outbound_url_prefill_uses_the_documented_parameters(address: str, personal: str) -> None:
    assert link(address, JANE) == f"{link(address)}&{personal}"


@pytest.mark.parametrize(
    "address",
    [
        "https://meetings.hubspot.com/acme",
        "https://tidycal.com/a/b",
        "https://acme.setmore.com/",
        "https://www.vagaro.com/acme",
        "https://example.com/",
    ],
)
def test_outbound_url_prefill_without_documented_parameters_adds_nothing(address: str) -> None:
    assert link(address, JANE) == link(address)


def test_outbound_url_prefill_adds_only_what_is_given() -> None:
    assert link("https://acme.as.me/", Prefill(name=" Jane ")) == f"{link('https://acme.as.me/')}&firstName=Jane"
    assert link("https://acme.as.me/", Prefill(email="", phone=None)) == link("https://acme.as.me/")
    typed = Prefill(name=" Jane  van Doe ")
    assert link("https://acme.as.me/", typed) == f"{link('https://acme.as.me/')}&firstName=Jane&lastName=van%20Doe"


def test_outbound_url_sets_the_reference_once_where_it_is_the_carrier_too() -> None:
    url = build_outbound_url(
        base_url="https://example.com/",
        provider=replace(GENERIC, tracking=Tracking(ref_param="tca_ref")),
        handoff_id=ID,
        utm_source="treasurecoastai",
        utm_campaign="industry-demo",
    )
    assert url == f"https://example.com/?{OURS}"


def test_prefill_is_not_shown_where_objects_are_logged() -> None:
    assert repr(JANE) == "Prefill()"


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("https://calendly.com/a/b", f"https://calendly.com/a/b?{PLAIN}"),
        ("https://calendly.com/a/b?x=1#f", f"https://calendly.com/a/b?x=1&{PLAIN}#f"),
        (
            f"https://calendly.com/a/b?tca_ref={ID}&utm_content={ID}&x=1",
            f"https://calendly.com/a/b?x=1&{PLAIN}",
        ),
        ("https://example.com/?utm_content=mine", f"https://example.com/?utm_content=mine&{PLAIN}"),
    ],
)
def test_plain_url_has_our_utms_and_no_reference(address: str, expected: str) -> None:
    assert plain(address) == expected


@pytest.mark.parametrize(
    ("address", "framed"),
    [
        (
            "https://calendly.com/a/b?x=1&embed_domain=evil.example#top",
            "https://calendly.com/a/b?x=1&embed_domain=alpha.example.com%3A8000&embed_type=Inline#top",
        ),
        ("https://acme.as.me/schedule.php", "https://acme.as.me/schedule.php?ref=embedded_csp"),
        ("https://cal.com/a/b", "https://cal.com/a/b/embed"),
        ("https://cal.com/a/b/?x=1#top", "https://cal.com/a/b/embed?x=1#top"),
        ("https://cal.com/a/b/embed", "https://cal.com/a/b/embed"),
        ("https://example.com/book?x=1", "https://example.com/book?x=1"),
    ],
)
def test_frame_url_is_as_the_provider_documents_it(address: str, framed: str) -> None:
    provider = recognise_provider(address)
    assert build_frame_url(url=address, provider=provider, our_host="alpha.example.com:8000") == framed


@pytest.mark.parametrize(
    ("address", "conflict"),
    [
        ("https://calendly.com/a/b?utm_content=mine", "utm_content"),
        ("https://calendly.com/a/b?x=1&utm%5Fcontent", "utm_content"),
        ("https://cal.com/a/b?metadata%5Btca_ref%5D=1", "metadata[tca_ref]"),
        ("https://calendly.com/a/b?utm_term=mine", None),
        ("https://calendly.com/a/b#utm_content=mine", None),
        ("https://cal.com/a/b?utm_content=mine", None),
        ("https://example.com/?utm_content=mine", None),
    ],
)
def test_carrier_conflict_is_found_in_the_tenants_own_address(address: str, conflict: str | None) -> None:
    provider = recognise_provider(address)
    assert find_carrier_conflict(base_url=address, provider=provider) == conflict
    assert (describe_carrier_conflict(base_url=address, provider=provider) is None) == (conflict is None)


@pytest.mark.parametrize(
    ("address", "names"),
    [
        ("https://calendly.com/a/b", []),
        ("https://calendly.com/a/b?utm_campaign=x&utm%5Fsource=y&utm_term=z", ["utm_source", "utm_campaign"]),
        ("https://calendly.com/a/b#utm_source=mine", []),
    ],
)
def test_own_utms_are_found_in_the_tenants_own_address(address: str, names: list[str]) -> None:
    assert list_own_utms(base_url=address) == names


def test_carrier_conflict_warning_names_the_other_parameters() -> None:
    address = "https://calendly.com/a/b?utm_content=mine"
    assert describe_carrier_conflict(base_url=address, provider=recognise_provider(address)) == (
        "Your address sets utm_content. We use it for our reference and replace its value in every link. "
        "For a value of your own use utm_term or salesforce_uuid."
    )


def test_carrier_conflict_warning_ends_there_without_other_parameters() -> None:
    address = "https://cal.com/a/b?metadata[tca_ref]=mine"
    assert describe_carrier_conflict(base_url=address, provider=recognise_provider(address)) == (
        "Your address sets metadata[tca_ref]. We use it for our reference and replace its value in every link."
    )
