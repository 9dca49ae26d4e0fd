"""The elements of the visitor's pages: what works without scripts, what the scripts look for, what readers are told."""

import re
from typing import Any
from uuid import UUID

import pytest

from shared_apps.tenants.scope import TenantRef, enter_tenant
from tenant_apps.booking.models import BookingSettings
from tenant_apps.business.services import update_profile
from tests.clients import TenantClient
from tests.conftest import make_ready
from tests.html import Element, PageTree

PLAIN = "https://calendly.com/alpha-studio/visit?utm_source=treasurecoastai"
ACUITY = "https://alphastudio.as.me/schedule.php"
FIELDS = {
    "requestedService": ("text", "120", ""),
    "preferredDateTimeText": ("text", "200", ""),
    "customerName": ("text", "120", "name"),
    "customerPhone": ("tel", "40", "tel"),
    "customerEmail": ("email", "254", "email"),
}
HOSTILE = '<i data-evil="1">&quot;"'


def _read(response: Any) -> PageTree:
    return PageTree(response.content.decode())


def _change(tenant: TenantRef, capture: Any, **changes: Any) -> None:
    with capture(execute=True), enter_tenant(tenant):
        update_profile(tenant=tenant, changes=changes)


@pytest.fixture
def reachable(ready: TenantRef, django_capture_on_commit_callbacks: Any) -> TenantRef:
    """A business that is ready and has all ways to reach it."""
    _change(
        ready,
        django_capture_on_commit_callbacks,
        phone="+17725550100",
        email="hello@alpha.example",
        address="1 Main Street",
        services=["Haircut", "Cut & colour / 50%"],
        brand_colour="#ffe14d",
        hours=[{"day": "mon", "opens": "09:00", "closes": "17:00"}],
    )
    return ready


@pytest.fixture
def framed(reachable: TenantRef, django_capture_on_commit_callbacks: Any) -> TenantRef:
    """The same, its provider's page shown in a frame that nobody has checked yet."""
    make_ready(reachable, django_capture_on_commit_callbacks, url=ACUITY)
    with django_capture_on_commit_callbacks(execute=True), enter_tenant(reachable):
        BookingSettings.objects.update(external_booking_embed_mode="iframe", external_booking_disclaimer="A <b>note")
    return reachable


def _capture(visitor: TenantClient, lead: dict[str, Any]) -> PageTree:
    answer = visitor.post_json("/api/v1/handoffs", lead)
    return _read(visitor.get(f"/handoff/{answer.json()['id']}"))


# ---- marks and references ---------------------------------------------------------------------------------------


def test_all_marks_stand_in_the_servers_html(reachable: TenantRef, visitor: TenantClient, lead: dict[str, Any]) -> None:
    form = {"capture-form"}
    chat = {"assistant", "assistant-message", "assistant-input", "assistant-send"}
    hand_over = {"handoff-cta", "handoff-message", "contact-cta"}
    for page, marks in (
        (_read(visitor.get("/")), form | chat),
        (_read(visitor.get("/book")), form),
        (_capture(visitor, lead), hand_over),
    ):
        assert sorted(each["data-testid"] for each in page.having("data-testid")) == sorted(marks)


def test_marks_of_a_business_without_a_link(alpha: TenantRef, visitor: TenantClient, lead: dict[str, Any]) -> None:
    for path in ("/", "/book"):
        page = _read(visitor.get(path))
        assert page.mark("contact-cta").is_in(page.mark("booking-unavailable"))
    page = _capture(visitor, lead)
    assert page.mark("handoff-message").is_in(page.mark("booking-unavailable"))
    assert page.mark("contact-cta").text == "You’ll hear from Alpha Studio."
    assert [each["href"] for each in _read(visitor.get("/nope")).all("a") if each.is_in(page.mark("contact-cta"))] == []
    problem = _read(visitor.get("/nope"))
    assert [each["href"] for each in problem.all("a") if each.is_in(problem.mark("contact-cta"))] == ["/#request"]


def _broken_references(page: PageTree) -> list[str]:
    """What a page refers to and does not hold: labels, descriptions, places to go to."""
    ids = [each["id"] for each in page.having("id")]
    assert len(ids) == len(set(ids))
    named = [
        name
        for attribute in ("for", "aria-labelledby", "aria-describedby", "list")
        for each in page.having(attribute)
        for name in each[attribute].split()
    ]
    named += [each["href"][1:] for each in page.having("href") if each["href"].startswith("#")]
    return [name for name in named if name not in ids]


