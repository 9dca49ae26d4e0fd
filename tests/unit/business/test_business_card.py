"""What visitors are shown of a business: hours and phones as people there write them, a colour that can be read."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenant_apps.business.industries import INDUSTRIES, Tone
from tenant_apps.business.selectors import BusinessCard, format_phone, relative_luminance

MONDAY = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)


def make_card(**changes: object) -> BusinessCard:
    given: dict[str, object] = {
        "name": "Alpha",
        "industry": "salon",
        "phone": "",
        "email": "",
        "address": "",
        "hours": (("mon", "09:00", "12:30"), ("mon", "14:00", "17:00"), ("sun", "00:00", "23:59")),
        "services": (),
        "brand_colour": "#3453d1",
        "time_zone": "America/New_York",
        "region": "US",
        "language": "en",
        "frame_origins": (),
    }
    return BusinessCard(**(given | changes))  # type: ignore[arg-type]  # a test's shorthand


@pytest.mark.parametrize(
    ("language", "region", "label", "text", "closed"),
    [
        ("en", "US", "Monday", "9:00\u202fAM – 12:30\u202fPM, 2:00\u202fPM – 5:00\u202fPM", "Closed"),
        ("en", "GB", "Monday", "09:00 – 12:30, 14:00 – 17:00", "Closed"),
        ("es", "ES", "Lunes", "9:00 – 12:30, 14:00 – 17:00", "Closed"),
        ("en", "XX", "Monday", "9:00\u202fAM – 12:30\u202fPM, 2:00\u202fPM – 5:00\u202fPM", "Closed"),
    ],
)
def test_hours_are_written_as_in_the_region(language: str, region: str, label: str, text: str, closed: str) -> None:
    lines = make_card(region=region).list_hours(now=MONDAY, language=language)
    assert len(lines) == 7
    assert (lines[0].label, lines[0].text) == (label, text)
    assert lines[1].text == closed


def test_hours_that_nobody_gave_are_no_week_of_closed_days() -> None:
    assert make_card(hours=()).list_hours(now=MONDAY, language="en") == []


@pytest.mark.parametrize(
    ("zone", "today"), [("America/New_York", 0), ("Pacific/Auckland", 1), ("Pacific/Pago_Pago", 0)]
)
def test_today_is_the_businesss_own(zone: str, today: int) -> None:
    lines = make_card(time_zone=zone).list_hours(now=MONDAY, language="en")
    assert [number for number, line in enumerate(lines) if line.is_today] == [today]


@pytest.mark.parametrize(
    ("phone", "region", "shown"),
    [
        ("+17725550177", "US", "(772) 555-0177"),
        ("+17725550177", "CA", "(772) 555-0177"),
        ("+17725550177", "ES", "+1 772-555-0177"),
        ("+34612345678", "ES", "612 34 56 78"),
        ("+442079460018", "GB", "020 7946 0018"),
        ("maria@example.com", "US", "maria@example.com"),
        ("", "US", ""),
    ],
)
def test_phone_is_written_as_in_the_region(phone: str, region: str, shown: str) -> None:
    assert format_phone(phone, region=region) == shown


def test_address_leads_to_the_visitors_map() -> None:
    assert make_card(address="1 Ocean & Main, #4").map_url == (
        "https://www.google.com/maps/search/?api=1&query=1+Ocean+%26+Main%2C+%234"
    )
    assert make_card().map_url == ""


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((relative_luminance(one), relative_luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@given(st.integers(min_value=0, max_value=0xFFFFFF))
def test_text_on_any_brand_colour_can_be_read(colour: int) -> None:
    card = make_card(brand_colour=f"#{colour:06x}")
    assert contrast(card.brand_colour, card.accent_text) >= 4.5


def test_registry_has_the_industries_and_each_is_whole() -> None:
    promised = (
        "salon barbershop med-spa dental fitness massage auto-detailing home-services pet-grooming photography "
        "tutoring restaurant"
    )
    assert set(promised.split()) <= set(INDUSTRIES)
    for slug, industry in INDUSTRIES.items():
        assert industry.slug == slug
        assert len(industry.services) == len(set(industry.services)) >= (3 if slug == "other" else 4)
        assert industry.tone in set(Tone)
        for text in (industry.label, industry.tagline, industry.about, industry.opening):
            assert text.strip()
    for name in ("label", "tagline", "opening", "accent"):
        assert len({getattr(industry, name) for industry in INDUSTRIES.values()}) == len(INDUSTRIES), name
