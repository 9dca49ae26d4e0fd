"""Which provider an address belongs to, and what is known of each."""

import re
from fnmatch import fnmatchcase
from urllib.parse import urlsplit

import pytest
from pydantic import ValidationError

from tenant_apps.booking.providers import GENERIC, PROVIDERS, Framing, Provider, find_provider, recognise_provider
from tenant_apps.booking.providers.registry import load_registry
from tenant_apps.booking.validators import parse_booking_url

UUID = "0b5b5a3c-6f2e-4a6c-9a51-0d9d3f1c2b3a"

# provider, framing of that very address, addresses
KNOWN: list[tuple[str, str, list[str]]] = [
    (
        "calendly",
        "yes",
        [
            "https://calendly.com/acme",
            "https://calendly.com/acme/",
            "https://calendly.com/acme/intro",
            "https://calendly.com/d/abc-123/intro",
            "https://www.calendly.com/acme/intro",
            "https://CALENDLY.com./acme/intro?month=2026-12#x",
        ],
    ),
    (
        "calcom",
        "yes",
        [
            "https://cal.com/acme",
            "https://cal.com/acme/intro",
            "https://cal.com/team/t/e",
            "https://acme.cal.com/intro",
            "https://app.cal.com/acme/intro",
            "https://cal.com/d/hash/slug",
            "https://cal.com/forms/id",
            "https://cal.eu/acme/intro",
            "https://app.cal.eu/acme/intro",
        ],
    ),
    (
        "acuity",
        "yes",
        [
            "https://harborwellness.as.me/schedule.php",
            "https://harborwellness.as.me",
            "https://harborwellness.as.me/haircut",
            "https://acme.acuityscheduling.com",
            "https://acme.acuityscheduling.com/schedule.php",
            "https://app.acuityscheduling.com/schedule.php?owner=123",
            "https://app.acuityscheduling.com/schedule/9f3",
            "https://app.acuityscheduling.com/schedule/9f3/appointment/1/calendar/2",
            "https://app.squarespacescheduling.com/schedule.php?owner=123",
            "https://app.squarespacescheduling.com/schedule/9f3/appointment/1/calendar/2",
        ],
    ),
    (
        "square",
        "widget_only",
        [
            "https://book.squareup.com/appointments/m1/location/L1/services",
            "https://book.squareup.com/classes/location/L1",
            "https://squareup.com/appointments/book/m1/L1/services",
            "https://squareup.com/appointments/book/m1/L1/start?service_id=1",
            "https://app.squareup.com/appointments/book/m1/L1/start",
            "https://square.site/appointments/book/L1/acme",
            "https://acme.square.site",
            "https://app.squareup.com/appointments/buyer/widget/m1/L1.js",
            "https://square.site/appointments/buyer/widget/m1/L1.js",
            "https://square.link/u/abc",
        ],
    ),
    (
        "square",
        "verify",
        [
            "https://app.squareup.com/appointments/buyer/widget/m1/L1",
            "https://square.site/appointments/buyer/widget/m1/L1",
        ],
    ),
    (
        "mindbody",
        "widget_only",
        [
            "https://clients.mindbodyonline.com/classic/ws?studioid=-99",
            "https://clients.mindbodyonline.com/ws.asp?studioID=-99&stype=1",
            "https://go.mindbodyonline.com/book/widgets/schedules/view/1/schedule",
            "https://go.mindbodyonline.com/book/widgets/appointments/view/1/services",
            "https://go.mindbodyonline.com/book/app/acme",
            "https://mindbody.io/locations/acme",
            "https://go.booker.com/location/acme",
            "https://www.secure-booker.com/acme/MakeAppointment/Search.aspx",
        ],
    ),
    (
        "vagaro",
        "widget_only",
        [
            "https://www.vagaro.com/acme",
            "https://vagaro.com/acme/book-now",
            "https://vagaro.com/cl/abc=",
            "https://www.vagaro.com//resources/WidgetEmbeddedLoader/abc?v=1",
            "https://www.vagaro.com//resources/WidgetPopupLoader/abc",
        ],
    ),
    (
        "fresha",
        "no",
        [
            "https://www.fresha.com/a/acme-salon-x1",
            "https://www.fresha.com/a/acme-salon-x1/booking",
            "https://fresha.com/de/a/acme-salon-x1",
            "https://fresha.com/en-GB/a/acme-salon-x1/booking",
            "https://www.fresha.com/book-now/acme/services?lid=1&eid=2&pId=3",
            "https://www.fresha.com/book-now/acme/all-offer?lid=1",
        ],
    ),
    (
        "booksy",
        "widget_only",
        [
            "https://booksy.com/en-us/123_acme_barber_99_miami",
            "https://booksy.com/en-us/dl/show-business/123",
            "https://booksy.com/widget/code.js?id=1&country=us",
            "https://booksy.com/widget/index.html?id=1",
        ],
    ),
    (
        "setmore",
        "yes",
        [
            "https://acme.setmore.com",
            "https://acme.setmore.com/services",
            f"https://booking.setmore.com/scheduleappointment/{UUID}",
            f"https://booking.setmore.com/scheduleappointment/{UUID}/services/{UUID}",
            f"https://my.setmore.com/bookingpage/{UUID}",
            f"https://my.setmore.com/shortBookingPage/{UUID}",
        ],
    ),
    (
        "simplybook",
        "yes",
        [
            "https://acme.simplybook.me/v2/",
            "https://acme.simplybook.it/v2/#book",
            "https://acme.simplybook.net/v2/",
            "https://acme.simplybook.asia/v2/",
            "https://acme.simplybook.me",
        ],
    ),
    (
        "glossgenius",
        "unknown",
        [
            "https://acme.glossgenius.com",
            "https://acme.glossgenius.com/book",
            "https://acme.glossgenius.com/booking-flow",
            "https://acme.glossgenius.com/services?service_token=x",
        ],
    ),
    (
        "google",
        "yes",
        [
            "https://calendar.google.com/calendar/appointments/schedules/AcZ?gv=true",
            "https://calendar.google.com/calendar/u/0/appointments/schedules/AcZ",
        ],
    ),
    ("google", "no", ["https://calendar.app.google/abc"]),
    (
        "microsoft",
        "verify",
        [
            "https://outlook.office365.com/owa/calendar/acme@contoso.com/bookings/",
            "https://outlook.office365.com/book/acme@contoso.com/",
            "https://outlook.office.com/book/acme@contoso.com/",
            "https://bookings.cloud.microsoft/book/acme@contoso.com/",
        ],
    ),
    (
        "microsoft",
        "no",
        [
            f"https://outlook.office.com/bookwithme/user/{UUID}@contoso.com",
            f"https://outlook.office365.com/bookwithme/user/{UUID}@contoso.com",
            f"https://outlook.office.com/bookwithme/user/{UUID}@contoso.com/meetingtype/x?anonymous",
            f"https://bookings.cloud.microsoft/bookwithme/user/{UUID}",
        ],
    ),
    ("microsoft", "unknown", ["https://book.ms/b/abc"]),
    (
        "hubspot",
        "yes",
        [
            "https://meetings.hubspot.com/acme",
            "https://meetings.hubspot.com/acme/intro",
            "https://meetings-eu1.hubspot.com/acme",
            "https://meetings-eu1.hubspot.com/meetings/acme",
            "https://meetings-na2.hubspot.com/acme",
        ],
    ),
    ("zcal", "yes", ["https://zcal.co/acme/intro", "https://zcal.co/i/abc"]),
    ("tidycal", "yes", ["https://tidycal.com/acme/intro"]),
    (
        "opentable",
        "widget_only",
        [
            "https://www.opentable.com/r/acme-miami",
            "https://www.opentable.ca/fr-CA/r/acme",
            "https://www.opentable.com/restref/client/?rid=1",
            *(
                f"https://www.opentable.{ending}/{path}"
                for ending in [
                    "ca",
                    "co.uk",
                    "ae",
                    "com.au",
                    "com.mx",
                    "de",
                    "es",
                    "fr",
                    "hk",
                    "ie",
                    "it",
                    "jp",
                    "nl",
                    "sg",
                ]
                for path in ("r/acme", "restref/client?rid=1")
            ),
        ],
    ),
    (
        "resy",
        "no",
        [
            "https://resy.com/cities/miami-fl/acme",
            "https://resy.com/cities/miami-fl/venues/acme",
            "https://widgets.resy.com/?venueId=1",
        ],
    ),
]
KNOWN_FLAT = [(address, provider, framing) for provider, framing, addresses in KNOWN for address in addresses]


