"""What the tests of mails do first: choose what is told, and capture."""

from collections.abc import Callable
from typing import Any

from django.utils import timezone

from shared_apps.tenants.scope import TenantRef, enter_tenant
from tenant_apps.notifications.services import update_notification_settings
from tests.clients import TenantClient

Wait = Callable[[TenantRef], None]
EVIL = '</td><a href="https://evil.example/x">win</a><img src=x onerror=alert(1)> www.evil.example'


def choose(tenant: TenantRef, *, new_handoff: str = "each", daily_summary: bool = False) -> None:
    """Save what the tenant is told of."""
    with enter_tenant(tenant):
        update_notification_settings(new_handoff=new_handoff, daily_summary=daily_summary, now=timezone.now())


def capture(visitor: TenantClient, lead: dict[str, Any], **changes: Any) -> str:
    """Post a wish, and return the handoff's id."""
    response = visitor.post_json("/api/v1/handoffs", lead | changes)
    assert response.status_code == 201
    return str(response.json()["id"])
