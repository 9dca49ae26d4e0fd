"""Django's test client, speaking to one tenant's host."""

from collections.abc import Callable
from typing import Any

from django.http import HttpResponseBase
from django.test import Client
from django.test.client import ClientHandler

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


def answer_wsgi(environ: dict[str, Any], start_response: Callable[..., Any]) -> HttpResponseBase:
    """Django as a web server calls it, but that it leaves the test's transaction alone."""
    response: HttpResponseBase = ClientHandler(enforce_csrf_checks=False)(environ)
    cookies = [("Set-Cookie", cookie.OutputString()) for cookie in response.cookies.values()]
    start_response(f"{response.status_code} {response.reason_phrase}", [*response.items(), *cookies])
    return response


def _dashed(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}
