"""Two businesses on one platform: neither sees, nor can reach, what is the other's."""

from playwright.sync_api import expect

from e2e.conftest import OpenBrowser
from e2e.stack import Stack
from e2e.steps import fill_in, log_in, send


def test_one_tenant_is_nobody_at_another(stack: Stack, open_page: OpenBrowser) -> None:
    visitor = open_page()
    visitor.goto(stack.url("coastal-cuts", "/book"))
    fill_in(visitor, name="Only For Coastal")
    handoff_id = send(visitor)

    other = open_page()
    log_in(other, stack, "harbor-wellness")
    expect(other.locator("body")).not_to_contain_text("Only For Coastal")
    other.goto(stack.url("harbor-wellness", f"/dashboard/handoffs/{handoff_id}"))
    expect(other.locator("body")).not_to_contain_text("Only For Coastal")
    other.goto(stack.url("coastal-cuts", "/dashboard"))
    expect(other).to_have_url(stack.url("coastal-cuts", "/login?next=/dashboard"))


def test_foreign_id_is_as_unknown_as_any(stack: Stack, open_page: OpenBrowser) -> None:
    visitor = open_page()
    visitor.goto(stack.url("coastal-cuts", "/book"))
    fill_in(visitor, name="Not Yours")
    handoff_id = send(visitor)
    unknown = "01890a5d-ac96-774b-bcce-b302099a8057"

    for path in ("/api/v1/handoffs/{}/redirect",):
        foreign = stack.ask("POST", path.format(handoff_id), host="harbor-wellness.localhost")
        random = stack.ask("POST", path.format(unknown), host="harbor-wellness.localhost")
        assert (foreign.status, foreign.text) == (404, random.text)

    assert stack.ask("POST", f"/go/{handoff_id}", host="harbor-wellness.localhost").status == 404
    still = stack.ask("POST", f"/api/v1/handoffs/{handoff_id}/redirect", host="coastal-cuts.localhost")
    assert still.body["status"] == "redirected"
