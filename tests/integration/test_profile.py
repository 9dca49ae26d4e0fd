"""The business's profile: what can be saved, by whom, and when it takes effect."""

from collections.abc import Callable
from typing import Any
from unittest.mock import ANY

import pytest

from shared_apps.accounts.enums import Role
from shared_apps.errors import InvalidFieldsError
from shared_apps.tenants.models import Tenant
from shared_apps.tenants.scope import TenantRef, enter_tenant, public_scope
from shared_apps.versions import StaleSettingsError
from tenant_apps.business.models import BusinessProfile
from tenant_apps.business.selectors import get_profile
from tenant_apps.business.services import update_profile
from tests.clients import TenantClient

PATH = "/api/v1/settings/profile"
EMBEDDING = "/api/v1/settings/embedding"
READ_ONLY = {"industries", "accentText"}

CHANGED = {
    "businessName": "Alpha & Daughters",
    "industry": "massage",
    "phone": "+441632960961",
    "email": "hello@alpha-studio.example",
    "address": "1 Ocean Boulevard, Stuart",
    "hours": [
        {"day": "mon", "opens": "09:00", "closes": "12:00"},
        {"day": "mon", "opens": "13:00", "closes": "18:00"},
        {"day": "sat", "opens": "20:00", "closes": "02:00"},
    ],
    "services": ["Deep tissue", "Hot stone", "Another"],
    "brandColour": "#123abc",
    "timeZone": "Europe/London",
    "region": "GB",
    "language": "es",
    "abandonAfterHours": 48,
    "retentionDays": 90,
    "notificationEmails": ["one@alpha-studio.example", "two@alpha-studio.example"],
}


@pytest.fixture
def body(owner: TenantClient) -> dict[str, Any]:
    """The profile as GET gives it."""
    given: dict[str, Any] = owner.get(PATH).json()
    return given


def read(tenant: TenantRef) -> BusinessProfile:
    with enter_tenant(tenant):
        return BusinessProfile.objects.get()


def test_new_tenant_starts_with_its_industrys_card(alpha: TenantRef, owner: TenantClient) -> None:
    given = owner.get(PATH, headers={"accept-language": "en"}).json()
    assert {name: value for name, value in given.items() if name not in READ_ONLY} == {
        "businessName": "Alpha Studio",
        "industry": "salon",
        "phone": "",
        "email": "",
        "address": "",
        "hours": [{"day": day, "opens": "09:00", "closes": "18:00"} for day in ("mon", "tue", "wed", "thu", "fri")],
        "services": ["Haircut", "Colour", "Highlights", "Blow-dry", "Beard trim"],
        "brandColour": "#9d2f5c",
        "timeZone": "America/New_York",
        "region": "US",
        "language": "en",
        "abandonAfterHours": 24,
        "retentionDays": 365,
        "notificationEmails": [],
    }
    assert given["accentText"] == "#ffffff"
    assert {"slug": "salon", "label": "Hair salon"} in given["industries"]


def test_whole_profile_is_saved_and_seen_by_the_next_request(
    alpha: TenantRef,
    owner: TenantClient,
    visitor: TenantClient,
    body: dict[str, Any],
    django_capture_on_commit_callbacks: Any,
) -> None:
    assert "Alpha Studio" in visitor.get("/", headers={"accept-language": "en"}).content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        response = owner.put_json(PATH, body | CHANGED)

    assert response.status_code == 200
    assert {name: response.json()[name] for name in CHANGED} == CHANGED
    assert owner.get(PATH).json() == response.json() | {"industries": ANY}  # in another language from now on
    page = visitor.get("/").content.decode()  # without a language of the browser's: the business's own
    assert '<html lang="es"' in page
    for text in ("Alpha &amp; Daughters", "Deep tissue", "#123abc", "1 Ocean Boulevard", "01632 960961"):
        assert text in page
    assert visitor.get("/api/v1/booking").json()["services"] == CHANGED["services"]


def test_answer_of_get_can_be_put_back(alpha: TenantRef, owner: TenantClient, body: dict[str, Any]) -> None:
    first = owner.put_json(PATH, body)
    again = owner.put_json(PATH, first.json())
    assert (again.status_code, again.json()) == (200, first.json())


