"""One statement in many schemas: what fails at one tenant is told of it, and of nobody else."""

import pytest
from django.db import OperationalError, connection

from shared_apps.platform.services import provision_tenant
from shared_apps.tenants import bulk
from shared_apps.tenants.bulk import BATCH, execute_in_each
from shared_apps.tenants.scope import TenantRef, enter_tenant, public_scope
from tenant_apps.business.models import BusinessProfile

COUNT_UP = """
    WITH changed AS (UPDATE business_businessprofile SET abandon_after_hours = abandon_after_hours + 1
        RETURNING abandon_after_hours)
    SELECT to_jsonb(abandon_after_hours) FROM changed
"""


def hours_of(tenant: TenantRef) -> int:
    with enter_tenant(tenant):
        return BusinessProfile.objects.get().abandon_after_hours


@pytest.mark.django_db
@pytest.mark.parametrize("broken", [(0,), (4,), (1, 2), (0, 1, 2, 3, 4)])
def test_broken_ones_fail_alone_and_the_others_change_once(broken: tuple[int, ...]) -> None:
    tenants = [
        provision_tenant(name="B", subdomain=f"many-{number}", owner_email="a@b.example").tenant for number in range(5)
    ]
    for number in broken:
        with enter_tenant(tenants[number]), connection.cursor() as cursor:
            cursor.execute("ALTER TABLE business_businessprofile RENAME COLUMN abandon_after_hours TO lost")

    outcomes = execute_in_each(tenants, COUNT_UP)

    assert [outcome.tenant for outcome in outcomes] == tenants
    for number, outcome in enumerate(outcomes):
        assert (outcome.value, outcome.sqlstate) == ((None, "42703") if number in broken else (25, ""))
        assert number in broken or hours_of(tenants[number]) == 25


def test_key_that_leads_nowhere_fails_at_its_tenant(alpha: TenantRef, beta: TenantRef) -> None:
    statement = """
        WITH written AS (INSERT INTO handoffs_handoffevent (handoff_id, type, at, actor, evidence, detail)
            SELECT gen_random_uuid(), 'created', now(), 'system', 'system', '' FROM business_businessprofile
            WHERE abandon_after_hours = 24 RETURNING id)
        SELECT to_jsonb(count(*)) FROM written
    """
    with enter_tenant(beta):
        BusinessProfile.objects.update(abandon_after_hours=48)

    outcomes = execute_in_each([alpha, beta], statement)

    assert [(outcome.value, outcome.sqlstate) for outcome in outcomes] == [(None, "23503"), (0, "")]


def test_time_that_runs_out_is_no_tenants_failure(
    alpha: TenantRef, beta: TenantRef, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "_STATEMENT_TIMEOUT", "50ms")
    with pytest.raises(OperationalError):
        execute_in_each([alpha, beta], f"{COUNT_UP}, pg_sleep(1)")
    assert (hours_of(alpha), hours_of(beta)) == (24, 24)


def test_table_that_no_tenant_has_is_not_found_in_public(alpha: TenantRef) -> None:
    with public_scope(), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM tenants_tenant")
    [outcome] = execute_in_each([alpha], "SELECT to_jsonb(count(*)) FROM tenants_tenant")
    assert (outcome.value, outcome.sqlstate) == (None, "42P01")


def test_more_than_a_batch_is_refused(alpha: TenantRef) -> None:
    with pytest.raises(ValueError, match="at most"):
        execute_in_each([alpha] * (BATCH + 1), COUNT_UP)