@pytest.mark.parametrize(("address", "provider", "framing"), KNOWN_FLAT)
def test_provider_known_address_is_recognised(address: str, provider: str, framing: str) -> None:
    found = recognise_provider(parse_booking_url(address))
    assert (found.id, found.embed.framing) == (provider, framing)
    assert found.can_frame == (framing == "yes")
    assert recognise_provider(parse_booking_url(address).url) == found


@pytest.mark.parametrize("provider", PROVIDERS, ids=[provider.id for provider in PROVIDERS])
def test_provider_every_pattern_has_an_example(provider: Provider) -> None:
    addresses = [urlsplit(parse_booking_url(address).url) for address, id_, _ in KNOWN_FLAT if id_ == provider.id]
    missing = [
        (host, pattern.path)
        for pattern in provider.hosts
        for host in pattern.hosts
        if not any(
            fnmatchcase(parts.netloc.removeprefix("www."), host)
            and re.fullmatch(pattern.path, parts.path.removesuffix("/"), re.IGNORECASE)
            for parts in addresses
        )
    ]
    assert missing == []


ALL_GLOBS = sorted({host for provider in PROVIDERS for pattern in provider.hosts for host in pattern.hosts})
# Not those below a wildcard: evil-booking.setmore.com is what a business of that name gets there.
LISTED_HOSTS = [
    glob.removeprefix("*.").replace("*", "x")
    for glob in ALL_GLOBS
    if not any(glob != other and fnmatchcase(glob, other) for other in ALL_GLOBS)
]
SAMPLE_PATHS = {urlsplit(address).netloc: address.split("/", 3)[3:] for address, _, _ in KNOWN_FLAT}