@pytest.mark.parametrize("wrong", [{}, {"customerPhone": "12", "customerEmail": "x", "notes": "x" * 1001}])
def test_whatever_a_page_refers_to_is_in_it(
    wrong: dict[str, str], framed: TenantRef, visitor: TenantClient, lead: dict[str, Any]
) -> None:
    for answer in (visitor.get("/"), visitor.get("/book"), visitor.post("/book", wrong), visitor.get("/nope")):
        assert _broken_references(_read(answer)) == []
    assert _broken_references(_capture(visitor, lead)) == []


# ---- the form ---------------------------------------------------------------------------------------------------


def test_form_without_scripts_asks_for_what_is_taken(reachable: TenantRef, visitor: TenantClient) -> None:
    page = _read(visitor.get("/book"))
    form = page.mark("capture-form")
    assert (form["method"], form["action"], "target" in form) == ("post", "/book", False)
    for name, (kind, most, autocomplete) in FIELDS.items():
        field = page.one("input", name=name)
        assert field.is_in(form)
        assert (field["type"], field["maxlength"], field.attributes.get("autocomplete", "")) == (
            kind,
            most,
            autocomplete,
        )
        assert page.one("label", for_=name).text
        assert "aria-invalid" not in field
    assert page.one("textarea", name="notes")["maxlength"] == "1000"
    assert page.one("label", for_="notes").text
    assert UUID(page.one("input", name="idempotencyKey")["value"]).version == 4
    assert page.one("input", name="sourcePage")["value"] == "/book"
    assert "hidden" in page.one(id_="error-summary")
    assert "checked" not in page.one("input", name="shareDetailsWithProvider")
    assert page.one("button", type_="submit").is_in(form)


def test_share_is_offered_only_where_there_is_whom_to_share_with(alpha: TenantRef, visitor: TenantClient) -> None:
    assert not _read(visitor.get("/book")).all("input", name="shareDetailsWithProvider")


def test_trap_for_robots_is_out_of_everybody_elses_way(reachable: TenantRef, visitor: TenantClient) -> None:
    for path in ("/", "/book"):
        page = _read(visitor.get(path))
        trap = page.one("input", name="website")
        assert trap.is_in(page.mark("capture-form"))
        assert (trap["tabindex"], trap["autocomplete"]) == ("-1", "off")
        assert any(trap.is_in(each) for each in page.all("div", aria_hidden="true", class_="off"))


def test_errors_are_told_beside_their_fields_and_in_one_list(reachable: TenantRef, visitor: TenantClient) -> None:
    page = _read(visitor.post("/book", {"customerEmail": "x", "notes": "x" * 1001}))
    wrong = ["requestedService", "preferredDateTimeText", "customerName", "customerEmail", "notes"]
    for name in wrong:
        error = page.one(id_=f"error-{name}")
        [field] = page.all(name=name)
        assert error["data-testid"] == "field-error"
        assert error.text
        assert name not in wrong[:3] or error.text == field["data-missing"]  # the script says the same
        assert field["aria-invalid"] == "true"
        assert error["id"] in field["aria-describedby"].split()
    assert [each["name"] for each in page.having("aria-invalid")] == wrong
    summary = page.one(id_="error-summary")
    assert "autofocus" in summary
    assert "hidden" not in summary
    links = [each for each in page.all("a") if each.is_in(summary)]
    assert sorted(each["href"] for each in links) == sorted(f"#{name}" for name in wrong)
    assert page.one("title").text.startswith("Please check these details · ")


def test_all_that_was_typed_stands_in_the_page_that_comes_back(reachable: TenantRef, visitor: TenantClient) -> None:
    typed = {name: f"{HOSTILE} {name}" for name in FIELDS} | {
        "notes": f"\n{HOSTILE} notes",
        "sourcePage": f"/{HOSTILE}",
        "utm_source": f"{HOSTILE} flyer",
        "shareDetailsWithProvider": "true",
        "idempotencyKey": "0199a1b2-c3d4-7e5f-8a6b-7c8d9e0f1a2b",
    }
    page = _read(visitor.post("/book", typed))
    assert not page.having("data-evil")
    for name in (*FIELDS, "sourcePage", "utm_source", "idempotencyKey"):
        assert page.one("input", name=name)["value"] == typed[name], name
    assert "data-attribution" in page.one("input", name="utm_source")
    assert "checked" in page.one("input", name="shareDetailsWithProvider")
    [notes] = page.all("textarea", name="notes")
    # A browser drops the first line break inside a textarea: ours, not the visitor's.
    assert "".join(notes.pieces) == f"\n{typed['notes']}"


