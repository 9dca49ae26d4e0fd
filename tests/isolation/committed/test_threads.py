"""Two tenants under eight threads at once: every read is the reader's own."""

import random
from collections.abc import Callable
from contextlib import suppress

from django.core.exceptions import ImproperlyConfigured
from django.db import connection, transaction

from shared_apps.accounts.models import User
from shared_apps.tenants.scope import TenantRef, enter_tenant, public_scope, tenant_scope
from tests.clients import TenantClient
from tests.isolation.committed.conftest import Pair
from tests.isolation.helpers import BoomError, ask, business_name
from tests.threads import at_once

THREADS = 8
ROUNDS = 40


def _check_marker(tenant: TenantRef) -> None:
    assert business_name() == tenant.name
    assert ask("SELECT current_schema()") == tenant.schema_name
    assert [user.email for user in User.objects.all()] == [f"owner@{tenant.client_id}.example"]


def _hammer(pair: Pair, seed: int) -> Callable[[], int]:
    """Return a job that enters, nests, fails and reconnects at random; it returns how many reads it checked."""

    def job() -> int:
        chance = random.Random(seed)
        checked = 0
        for _ in range(ROUNDS):
            outer, inner = chance.sample(pair, 2) if chance.random() < 0.7 else (chance.choice(pair),) * 2
            with suppress(BoomError), enter_tenant(outer):
                _check_marker(outer)
                if chance.random() < 0.1:
                    connection.close()
                with suppress(BoomError), transaction.atomic(), tenant_scope(inner.schema_name):
                    _check_marker(inner)
                    checked += 2
                    if chance.random() < 0.4:
                        raise BoomError
                _check_marker(outer)
                checked += 1
                if chance.random() < 0.2:
                    connection.connection.execute("SELECT set_config('search_path', 'public', false)")
                    _check_marker(outer)
                if chance.random() < 0.3:
                    raise BoomError
            if chance.random() < 0.2:
                with public_scope():
                    assert ask("SELECT current_schema()") == "public"
            with suppress(ImproperlyConfigured):
                business_name()
                raise AssertionError("a thread that had left its tenant read a row")
        return checked

    return job


def test_eight_threads_each_read_their_own_marker_row(pair: Pair) -> None:
    checked = at_once([_hammer(pair, seed) for seed in range(THREADS)])

    assert all(count == 3 * ROUNDS for count in checked)


def test_eight_threads_of_requests_each_get_their_own_tenants_page(pair: Pair) -> None:
    def browse(seed: int) -> Callable[[], set[tuple[str, str]]]:
        def job() -> set[tuple[str, str]]:
            chance = random.Random(seed)
            seen: set[tuple[str, str]] = set()
            for _ in range(20):
                tenant = chance.choice(pair)
                page = TenantClient(tenant).get("/").content.decode()
                seen.update((tenant.name, name) for name in ("Alpha Studio", "Beta Studio") if name in page)
            return seen

        return job

    seen = set[tuple[str, str]]().union(*at_once([browse(seed) for seed in range(THREADS)]))

    assert seen == {("Alpha Studio", "Alpha Studio"), ("Beta Studio", "Beta Studio")}
