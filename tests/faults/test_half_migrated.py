"""A tenant whose migration ended half-way: the code asks for a column that is not there yet."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection

from shared_apps.tenants.scope import TenantRef, enter_tenant
from tenant_apps.handoffs.models import BookingHandoff
from tests.clients import TenantClient
from tests.conftest import _find
from tests.faults.conftest import drain


@contextmanager
def half_migrated(tenant: TenantRef) -> Iterator[None]:
    """Run the body while a column of the tenant's handoffs has another name than this release gives it."""
    with enter_tenant(tenant), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE handoffs_bookinghandoff RENAME COLUMN notes TO notes_of_the_next_release")
    try:
        yield
    finally:
        with enter_tenant(tenant), connection.cursor() as cursor:
            cursor.execute("ALTER TABLE handoffs_bookinghandoff RENAME COLUMN notes_of_the_next_release TO notes")


def test_its_visitors_go_on_and_others_notice_nothing(served_tenant: TenantRef, lead: dict[str, Any]) -> None:
    visitor, elsewhere = TenantClient(served_tenant), TenantClient(_find("beta"))
    with half_migrated(served_tenant):
        page = visitor.get("/")
        kept = visitor.post_json("/api/v1/handoffs", lead)
        form = visitor.post("/book", lead)
        clicked = visitor.post(f"/go/{kept.json()['id']}")
        assert elsewhere.get("/").status_code == 200

    assert page.status_code == 200
    assert (kept.status_code, kept.json()["status"]) == (202, "queued")
    assert kept.json()["booking"]["url"].startswith("https://calendly.com/")
    assert (form.status_code, clicked.status_code) == (303, 303)
    drain()
    drain(later=20)
    with enter_tenant(served_tenant):
        stored = {str(one.pk): one.status for one in BookingHandoff.objects.all()}
    assert len(stored) == 2
    assert stored[kept.json()["id"]] == "redirected"