@pytest.mark.parametrize("given", [None, 1, "x", ["x"], {"a": 1}])
def test_read_only_fields_are_ignored_whatever_they_hold(
    given: Any, alpha: TenantRef, owner: TenantClient, body: dict[str, Any]
) -> None:
    response = owner.put_json(PATH, body | dict.fromkeys(READ_ONLY, given))
    assert (response.status_code, response.json()) == (200, body)


def test_name_becomes_the_tenants_name_on_the_login_page_at_once(
    alpha: TenantRef,
    beta: TenantRef,
    owner: TenantClient,
    body: dict[str, Any],
    django_capture_on_commit_callbacks: Any,
) -> None:
    stranger = TenantClient(alpha)
    assert "Alpha Studio" in stranger.get("/login").content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        owner.put_json(PATH, body | {"businessName": "  Alpha New "})
    assert "Alpha New" in stranger.get("/login").content.decode()
    with public_scope():
        assert Tenant.objects.get(pk=alpha.id).name == "Alpha New"
        assert Tenant.objects.get(pk=beta.id).name == "Beta Studio"


@pytest.mark.parametrize(
    ("region", "phone", "kept"),
    [
        ("US", "(772) 555-0177", "+17725550177"),
        ("GB", "01632 960961", "+441632960961"),
        ("US", "+44 1632 960961", "+441632960961"),
        ("ES", " 612 34 56 78 ", "+34612345678"),
        ("US", "", ""),
        ("US", None, ""),
    ],
)
def test_phone_is_kept_as_dialled_in_its_region(
    region: str, phone: str | None, kept: str, alpha: TenantRef, owner: TenantClient, body: dict[str, Any]
) -> None:
    response = owner.put_json(PATH, body | {"region": region, "phone": phone})
    assert (response.status_code, response.json()["phone"]) == (200, kept)