@pytest.mark.parametrize("host", LISTED_HOSTS)
@pytest.mark.parametrize(
    "look_alike",
    [
        "{host}.evil.com",
        "evil-{host}",
        "evil{host}",
        "{dashed}.com",
        "evil.com/{host}",
        "evil.com/?{host}",
        "evil.com/#{host}",
    ],
)
def test_provider_look_alike_host_is_generic(host: str, look_alike: str) -> None:
    path = "".join(SAMPLE_PATHS.get(host) or SAMPLE_PATHS.get(f"www.{host}") or ["acme/intro"])
    fake = look_alike.format(host=host, dashed=host.replace(".", "-"))
    assert recognise_provider(f"https://{fake}/{path}") is GENERIC


@pytest.mark.parametrize(
    "address",
    [
        "https://calendly.com/",
        "https://acme.calendly.com/intro",
        "https://cal.com/",
        "https://as.me/acme",
        "https://www.as.me/acme",
        "https://acuityscheduling.com/schedule.php",
        "https://app.acuityscheduling.com/schedule.php",
        "https://app.acuityscheduling.com/login",
        "https://acme.acuityscheduling.com/login",
        "https://app.squarespacescheduling.com/",
        "https://squareup.com/store/acme",
        "https://app.squareup.com/dashboard",
        "https://book.squareup.com/",
        "https://square.site/",
        "https://square.link/",
        "https://clients.mindbodyonline.com/classic/ws",
        "https://clients.mindbodyonline.com/launch?studioid=1",
        "https://www.mindbodyonline.com/",
        "https://booker.com/",
        "https://www.vagaro.com/",
        "https://www.vagaro.com/a/b/c",
        "https://www.fresha.com/",
        "https://www.fresha.com/for-business",
        "https://www.fresha.com/book-now/acme",
        "https://booksy.com/en-us/",
        "https://booksy.com/widget/code.js",
        "https://www.setmore.com/pricing",
        "https://setmore.com/",
        "https://my.setmore.com/calendar",
        "https://booking.setmore.com/",
        "https://simplybook.me/v2/",
        "https://acme.simplybook.com/v2/",
        "https://acme.simplybook.me/admin",
        "https://www.glossgenius.com/",
        "https://acme.glossgenius.com/login",
        "https://calendar.google.com/calendar/u/0/r",
        "https://calendar.google.com/calendar/embed?src=x",
        "https://calendar.app.google/",
        "https://outlook.office.com/mail/",
        "https://outlook.office365.com/owa/calendar/acme@contoso.com/",
        "https://book.ms/x/abc",
        "https://app.hubspot.com/meetings/acme",
        "https://meetings.hubspot.com/",
        "https://meetings-a.b.hubspot.com/acme",
        "https://zcal.co/acme",
        "https://tidycal.com/acme",
        "https://www.opentable.com/",
        "https://www.opentable.com/restref/client/",
        "https://www.opentable.evil/r/acme",
        "https://resy.com/",
        "https://widgets.resy.com/",
        "https://example.com/book",
    ],
)
def test_provider_other_page_is_generic(address: str) -> None:
    assert recognise_provider(parse_booking_url(address)) is GENERIC


