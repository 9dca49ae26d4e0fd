"""The pages around the login, the dashboard's shell and the platform's pages: their forms work and are guarded."""

from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.test import Client

from shared_apps.accounts.enums import Role
from shared_apps.accounts.tokens import make_set_password_token
from shared_apps.platform.services import ensure_platform_user
from shared_apps.tenants.scope import TenantRef, enter_tenant, public_scope
from tenant_apps.notifications.selectors import make_unsubscribe_url
from tests.clients import TenantClient
from tests.factories import UserFactory
from tests.html import PageTree
from tests.integration.support.conftest import desk as desk  # noqa: PLC0414 - fixtures, used by their names
from tests.integration.support.conftest import make_link as make_link  # noqa: PLC0414 - the same
from tests.integration.support.conftest import visit as visit  # noqa: PLC0414 - the same

TOKEN = "csrfmiddlewaretoken"
HOSTILE = '"><i data-evil="1">'


def _read(response: Any) -> PageTree:
    return PageTree(response.content.decode())


@pytest.fixture
def set_password_path(alpha: TenantRef) -> str:
    """The path of a link that sets a password."""
    with enter_tenant(alpha):
        return f"/set-password/{make_set_password_token(UserFactory.create())}"


@pytest.fixture
def admin(db: None) -> Client:
    """A platform admin at the public host."""
    client = Client(headers={"host": django_settings.SAAS_DOMAIN})
    with public_scope():
        user = ensure_platform_user(email="admin@platform.example", role=Role.ADMIN, password=None)
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def _check_forms(page: PageTree, *, forms: int) -> None:
    """Each form that posts holds a token, so that it works and nobody else's page can send it."""
    posting = page.all("form", method="post")
    assert len(posting) >= forms
    for form in posting:
        [token] = [each for each in page.all("input", name=TOKEN) if each.is_in(form)]
        assert (token["type"], bool(token["value"])) == ("hidden", True)


def test_every_form_before_the_login_holds_a_token(visitor: TenantClient, set_password_path: str) -> None:
    for path in ("/login", "/forgot-password", set_password_path):
        page = _read(visitor.get(path))
        _check_forms(page, forms=1)
        assert page.one("meta", name="robots")["content"] == "noindex"
        assert page.one("a", class_="skip")["href"] == "#main"
        assert page.one("main")["id"] == "main"
        assert [each["src"].startswith("/static/assets/console-") for each in page.all("script")] == [True]


def test_forms_of_the_platform_hold_a_token(admin: Client, alpha: TenantRef, settings: Any) -> None:
    settings.INTEREST_SIGNUP = True
    tenant = f"/admin/tenants/tenant/{alpha.id}"
    added = admin.post(f"{tenant}/domains/", {"do": "add", "host": "book.alpha-studio.com"})
    assert added.status_code in (200, 302)
    for path, forms in (
        ("/", 1),
        ("/admin/tenants/tenant/add/", 1),
        (f"{tenant}/change/", 2),
        (f"{tenant}/suspend/", 1),
        (f"{tenant}/domains/", 2),
    ):
        _check_forms(_read(admin.get(path)), forms=forms)


def test_step_of_a_domain_names_what_is_agreed_to(admin: Client, alpha: TenantRef) -> None:
    path = f"/admin/tenants/tenant/{alpha.id}/domains/"
    admin.post(path, {"do": "add", "host": "book.alpha-studio.com"})
    page = _read(admin.get(path))
    claim = page.mark("domain-claim")
    buttons = {each["value"] for each in page.all("button", name="do") if each.is_in(claim)}
    assert buttons == {"check", "remove"}  # nothing proves yet that it may stand in links
    assert not page.all("button", value="primary")
    [named] = [each for each in page.all("input", name="claim") if each.is_in(claim)]
    asked = _read(admin.post(path, {"do": "remove", "claim": named["value"]}))
    form = asked.one("input", name="confirmed").parent
    assert form is not None
    given = {each["name"]: each["value"] for each in asked.all("input", type_="hidden") if each.parent is form}
    del given[TOKEN]
    assert given == {"do": "remove", "confirmed": "yes", "claim": named["value"]}


def test_leaving_the_mails_is_a_form_of_one_press(alpha: TenantRef) -> None:
    path = make_unsubscribe_url(alpha, "owner@alpha.example").partition(":8000")[2]
    page = _read(TenantClient(alpha).get(path))
    form = page.one("form")
    assert (form["method"], "action" in form) == ("post", False)
    button = page.one("button")
    assert (button["name"], button["value"], button.is_in(form)) == ("action", "unsubscribe", True)
    page = _read(TenantClient(alpha).post(path))
    assert (page.one("button")["name"], page.one("button")["value"]) == ("action", "subscribe")