def test_what_was_meant_is_kept(alpha: TenantRef, owner: TenantClient, body: dict[str, Any]) -> None:
    saved = owner.put_json(
        PATH,
        body
        | {
            "email": " Hello@ALPHA.example ",
            "address": None,
            "brandColour": "#ABCDEF",
            "services": [" Cut ", "Beard"],
            "notificationEmails": [" a@ALPHA.example"],
            "hours": [
                {"day": "tue", "opens": "14:00", "closes": "18:00"},
                {"day": "tue", "opens": "09:00", "closes": "12:00"},
                {"day": "mon", "opens": "09:00", "closes": "00:00"},
            ],
        },
    ).json()
    assert saved["email"] == "Hello@alpha.example"
    assert (saved["address"], saved["brandColour"], saved["services"]) == ("", "#abcdef", ["Cut", "Beard"])
    assert saved["notificationEmails"] == ["a@alpha.example"]
    assert [(span["day"], span["opens"]) for span in saved["hours"]] == [
        ("mon", "09:00"),
        ("tue", "09:00"),
        ("tue", "14:00"),
    ]


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"businessName": ""}, "businessName", "missing"),
        ({"businessName": " "}, "businessName", "missing"),
        ({"businessName": "\u200b"}, "businessName", "text"),
        ({"businessName": "a\nb"}, "businessName", "text"),
        ({"businessName": "x" * 121}, "businessName", "string_too_long"),
        ({"businessName": None}, "businessName", "string_type"),
        ({"industry": "space-travel"}, "industry", "industry"),
        ({"phone": "abc"}, "phone", "phone"),
        ({"phone": "12"}, "phone", "phone"),
        ({"phone": "+1772555017<b>"}, "phone", "phone"),
        ({"email": "hello"}, "email", "email"),
        ({"email": "a@b.example,c@d.example"}, "email", "email"),
        ({"address": "x" * 301}, "address", "string_too_long"),
        ({"address": "a\0b"}, "address", "text"),
        ({"address": "a\nb"}, "address", "text"),
        ({"hours": [{"day": "mon", "opens": "9:00", "closes": "18:00"}]}, "hours", "hours"),
        ({"hours": [{"day": "monday", "opens": "09:00", "closes": "18:00"}]}, "hours.0.day", "literal_error"),
        ({"hours": [{"day": "mon", "opens": "09:00"}]}, "hours.0.closes", "missing"),
        ({"services": ["Cut", "cut "]}, "services", "services"),
        ({"services": ["Cut", " "]}, "services", "services"),
        ({"services": ["Cut", "Beard\ntrim"]}, "services", "services"),
        ({"services": ["x" * 121]}, "services", "services"),
        ({"services": [f"Service {n}" for n in range(61)]}, "services", "services"),
        ({"services": None}, "services", "list_type"),
        ({"brandColour": "red"}, "brandColour", "colour"),
        ({"brandColour": "#12345"}, "brandColour", "colour"),
        ({"timeZone": "Mars/Olympus"}, "timeZone", "time_zone"),
        ({"timeZone": "../../etc/passwd"}, "timeZone", "time_zone"),
        ({"timeZone": "localtime"}, "timeZone", "time_zone"),
        ({"region": "us"}, "region", "region"),
        ({"region": "XX"}, "region", "region"),
        ({"language": "de"}, "language", "literal_error"),
        ({"abandonAfterHours": 0}, "abandonAfterHours", "greater_than_equal"),
        ({"abandonAfterHours": 24 * 90 + 1}, "abandonAfterHours", "less_than_equal"),
        ({"abandonAfterHours": "24"}, "abandonAfterHours", "int_type"),
        ({"abandonAfterHours": True}, "abandonAfterHours", "int_type"),
        ({"abandonAfterHours": 10**30}, "abandonAfterHours", "less_than_equal"),
        ({"retentionDays": 6}, "retentionDays", "greater_than_equal"),
        ({"retentionDays": 3651}, "retentionDays", "less_than_equal"),
        ({"notificationEmails": ["a@b.example", "x"]}, "notificationEmails", "emails"),
        ({"notificationEmails": ["a@b.example", "A@b.example"]}, "notificationEmails", "emails"),
        ({"notificationEmails": [f"p{n}@b.example" for n in range(11)]}, "notificationEmails", "emails"),
        ({"somethingElse": 1}, "somethingElse", "extra_forbidden"),
        ({"allowedOrigins": []}, "allowedOrigins", "extra_forbidden"),
        ({"version": 7}, "version", "extra_forbidden"),
    ],
)
def test_bad_field_is_named_and_nothing_is_saved(
    change: dict[str, Any], field: str, code: str, alpha: TenantRef, owner: TenantClient, body: dict[str, Any]
) -> None:
    response = owner.put_json(PATH, body | {"address": "2 New Street"} | change)
    assert response.status_code == 422
    assert [(error["field"], error["code"]) for error in response.json()["errors"]] == [(field, code)]
    assert owner.get(PATH).json() == body


@pytest.mark.parametrize(
    "most",
    [
        {"businessName": "x" * 120, "address": "x" * 300},
        {"services": [f"{number:0120}" for number in range(60)]},
        {"notificationEmails": [f"p{number}@b.example" for number in range(10)]},
        {"abandonAfterHours": 24 * 90, "retentionDays": 3650},
        {"abandonAfterHours": 1, "retentionDays": 7},
    ],
)
def test_what_is_just_allowed_is_kept(
    most: dict[str, Any], alpha: TenantRef, owner: TenantClient, body: dict[str, Any]
) -> None:
    response = owner.put_json(PATH, body | most)
    assert (response.status_code, response.json()) == (200, body | most)


def test_every_bad_field_is_named_at_once_in_the_readers_language_and_none_is_quoted(
    alpha: TenantRef, owner: TenantClient, body: dict[str, Any]
) -> None:
    wrong = {
        "businessName": "",
        "phone": "5550000",
        "email": "marker-mail",
        "hours": [
            {"day": "wed", "opens": "09:00", "closes": "13:00"},
            {"day": "wed", "opens": "12:30", "closes": "18:00"},
        ],
        "notificationEmails": ["ok@b.example", "marker-list"],
        "retentionDays": 1,
        "industry": "marker-industry",
    }
    answers = {
        language: owner.put(PATH, body | wrong, content_type="application/json", headers={"accept-language": language})
        for language in ("en", "es")
    }
    for response in answers.values():
        assert {error["field"] for error in response.json()["errors"]} == set(wrong)
        assert "marker" not in response.content.decode()
    told = {
        language: {error["field"]: error["message"] for error in response.json()["errors"]}
        for language, response in answers.items()
    }
    assert told["en"]["hours"] == "Two opening hours of Wednesday overlap. Change one of them."
    assert told["en"]["notificationEmails"] == "Address 2 of the list is not an email address."
    assert told["en"]["retentionDays"] == "This must be at least 7."
    assert all(told["en"][field] != told["es"][field] for field in wrong)
    assert "miércoles" in told["es"]["hours"]


