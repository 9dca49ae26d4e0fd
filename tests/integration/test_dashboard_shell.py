"""The page every address of the dashboard answers with: who gets it, and what stands in it."""

import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

import pytest

from shared_apps.accounts.enums import Role
from shared_apps.tenants.models import Tenant
from shared_apps.tenants.scope import TenantRef, enter_tenant, public_scope
from shared_apps.tenants.selectors import tenant_url
from tests.clients import TenantClient
from tests.factories import HandoffFactory

PAGES = ("", "/insights", "/settings", "/team", "/account")


def read_boot(page: Any) -> dict[str, Any]:
    """Return what the app is told."""
    found = re.search(r'<script id="boot" type="application/json">(.*?)</script>', page.content.decode())
    assert found is not None
    boot: dict[str, Any] = json.loads(found[1])
    return boot


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("role", [Role.OWNER, Role.STAFF])
def test_every_page_is_the_same_shell(page: str, role: Role, alpha: TenantRef, login: Callable[..., Any]) -> None:
    client = login(alpha, role)
    answer = client.get(f"/dashboard{page}")
    boot = read_boot(answer)

    assert boot.pop("csrf")
    assert boot == {
        "email": client.user.email,
        "role": role.value,
        "support": None,
        "businessName": "Alpha Studio",
        "timeZone": "America/New_York",
        "language": "en",
        "bookingUrl": tenant_url(alpha, "/book"),
    }
    assert answer["Cache-Control"] == "no-store"
    policy = dict(part.split(" ", 1) for part in answer["Content-Security-Policy"].split("; "))
    assert policy["script-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    assert answer["X-Frame-Options"] == "DENY"


def test_shell_holds_no_handoff_and_says_what_to_do_without_javascript(
    alpha: TenantRef, login: Callable[..., Any]
) -> None:
    with enter_tenant(alpha):
        handoff = HandoffFactory.create(customer_name="Jo Private")
    for path in ("/dashboard", f"/dashboard/handoffs/{handoff.pk}"):
        text = login(alpha, Role.STAFF).get(path).content.decode()
        assert "Jo Private" not in text
        assert re.search(r"<noscript>.*needs JavaScript.*Turn JavaScript on.*</noscript>", text, re.DOTALL)


def test_name_of_the_business_stays_data(alpha: TenantRef, login: Callable[..., Any]) -> None:
    name = "</script><script>alert(1)</script>"
    with public_scope():
        Tenant.objects.filter(pk=alpha.id).update(name=name)
    page = login(alpha).get("/dashboard")

    assert name not in page.content.decode()
    assert read_boot(page)["businessName"] == name


@pytest.mark.parametrize("page", [*PAGES, "?status=new&q=a%20b", "/handoffs/abc"])
def test_stranger_logs_in_first_and_comes_back(page: str, alpha: TenantRef, visitor: TenantClient) -> None:
    answer = visitor.get(f"/dashboard{page}")

    assert answer.status_code == 302
    assert unquote(answer["Location"].removeprefix("/login?next=")) == f"/dashboard{page}"


@pytest.mark.parametrize("role", [Role.ADMIN, Role.SUPPORT])
def test_role_of_the_platform_opens_nothing_here(role: Role, alpha: TenantRef, login: Callable[..., Any]) -> None:
    answer = login(alpha, role).get("/dashboard")

    assert (answer.status_code, answer["Location"]) == (302, "/login?next=/dashboard")


def test_unknown_handoff_is_a_404_with_the_shell(alpha: TenantRef, owner: TenantClient) -> None:
    with enter_tenant(alpha):
        known = HandoffFactory.create().pk
    assert owner.get(f"/dashboard/handoffs/{known}").status_code == 200
    for key in ("01890a5d-ac96-774b-bcce-b302099a8057", "abc"):
        answer = owner.get(f"/dashboard/handoffs/{key}")
        assert answer.status_code == 404
        assert read_boot(answer)["businessName"] == "Alpha Studio"


def test_shell_fetches_the_pages_own_script_at_once(alpha: TenantRef, owner: TenantClient) -> None:
    assert re.search(r'<link rel="modulepreload" href="/static/assets/handoffs-[\w-]+\.js">', _text(owner, ""))
    assert re.search(
        r'<link rel="modulepreload" href="/static/assets/handoff-[\w-]+\.js">', _text(owner, "/handoffs/abc")
    )


def _text(client: TenantClient, page: str) -> str:
    return client.get(f"/dashboard{page}").content.decode()