def test_services_are_links_that_preselect(reachable: TenantRef, visitor: TenantClient) -> None:
    service = "Cut & colour / 50%"
    for path in ("/", "/book"):
        page = _read(visitor.get(path))
        links = page.all("a", data_service=service)
        assert {(each["href"], each["rel"]) for each in links} == {
            ("/book?service=Cut%20%26%20colour%20%2F%2050%25", "nofollow")
        }
        assert len(links) == (2 if path == "/" else 1)
        assert [each["value"] for each in page.all("option")] == ["Haircut", service]
    page = _read(visitor.get(links[0]["href"]))
    assert page.one("input", name="requestedService")["value"] == service
    assert [each["data-service"] for each in page.all(aria_current="true") if "data-service" in each] == [service]


def test_form_in_a_frame_leads_out_of_it(reachable: TenantRef, visitor: TenantClient) -> None:
    page = _read(visitor.get("/book?embed=1"))
    assert page.mark("capture-form")["target"] == "_top"
    assert page.one(data_direct="")["target"] == "_top"
    assert (page.one("body")["class"], page.one("body")["data-frame-origins"]) == ("embedded", "")
    assert page.all("a", data_service="Haircut")[0]["href"] == "/book?embed=1&service=Haircut"
    plain = _read(visitor.get("/book"))
    assert [len(each.all(tag)) for each in (page, plain) for tag in ("header", "footer")] == [0, 0, 1, 1]
    assert "data-frame-origins" not in plain.one("body")
    assert "target" not in plain.one(data_direct="")


def test_link_past_the_form_is_for_those_without_scripts(reachable: TenantRef, visitor: TenantClient) -> None:
    page = _read(visitor.get("/book"))
    [link] = [each for each in page.all("a") if each.attributes.get("href", "").startswith(PLAIN)]
    assert link.is_in(page.one("noscript"))


def test_refused_form_shows_the_ways_around_it(
    reachable: TenantRef, visitor: TenantClient, lead: dict[str, Any], settings: Any
) -> None:
    settings.RATES = settings.RATES | {"RATE_CAPTURE_PER_IP": "1/m"}
    visitor.post("/book", lead)
    page = _read(visitor.post("/book", lead | {"notes": "again"}))
    [rescue] = [each for each in page.all(class_="rescue") if not each.is_in(page.one("template"))]
    assert (rescue["role"], "autofocus" in rescue) == ("alert", True)
    assert rescue.text.startswith("A lot is going on right now")
    assert page.mark("contact-cta").is_in(rescue)
    [link] = [each for each in page.having("data-direct") if each.is_in(rescue)]
    assert link["href"].startswith(PLAIN)


# ---- what the scripts look for ----------------------------------------------------------------------------------


def test_form_holds_what_its_script_looks_for(reachable: TenantRef, visitor: TenantClient) -> None:
    page = _read(visitor.get("/"))
    form = page.mark("capture-form")
    assert {"data-capture", "novalidate"} <= form.attributes.keys()
    assert form["data-plain-url"].startswith(PLAIN)
    assert (form["data-submit"], form["data-retry"], form["data-sending"]) == ("Continue", "Try again", "Sending…")
    live = page.one(data_live="")
    assert (live["role"], live["aria-live"], live.text) == ("status", "polite", "")
    assert page.one(data_summary="")["tabindex"] == "-1"
    assert page.one(data_counter="").text == "0 / 1000"
    missing = {each["name"] for each in page.having("data-missing")}
    assert missing == {"requestedService", "preferredDateTimeText", "customerName", "customerPhone"}
    assert all(each["data-missing"] for each in page.having("data-missing"))
    days = [each["data-day"] for each in page.having("data-day")]
    assert days == ["Today", "Tomorrow", "This weekend", "Next week"]
    assert [each["data-part"] for each in page.having("data-part")] == ["morning", "afternoon", "evening"]
    assert page.one(id_="request").tag == "section"
    assert page.one(id_="request-title")["tabindex"] == "-1"
    for path in ("/", "/book"):
        assert _scripts(_read(visitor.get(path))) == ["visitor"]


