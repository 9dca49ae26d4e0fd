"""Tasks run in the schema they were called with, or not at all."""

from typing import Any

import pytest
from celery import Celery

from shared_apps.tenants.models import Tenant
from shared_apps.tenants.scope import TenantNotActiveError, TenantRef, enter_tenant
from shared_apps.tenants.tasks import PlatformTask, TenantTask
from tests.isolation.helpers import BoomError, business_name, where

Ran = list[tuple[str, str | None]]


@pytest.fixture
def app() -> Celery:
    """Celery as the worker has it, with nothing to send to; `apply` goes through the worker's own tracer."""
    return Celery("probe", set_as_current=False, broker="memory://")


@pytest.fixture
def ran() -> Ran:
    """Where bodies ran."""
    return []


@pytest.fixture
def tenant_task(app: Celery, ran: Ran) -> Any:
    """A task that notes where it runs, and fails on request."""

    @app.task(base=TenantTask, name="probe.tenant")
    def body(*, fail: bool = False) -> str:
        ran.append(where())
        if fail:
            raise BoomError
        return business_name()

    return body


def test_tenant_task_runs_in_its_tenants_schema_alone(
    tenant_task: Any, ran: Ran, alpha: TenantRef, beta: TenantRef
) -> None:
    answers = [tenant_task.apply([tenant.schema_name]).get() for tenant in (alpha, beta, alpha)]

    assert answers == ["Alpha Studio", "Beta Studio", "Alpha Studio"]
    assert ran == [(tenant.schema_name, tenant.schema_name) for tenant in (alpha, beta, alpha)]
    assert where() == ("public", "public")


@pytest.mark.parametrize("status", ["suspended", "deleted", "creating"])
def test_tenant_task_of_an_inactive_tenant_fails_before_its_body(
    status: str, tenant_task: Any, ran: Ran, alpha: TenantRef
) -> None:
    Tenant.objects.filter(pk=alpha.id).update(status=status)

    outcome = tenant_task.apply([alpha.schema_name])

    assert outcome.state == "FAILURE"
    assert isinstance(outcome.result, TenantNotActiveError)
    assert ran == []


@pytest.mark.parametrize("schema_name", ["t_noschemahere22", "public", "", "accounts"])
def test_tenant_task_of_no_tenant_fails_before_its_body(schema_name: str, tenant_task: Any, ran: Ran, db: None) -> None:
    outcome = tenant_task.apply([schema_name])

    assert outcome.state == "FAILURE"
    assert isinstance(outcome.result, TenantNotActiveError)
    assert ran == []


def test_tenant_task_without_a_schema_fails_before_its_body(tenant_task: Any, ran: Ran, alpha: TenantRef) -> None:
    with enter_tenant(alpha):  # even where a schema was left behind
        outcome = tenant_task.apply()

    assert outcome.state == "FAILURE"
    assert isinstance(outcome.result, TypeError)
    assert ran == []


def test_tenant_task_of_a_deleted_tenant_fails_before_its_body(
    tenant_task: Any, ran: Ran, alpha: TenantRef, beta: TenantRef
) -> None:
    Tenant.objects.filter(pk=alpha.id).delete()

    outcome = tenant_task.apply([alpha.schema_name])

    assert outcome.state == "FAILURE"
    assert isinstance(outcome.result, TenantNotActiveError)
    assert ran == []
    assert tenant_task.apply([beta.schema_name]).get() == "Beta Studio"


def test_tenant_task_that_fails_leaves_the_next_one_alone(
    tenant_task: Any, ran: Ran, alpha: TenantRef, beta: TenantRef
) -> None:
    outcome = tenant_task.apply([alpha.schema_name], {"fail": True})

    assert isinstance(outcome.result, BoomError)
    assert where() == ("public", "public")
    assert tenant_task.apply([beta.schema_name]).get() == "Beta Studio"


def test_platform_task_runs_in_public_wherever_it_is_called(app: Celery, ran: Ran, alpha: TenantRef) -> None:
    @app.task(base=PlatformTask, name="probe.platform")
    def body() -> None:
        ran.append(where())

    with enter_tenant(alpha):
        body.apply().get()
        assert business_name() == "Alpha Studio"

    assert ran == [("public", "public")]