@pytest.mark.parametrize(
    "address",
    [
        "http://calendly.com/acme",
        "https://calendly.com:443/acme",
        "https://user@calendly.com/acme",
        "https://evil.example\\@calendly.com/acme",
        "https://calendly.com\\@evil.example/acme",
        "https://Calendly.com/acme",
        "https://calendly.com/a\\b",
        "https://calendly.com/\u00e4",
        " https://calendly.com/acme",
        "https://[::1]/acme",
        "https://meetings-.hubspot.com/acme",
        "https://[/acme",
        "javascript:alert(1)",
        "calendly.com/acme",
        "",
    ],
)
def test_provider_unchecked_address_is_generic(address: str) -> None:
    assert recognise_provider(address) is GENERIC


@pytest.mark.parametrize("chosen", ["calcom", "Cal.com", "CAL.COM"])
def test_provider_chosen_by_hand_holds_on_a_host_of_the_tenants(chosen: str) -> None:
    found = recognise_provider("https://book.acme.com/intro", chosen=chosen)
    assert (found.id, found.embed.framing, found.carrier) == ("calcom", Framing.VERIFY, "metadata[tca_ref]")


@pytest.mark.parametrize(
    ("address", "chosen", "provider"),
    [
        ("https://calendly.com/acme", "Cal.com", "calendly"),
        ("https://book.acme.com/intro", "Calendly", "generic"),
        ("https://book.acme.com/intro", "Acme's own", "generic"),
        ("https://book.acme.com/intro", "", "generic"),
        ("https://acme.com/meetings/jane", "HubSpot", "hubspot"),
        ("https://acme.com/jane", "HubSpot", "generic"),
        ("http://book.acme.com/intro", "Cal.com", "generic"),
    ],
)
def test_provider_chosen_by_hand_never_overrides_the_address(address: str, chosen: str, provider: str) -> None:
    assert recognise_provider(address, chosen=chosen).id == provider


def test_provider_registry_holds_the_eighteen_and_generic() -> None:
    assert [(provider.id, provider.label) for provider in PROVIDERS] == [
        ("calendly", "Calendly"),
        ("calcom", "Cal.com"),
        ("acuity", "Acuity"),
        ("square", "Square"),
        ("mindbody", "Mindbody"),
        ("vagaro", "Vagaro"),
        ("fresha", "Fresha"),
        ("booksy", "Booksy"),
        ("setmore", "Setmore"),
        ("simplybook", "SimplyBook.me"),
        ("glossgenius", "GlossGenius"),
        ("google", "Google Calendar"),
        ("microsoft", "Microsoft Bookings"),
        ("hubspot", "HubSpot"),
        ("zcal", "Zcal"),
        ("tidycal", "TidyCal"),
        ("opentable", "OpenTable"),
        ("resy", "Resy"),
        ("generic", "Other booking site"),
    ]


def test_provider_carriers_and_prefill_are_those_documented() -> None:
    facts = {provider.id: provider.to_public() for provider in PROVIDERS}
    carriers = {id_: fact["carrier"] for id_, fact in facts.items() if fact["carrier"]}
    prefill = {id_: fact["prefill"] for id_, fact in facts.items() if fact["prefill"]}
    assert carriers == {"calendly": "utm_content", "calcom": "metadata[tca_ref]", "zcal": "utm_content"}
    assert prefill == {
        "calendly": ["name", "email"],
        "calcom": ["name", "email", "phone"],
        "acuity": ["name", "email", "phone"],
        "zcal": ["name", "email", "phone"],
    }
    assert [p.id for p in PROVIDERS if p.tracking.needs_tenant_setup] == ["acuity", "hubspot"]


def test_provider_facts_are_what_the_api_shows() -> None:
    assert recognise_provider("https://calendar.app.google/abc").to_public() == {
        "id": "google",
        "label": "Google Calendar",
        "framing": "no",
        "carrier": None,
        "prefill": [],
    }


def test_provider_is_found_by_id_and_label() -> None:
    calcom = find_provider("calcom")
    assert calcom is not None
    assert calcom is find_provider("CAL.com")
    assert find_provider("nobody") is None


@pytest.mark.parametrize(
    "text",
    [
        '[[provider]]\nid = "x"\nlabel = "X"\nembed = { method = "iframe", framing = "yes" }\nhots = []',
        '[[provider]]\nid = "x"\nlabel = "X"\nembed = { method = "iframe", framing = "perhaps" }',
        '[[provider]]\nid = "X 1"\nlabel = "X"\nembed = { method = "iframe", framing = "yes" }',
        '[[provider]]\nid = "x"\nlabel = "X"\nembed = { method = "iframe", framing = "yes" }\n'
        'hosts = [{ hosts = ["*.com/x"] }]',
        '[[provider]]\nid = "x"\nlabel = "X"',
    ],
)
def test_provider_record_that_does_not_fit_stops_the_load(text: str) -> None:
    with pytest.raises(ValidationError):
        load_registry(text)