def test_ways_around_wait_in_a_template_with_no_marks_of_their_own(reachable: TenantRef, visitor: TenantClient) -> None:
    page = _read(visitor.get("/"))
    template = page.one("template")
    assert all(template[f"data-{reason}"] for reason in ("rescue", "error", "offline", "busy") if reason != "rescue")
    assert "data-rescue" in template
    rescue = page.one(class_="rescue")
    assert rescue.is_in(template)
    assert (rescue["role"], rescue["tabindex"], "autofocus" in rescue) == ("alert", "-1", False)
    link = page.one(data_direct="")
    assert link.is_in(rescue)
    assert "href" not in link  # the script puts there what the answer carried
    contact = page.one(data_contact="")
    assert contact.is_in(rescue)
    assert "data-testid" not in contact


def test_chat_is_a_form_of_its_own_until_its_script_comes(reachable: TenantRef, visitor: TenantClient) -> None:
    page = _read(visitor.get("/"))
    card = page.mark("assistant")
    assert card["id"] == "assistant"
    assert re.fullmatch(r"/static/assets/assistant-[\w-]+\.js", card["data-src"])
    assert (card["data-assistant"], card["data-visitor"], card["data-again"]) == ("Alpha Studio", "You", "Try again")
    field = page.mark("assistant-input")
    assert (field.tag, field["name"], field["maxlength"]) == ("textarea", "notes", "1000")
    assert page.one("label", for_=field["id"]).text
    [form] = [each for each in page.all("form") if each.is_in(card)]
    assert (form["method"], form["action"]) == ("post", "/book")
    assert field.is_in(form)
    assert page.mark("assistant-send").is_in(form)
    log = page.one(data_log="")
    assert (log["role"], page.mark("assistant-message").is_in(log)) == ("log", True)
    assert "hidden" in page.one("button", data_over="")
    assert page.one(data_suggestions="").is_in(card)


def _scripts(page: PageTree) -> list[str]:
    names = [re.match(r"/static/assets/(\w+)-", each.attributes.get("src", "")) for each in page.all("script")]
    return [name[1] for name in names if name]


# ---- the hand-over ----------------------------------------------------------------------------------------------


def test_hand_over_without_a_frame_is_a_plain_form(
    reachable: TenantRef, visitor: TenantClient, lead: dict[str, Any]
) -> None:
    page = _capture(visitor, lead)
    form = page.mark("handoff-cta").parent
    assert form is not None
    assert form["method"] == "post"
    assert re.fullmatch(r"/go/[0-9a-f-]{36}", form["action"])
    assert "data-click" not in form
    assert not page.having("data-stage")
    assert _scripts(page) == []
    assert [each["data-testid"] for each in page.having("aria-current") if "data-testid" in each] == []
    assert page.one(aria_current="step").text == "Pick a time"


def test_frame_waits_hidden_with_a_way_out_of_its_own(
    framed: TenantRef, visitor: TenantClient, lead: dict[str, Any]
) -> None:
    page = _capture(visitor, lead)
    click = page.one("form", data_click="")
    key = click["action"].removeprefix("/go/")
    stage = page.one(data_stage="")
    assert "hidden" in stage
    assert stage["data-endpoint"] == f"/api/v1/handoffs/{key}/redirect?embed=1"
    assert (stage["data-origin"], stage["data-trusted"]) == ("https://alphastudio.as.me", "false")
    assert stage["data-title"]
    fallback = page.mark("frame-fallback")
    assert {"hidden", "data-fallback"} <= fallback.attributes.keys()
    assert (fallback["role"], fallback["tabindex"], fallback.is_in(stage)) == ("alert", "-1", True)
    [way_out] = [each for each in page.all("form") if each.is_in(fallback)]
    assert (way_out["method"], way_out["action"]) == ("post", f"/go/{key}")
    assert page.one(data_waiting="")["role"] == "status"
    [direct] = [each for each in page.all("a", target="_blank") if each.is_in(stage)]
    assert direct["rel"] == "noopener"
    assert direct["href"].startswith(f"{ACUITY}?")
    assert key in direct["href"]
    assert page.one(class_="truth").text == "A <b>note"
    assert _scripts(page) == ["handover"]


