"""Django's test client, speaking to one tenant's host."""

from typing import Any

from django.test import Client

from shared_apps.accounts.models import User
from shared_apps.tenants.scope import TenantRef
from shared_apps.tenants.selectors import tenant_host


class TenantClient(Client):
    """A browser at a tenant's host. `user` is who is logged in."""

    user: User

    def __init__(self, tenant: TenantRef, **kwargs: Any) -> None:
        super().__init__(headers={"host": tenant_host(tenant)}, raise_request_exception=False, **kwargs)
        self.tenant = tenant

    def post_json(self, path: str, body: Any, **headers: str) -> Any:
        """POST `body` as JSON; header names with underscores, such as `idempotency_key`."""
        return self.post(path, body, content_type="application/json", headers=_dashed(headers))

    def put_json(self, path: str, body: Any, **headers: str) -> Any:
        """PUT `body` as JSON."""
        return self.put(path, body, content_type="application/json", headers=_dashed(headers))


def _dashed(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}
