"""No page of a tenant's host is a dead end: whatever goes wrong, the booking link or the business is one tap away."""

from collections.abc import Callable
from typing import Any

import pytest

from shared_apps.tenants.scope import TenantRef, enter_tenant
from tenant_apps.business.services import update_profile
from tests.clients import TenantClient

LINK = "https://calendly.com/alpha-studio/visit?utm_source=treasurecoastai"
RANDOM_ID = "0199f0f0-0000-7000-8000-00000000abcd"
Ask = Callable[[TenantClient], Any]

FAILURES: dict[str, tuple[int, Ask]] = {
    "no such page": (404, lambda client: client.get("/nothing-here")),
    "no such handoff": (404, lambda client: client.get(f"/handoff/{RANDOM_ID}")),
    "no id": (404, lambda client: client.get("/handoff/not-an-id")),
    "no id to go to": (404, lambda client: client.post("/go/not-an-id")),
    "another site's form": (403, lambda client: client.post("/book", headers={"origin": "https://evil.example"})),
    "another method": (405, lambda client: client.put("/book")),
    "a body nobody reads": (
        400,
        lambda client: client.post("/book", "{", content_type="multipart/form-data; boundary="),
    ),
}


@pytest.fixture
def reachable(alpha: TenantRef, django_capture_on_commit_callbacks: Any) -> TenantRef:
    """Alpha with a phone number."""
    with django_capture_on_commit_callbacks(execute=True), enter_tenant(alpha):
        update_profile(tenant=alpha, changes={"phone": "+17725550100"})
    return alpha


@pytest.mark.parametrize("name", FAILURES)
def test_failure_shows_the_link_and_the_contact(
    name: str, reachable: TenantRef, ready: TenantRef, visitor: TenantClient
) -> None:
    status, ask = FAILURES[name]
    response = ask(visitor)
    page = response.content.decode()
    assert response.status_code == status
    assert LINK in page
    assert 'href="tel:+17725550100"' in page
    assert 'data-testid="contact-cta"' in page


@pytest.mark.parametrize("name", FAILURES)
def test_without_a_link_it_shows_the_contact(name: str, reachable: TenantRef, visitor: TenantClient) -> None:
    response = FAILURES[name][1](visitor)
    assert 'href="tel:+17725550100"' in response.content.decode()
    assert "calendly" not in response.content.decode()


@pytest.mark.parametrize("path", ["/", "/book", f"/handoff/{RANDOM_ID}", "/login"])
def test_an_error_of_ours_is_no_bare_page(
    path: str, reachable: TenantRef, ready: TenantRef, visitor: TenantClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor.get("/")  # served before

    def fail(*_args: Any, **_kwargs: Any) -> Any:
        raise RuntimeError("secret detail")

    for place in ("tenant_apps.handoffs.views.render", "shared_apps.accounts.views.render"):
        monkeypatch.setattr(place, fail)
    response = visitor.get(path)
    page = response.content.decode()
    if path.startswith("/handoff"):
        assert response.status_code == 404
    else:
        assert response.status_code == 500
    assert LINK in page
    assert "secret detail" not in page
    assert "Traceback" not in page


def test_too_many_forms_keep_the_words_and_show_the_link(
    reachable: TenantRef, ready: TenantRef, visitor: TenantClient, lead: dict[str, Any], settings: Any
) -> None:
    settings.RATES = settings.RATES | {"RATE_CAPTURE_PER_IP": "1/11h"}
    assert visitor.post("/book", lead).status_code == 303
    response = visitor.post("/book", lead | {"customerName": "Kept Here"})
    page = response.content.decode()
    assert response.status_code == 429
    assert int(response["Retry-After"]) > 0
    assert 'value="Kept Here"' in page
    assert LINK in page
    assert 'data-testid="contact-cta"' in page


def test_too_many_messages_to_the_assistant_carry_the_link(
    reachable: TenantRef, ready: TenantRef, visitor: TenantClient, settings: Any
) -> None:
    settings.RATES = settings.RATES | {"RATE_ASSISTANT": "1/m"}
    body: dict[str, Any] = {"message": "hi", "slots": {}, "asking": None}
    answers = [visitor.post_json("/api/v1/assistant/messages", body) for _ in range(2)]
    assert answers[1].status_code == 429
    assert answers[1].json()["booking"]["url"].startswith(LINK)
    assert answers[1].json()["contact"]["phone"] == "+17725550100"