def test_rule_holds_for_the_service_whoever_calls_it(alpha: TenantRef) -> None:
    with enter_tenant(alpha):
        for changes in ({"industry": "nothing"}, {"phone": "772-555-0177"}, {"name": ""}, {"retention_days": 1}):
            with pytest.raises(InvalidFieldsError):
                update_profile(tenant=alpha, changes=changes)
    assert (read(alpha).version, read(alpha).phone) == (1, "")


def test_stale_if_match_is_412_and_without_it_the_last_write_wins(
    alpha: TenantRef, owner: TenantClient, body: dict[str, Any]
) -> None:
    etag = owner.get(PATH)["ETag"]
    first = owner.put_json(PATH, body | {"address": "first"}, if_match=etag)
    stale = owner.put_json(PATH, body | {"businessName": "Stale"}, if_match=etag)
    with public_scope():
        name_after_stale = Tenant.objects.get(pk=alpha.id).name
    blind = owner.put_json(PATH, body | {"address": "last"})

    assert (first.status_code, first["ETag"] != etag) == (200, True)
    assert (stale.status_code, stale["Content-Type"]) == (412, "application/problem+json")
    assert (name_after_stale, blind.status_code) == ("Alpha Studio", 200)
    assert owner.get(PATH)["ETag"] == blind["ETag"]
    assert owner.get(PATH).json() == body | {"address": "last"}


@pytest.mark.parametrize("header", ['"one"', '""', '"99999999999"', 'W/"0"', '"-1"', '"\xb2"'])
def test_etag_that_was_never_given_is_stale(
    header: str, alpha: TenantRef, owner: TenantClient, body: dict[str, Any]
) -> None:
    response = owner.put_json(PATH, body | {"address": "new"}, if_match=header)
    assert (response.status_code, response.json()["status"]) == (412, 412)
    assert owner.get(PATH).json() == body


@pytest.mark.parametrize("header", ["1", "", "stale", '"1', '"1", "2"'])
def test_if_match_that_is_no_etag_is_refused(
    header: str, alpha: TenantRef, owner: TenantClient, body: dict[str, Any]
) -> None:
    response = owner.put_json(PATH, body | {"address": "new"}, if_match=header)
    assert (response.status_code, response.json()["errors"][0]["field"]) == (422, "If-Match")
    assert owner.get(PATH).json() == body


def test_stale_version_writes_nothing(alpha: TenantRef) -> None:
    with enter_tenant(alpha), pytest.raises(StaleSettingsError):
        update_profile(tenant=alpha, changes={"name": "New"}, expected_version=7)
    assert read(alpha).name == "Alpha Studio"


def test_list_of_sites_is_saved_beside_an_open_profile(
    alpha: TenantRef, owner: TenantClient, body: dict[str, Any]
) -> None:
    etag = owner.get(PATH)["ETag"]
    sites = {"allowedOrigins": ["https://www.alpha-studio.example"]}
    assert owner.put_json(EMBEDDING, sites).status_code == 200
    assert owner.put_json(PATH, body, if_match=etag).status_code == 200
    assert owner.get(EMBEDDING).json() == sites


def test_staff_reads_and_does_not_write(
    alpha: TenantRef, login: Callable[..., TenantClient], body: dict[str, Any]
) -> None:
    staff = login(alpha, Role.STAFF)
    assert staff.get(PATH).json() == body
    assert staff.put_json(PATH, body).status_code == 403
    assert staff.put(PATH, b"{", content_type="text/plain").status_code == 403  # the role comes before the body


def test_saving_is_four_statements(alpha: TenantRef, django_assert_num_queries: Any) -> None:
    """Profile, tenant's name, tenant's generation, profile again; two for the savepoint, two to public and back."""
    with enter_tenant(alpha):
        get_profile()  # so that the connection stands in the schema already
        with django_assert_num_queries(8):
            update_profile(tenant=alpha, changes={"name": "Alpha New", "address": "x"}, expected_version=1)