def test_login_says_what_is_wrong_where_readers_hear_it(alpha: TenantRef, visitor: TenantClient) -> None:
    page = _read(visitor.post("/login", {"email": HOSTILE, "password": "x", "next": f"/dashboard{HOSTILE}"}))
    assert not page.having("data-evil")
    assert page.one("input", name="next")["value"] == f"/dashboard{HOSTILE}"
    error = page.mark("field-error")
    assert error["role"] == "alert"
    email, password = page.one("input", name="email"), page.one("input", name="password")
    assert email["aria-describedby"] == password["aria-describedby"] == error["id"]
    assert (email["value"], "value" in password) == (HOSTILE, False)
    assert ("autofocus" in email, "autofocus" in password) == (False, True)
    assert (email["autocomplete"], password["autocomplete"]) == ("username", "current-password")
    assert (email["type"], password["type"]) == ("email", "password")
    assert page.one("title").text.startswith(error.text)
    assert any(each["href"] == "/forgot-password" for each in page.all("a"))


def test_form_of_a_forgotten_password_keeps_what_was_typed_as_text(
    alpha: TenantRef, visitor: TenantClient, settings: Any
) -> None:
    settings.RATES = settings.RATES | {"RATE_LOGIN": "1/30m"}
    visitor.post("/forgot-password", {"email": HOSTILE})
    page = _read(visitor.post("/forgot-password", {"email": HOSTILE}))
    assert not page.having("data-evil")
    email = page.one("input", name="email")
    assert (email["value"], email["aria-describedby"]) == (HOSTILE, page.mark("field-error")["id"])


def test_login_goes_on_where_it_was_asked_from(alpha: TenantRef, visitor: TenantClient) -> None:
    page = _read(visitor.get("/login?next=/dashboard/insights%3Frange%3D7"))
    assert page.one("input", name="next")["value"] == "/dashboard/insights?range=7"
    assert page.one("input", name="next").is_in(page.one("form"))


def test_weak_password_is_told_beside_its_field(set_password_path: str, visitor: TenantClient) -> None:
    page = _read(visitor.post(set_password_path, {"password": "short"}))
    field = page.one("input", name="password")
    assert (field["type"], field["autocomplete"], field["aria-invalid"]) == ("password", "new-password", "true")
    assert field["aria-describedby"].split() == ["error-password", "password-hint"]
    assert page.one(id_="error-password")["role"] == "alert"
    assert page.all(data_testid="field-error")
    assert "value" not in field
    fresh = _read(visitor.get(set_password_path)).one("input", name="password")
    assert (fresh["aria-describedby"], "aria-invalid" in fresh) == ("password-hint", False)


def test_support_sees_a_banner_with_its_way_out_and_nobody_else_does(
    alpha: TenantRef, owner: TenantClient, visit: Callable[[TenantRef], TenantClient]
) -> None:
    page = _read(visit(alpha).get("/dashboard"))
    banner = page.mark("support-banner")
    assert "read-only" in banner.text
    assert page.one("bdi").text == "support@platform.example"
    assert page.one(role="timer").text == "Ends in 30 min"  # less the second that has begun
    form = page.one("form")
    assert (form["method"], form["action"], form.is_in(banner)) == ("post", "/logout", True)
    _check_forms(page, forms=1)
    plain = _read(owner.get("/dashboard"))
    assert not plain.all(data_testid="support-banner")
    assert plain.one("meta", name="robots")["content"] == "noindex"


def test_link_of_support_opens_beside_the_admin_and_tells_it_nothing(desk: Client, alpha: TenantRef) -> None:
    page = _read(desk.post(f"/admin/tenants/tenant/{alpha.id}/open/"))
    link = page.mark("support-link")
    assert (link["target"], link["rel"]) == ("_blank", "noopener noreferrer")


def test_sign_up_keeps_what_was_typed_and_says_what_is_wrong(db: None, settings: Any) -> None:
    settings.INTEREST_SIGNUP = True
    client = Client(headers={"host": "localhost"})
    page = _read(client.post("/interest", {"businessName": "", "email": HOSTILE}))
    assert not page.having("data-evil")
    email, name = page.one("input", name="email"), page.one("input", name="businessName")
    assert email["value"] == HOSTILE
    for field in (email, name):
        assert field["aria-invalid"] == "true"
        assert page.one(id_=field["aria-describedby"]).text
    assert ("autofocus" in name, "autofocus" in email) == (True, False)
    trap = page.one("input", name="website")
    assert trap["tabindex"] == "-1"
    assert any(trap.is_in(each) for each in page.all("div", aria_hidden="true"))
