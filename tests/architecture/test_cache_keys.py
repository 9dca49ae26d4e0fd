"""Every GenerationCache of a process: what its keys are, and that two tenants never share one."""

import sys

import pytest
from django.test import RequestFactory

from saas import captures
from saas.captures import Captures
from saas.kept import KeptAnswers
from shared_apps.tenants.cache import GenerationCache
from shared_apps.tenants.scope import TenantRef
from shared_apps.tenants.selectors import tenant_host
from tenant_apps.booking import selectors as booking_selectors
from tests.clients import TenantClient, answer_wsgi

PACKAGES = ("shared_apps.", "tenant_apps.", "saas.", "worker.")
KEYED_BY_SCHEMA = {"tenant_apps.booking.selectors._snapshots"}
KEYED_BY_SCHEMA_AND_MORE = {  # a tuple; the schema comes first
    "saas.captures._headers",
    "saas.kept._answers",
    "tenant_apps.handoffs.views._kept",
}
KEYED_OTHERWISE = {
    "shared_apps.tenants.selectors._hosts": "finds the tenant: its key is the host, and no tenant's data is in it",
}


def _all_caches() -> dict[str, GenerationCache[object]]:
    return {
        f"{name}.{attribute}": value
        for name, module in list(sys.modules.items())
        if name.startswith(PACKAGES)
        for attribute, value in list(vars(module).items())
        if isinstance(value, GenerationCache)
    }


def test_every_cache_is_on_one_of_the_lists() -> None:
    assert set(_all_caches()) == KEYED_BY_SCHEMA | KEYED_BY_SCHEMA_AND_MORE | set(KEYED_OTHERWISE)


def test_caches_keyed_by_schema_hold_schemas_and_nothing_else(
    alpha: TenantRef, beta: TenantRef, lead: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(captures, "close_old_connections", lambda: None)  # the test's transaction is not to be closed
    door = KeptAnswers(Captures(answer_wsgi))
    for tenant in (alpha, beta):
        for path in ("/", "/book", "/api/v1/booking", "/login"):
            assert TenantClient(tenant).get(path, headers={"accept-encoding": "gzip"}).status_code == 200
        for path in ("/", "/book"):
            environ = RequestFactory().get(path, headers={"host": tenant_host(tenant), "accept-encoding": "gzip"}).META
            assert b"".join(door(environ, lambda *_: None))
        host = {"host": tenant_host(tenant)}
        for _ in range(2):
            capture = RequestFactory().post("/api/v1/handoffs", lead, content_type="application/json", headers=host)
            assert b'"status":"new"' in b"".join(door(capture.environ, lambda *_: None))

    caches = _all_caches()
    for name in KEYED_BY_SCHEMA:
        assert set(caches[name]._entries) == {alpha.schema_name, beta.schema_name}
    for name in KEYED_BY_SCHEMA_AND_MORE:
        keys = list(caches[name]._entries)
        assert all(isinstance(key, tuple) for key in keys)
        assert {key[0] for key in keys if isinstance(key, tuple)} == {alpha.schema_name, beta.schema_name}


def test_snapshot_of_each_tenant_is_its_own(alpha: TenantRef, beta: TenantRef) -> None:
    for tenant in (alpha, beta, alpha):
        TenantClient(tenant).get("/")

    held = [booking_selectors.peek_snapshot(tenant=tenant) for tenant in (alpha, beta)]
    assert [snapshot.business.name for snapshot in held if snapshot is not None] == ["Alpha Studio", "Beta Studio"]