def test_frame_that_was_checked_is_trusted(
    framed: TenantRef, visitor: TenantClient, lead: dict[str, Any], django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True), enter_tenant(framed):
        BookingSettings.objects.update(frame_check="allowed")
    assert _capture(visitor, lead).one(data_stage="")["data-trusted"] == "true"


def test_what_was_typed_is_repeated_as_text(reachable: TenantRef, visitor: TenantClient, lead: dict[str, Any]) -> None:
    texts = {name: f"{HOSTILE} {name}" for name in ("requestedService", "preferredDateTimeText", "customerName")}
    page = _capture(visitor, lead | texts)
    said = [each.text for each in page.all("bdi") if each.parent is not None and each.parent.tag == "dd"]
    assert said == [*texts.values(), "(772) 555-0177"]


# ---- the business -----------------------------------------------------------------------------------------------


def _ways(page: PageTree, box: Element) -> list[str]:
    return [each["href"] for each in page.all("a") if each.is_in(box)]


def test_ways_to_reach_the_business(
    reachable: TenantRef, visitor: TenantClient, lead: dict[str, Any], django_capture_on_commit_callbacks: Any
) -> None:
    page = _capture(visitor, lead)
    assert _ways(page, page.mark("contact-cta")) == ["tel:+17725550100", "mailto:hello@alpha.example"]
    assert "(772) 555-0100" in page.mark("contact-cta").text
    home = _read(visitor.get("/"))
    map_link = "https://www.google.com/maps/search/?api=1&query=1+Main+Street"
    assert _ways(home, home.one("address")) == ["tel:+17725550100", "mailto:hello@alpha.example", map_link]
    _change(reachable, django_capture_on_commit_callbacks, phone="", email="")
    page = _read(visitor.get("/nope"))
    assert _ways(page, page.mark("contact-cta")) == [map_link]


def test_front_page_tells_about_the_business(reachable: TenantRef, visitor: TenantClient) -> None:
    page = _read(visitor.get("/"))
    assert page.one("h1").text == "Alpha Studio"
    facts = page.one(class_="facts").text
    assert facts.startswith("Today ")
    assert facts.endswith(" 1 Main Street")
    assert facts.count("Today") == 1
    assert len(page.all("dt")) == 7
    assert len(page.all(class_="today")) == 1
    assert page.one("meta", name="description")["content"] == "Good hair, unhurried."


def test_brand_colour_is_painted_with_text_that_reads_on_it(reachable: TenantRef, visitor: TenantClient) -> None:
    for path in ("/", "/book", "/nope"):
        response = visitor.get(path)
        [style] = [each for each in _read(response).all("style") if each.text.startswith(":root{--brand:#")]
        assert style.text == ":root{--brand:#ffe14d;--on-brand:#000000}"
        assert f"'nonce-{style['nonce']}'" in response["Content-Security-Policy"]


def test_only_the_front_page_is_for_search_engines(
    reachable: TenantRef, visitor: TenantClient, lead: dict[str, Any]
) -> None:
    assert not _read(visitor.get("/")).all("meta", name="robots")
    for page in (_read(visitor.get("/book")), _read(visitor.get("/nope")), _capture(visitor, lead)):
        assert page.one("meta", name="robots")["content"] == "noindex"


def test_every_page_says_its_language_and_offers_the_others(
    reachable: TenantRef, visitor: TenantClient, lead: dict[str, Any]
) -> None:
    for page in (_read(visitor.get("/book?lang=es")), _capture(visitor, lead)):
        assert page.one("html")["lang"] == "es"
        links = page.having("hreflang")
        assert [(each["hreflang"], "aria-current" in each) for each in links] == [("en", False), ("es", True)]
        assert {each["rel"] for each in links} == {"nofollow"}
        assert page.one("a", class_="skip")["href"] == "#main"


def test_words_of_the_business_are_text_on_every_page(
    ready: TenantRef, visitor: TenantClient, lead: dict[str, Any], django_capture_on_commit_callbacks: Any
) -> None:
    _change(
        ready,
        django_capture_on_commit_callbacks,
        name=HOSTILE,
        address=HOSTILE,
        services=[HOSTILE, "Haircut"],
    )
    for page in (
        _read(visitor.get("/")),
        _read(visitor.get("/book")),
        _read(visitor.get("/nope")),
        _capture(visitor, lead),
    ):
        assert not page.having("data-evil")
        assert HOSTILE in page.one("body").text
        assert HOSTILE in page.one("title").text
