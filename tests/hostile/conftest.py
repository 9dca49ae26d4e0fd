"""A running server, two businesses on it with committed rows, and everybody who may call them, over real sockets."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest

from shared_apps.accounts.enums import Role, Scope
from shared_apps.accounts.services import create_api_key
from shared_apps.platform.services import drop_tenant, provision_tenant
from shared_apps.tenants.scope import TenantRef, enter_tenant
from tenant_apps.booking.services import SettingsInput, update_settings
from tests.clients import TenantClient
from tests.factories import HandoffFactory, UserFactory
from tests.serving import Answer, Server, running_server

CSRF = "c" * 32
LEAD = {
    "customerName": "Zebedee Quux",
    "customerPhone": "772-555-0177",
    "requestedService": "Haircut",
    "preferredDateTimeText": "Friday after 5",
}
LEAD_MARKS = ("Zebedee", "772-555-0177", "7725550177")
SETTINGS = {
    "bookingMode": "external",
    "externalBookingProviderName": "",
    "externalBookingUrl": "https://calendly.com/hostile-studio/visit",
    "externalBookingEmbedMode": "redirect",
    "externalBookingDisclaimer": "",
    "externalBookingUtmSource": "treasurecoastai",
    "externalBookingUtmCampaign": "industry-demo",
}


@dataclass(frozen=True)
class Place:
    """One business of the stage: its host, and what each of its people and programs sends along."""

    tenant: TenantRef
    host: str
    credentials: dict[str, dict[str, str]]
    handoff_id: str


@dataclass(frozen=True)
class Stage:
    """The server and its businesses, `mine` with a booking link; what becomes of `spare` matters to nobody."""

    server: Server
    mine: Place
    other: Place
    spare: Place

    def ask(
        self, method: str, target: str, *, caller: str = "nobody", place: Place | None = None, **more: Any
    ) -> Answer:
        """Ask `mine`, or `place`, as `caller`: nobody, owner, staff, read, write, or with `other ` the other's."""
        place = place or self.mine
        whose = self.other if caller.startswith("other ") else self.mine
        headers = whose.credentials[caller.removeprefix("other ")] | (more.pop("headers", None) or {})
        return self.server.ask(method, target, host=more.pop("host", place.host), headers=headers, **more)

    def send_json(self, method: str, target: str, body: Any, **more: Any) -> Answer:
        """Send `body` as JSON."""
        headers = {"Content-Type": "application/json"} | more.pop("headers", {})
        return self.ask(method, target, body=json.dumps(body).encode(), headers=headers, **more)

    def capture(self, **change: Any) -> Answer:
        """Send a lead, with some fields otherwise."""
        return self.send_json("POST", "/api/v1/handoffs", LEAD | change)

    def read(self, handoff_id: str) -> dict[str, Any]:
        """Return a handoff as its business sees it."""
        answer = self.ask("GET", f"/api/v1/handoffs/{handoff_id}", caller="owner")
        assert answer.status == 200
        item: dict[str, Any] = answer.json()
        return item


@pytest.fixture(autouse=True)
def db(django_db_blocker: Any) -> Iterator[None]:
    """The database, open to the test, which stands in no transaction: the server sees what is committed."""
    with django_db_blocker.unblock():
        yield


@pytest.fixture(scope="package")
def stage(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """Everything, once for this folder and gone after it. Limits are production's, but for what counts by tenant."""
    folder = tmp_path_factory.mktemp("hostile")
    wide = {"RATE_CAPTURE_PER_TENANT": "1000000/m", "RATE_API": "1000000/m", "RATE_EXPORT": "1000000/h"}
    with django_db_blocker.unblock():
        places: list[Place] = []
        try:
            places.extend(_make_place() for _ in range(3))
            with enter_tenant(places[0].tenant):
                update_settings(tenant=places[0].tenant, given=_ready())
            with running_server(folder, threads=4, **wide) as server:
                yield Stage(server, *places)
        finally:
            for place in places:
                drop_tenant(tenant=place.tenant, only_demo=False)


def _make_place() -> Place:
    name = f"hostile-{uuid4().hex[:10]}"
    tenant = provision_tenant(
        name="Hostile Studio", subdomain=name, owner_email=f"first@{name}.example", industry="salon"
    ).tenant
    credentials: dict[str, dict[str, str]] = {"nobody": {}}
    with enter_tenant(tenant):
        for role in (Role.OWNER, Role.STAFF):
            client = TenantClient(tenant)
            client.force_login(
                UserFactory.create(email=f"{role}@{name}.example", role=role),
                backend="django.contrib.auth.backends.ModelBackend",
            )
            session = client.cookies["sessionid"].value
            credentials[role.value] = {"Cookie": f"sessionid={session}; csrftoken={CSRF}", "X-CSRFToken": CSRF}
        for scope in Scope:
            _row, key = create_api_key(name=f"A {scope} key", scope=scope)
            credentials[scope.value] = {"Authorization": f"Bearer {key}"}
        handoff = HandoffFactory.create(customer_name=f"Person of {name}")
    return Place(tenant, f"{name}.localhost", credentials, str(handoff.pk))


def _ready() -> SettingsInput:
    return SettingsInput(
        booking_mode="external",
        external_booking_provider_name="",
        external_booking_url=SETTINGS["externalBookingUrl"],
        external_booking_embed_mode="redirect",
        external_booking_disclaimer="",
        external_booking_utm_source="treasurecoastai",
        external_booking_utm_campaign="industry-demo",
    )
