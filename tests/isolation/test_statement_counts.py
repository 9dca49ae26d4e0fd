"""What isolation costs: no statement on a repeat, one SET on a change of tenant. Literal counts.

Who asks takes one statement, where plain Django, with session and user in the database, needs two.
"""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.db.models.signals import post_delete
from django.test.utils import CaptureQueriesContext

from shared_apps.accounts.enums import Role
from shared_apps.accounts.models import User
from shared_apps.tenants.models import Tenant
from shared_apps.tenants.scope import TenantRef, enter_tenant, public_scope, tenant_scope
from tenant_apps.handoffs.models import BookingHandoff, HandoffEvent
from tests.clients import TenantClient
from tests.factories import HandoffFactory, UserFactory
from tests.isolation.helpers import business_name

Login = Callable[..., TenantClient]


@pytest.mark.parametrize(
    ("path", "statements"),
    [
        ("/api/v1/booking", 0),
        ("/", 0),
        ("/book", 0),
        ("/api/v1/handoffs", 2),  # session with its person, version with the rows
        ("/api/v1/handoffs/summary", 4),  # session, version, horizon of the tallies, counts
        ("/api/v1/settings/booking", 2),
        ("/dashboard", 1),  # session: the rows come by the API
    ],
)
def test_warm_request_makes_few_statements(
    path: str, statements: int, owner: TenantClient, django_assert_num_queries: Any
) -> None:
    assert owner.get(path).status_code == 200

    with django_assert_num_queries(statements):
        assert owner.get(path).status_code == 200


@pytest.mark.parametrize("rows", [1, 3])
def test_list_makes_as_many_statements_for_three_rows_as_for_one(
    rows: int, owner: TenantClient, alpha: TenantRef, django_assert_num_queries: Any
) -> None:
    with enter_tenant(alpha):
        HandoffFactory.create_batch(rows)
    owner.get("/api/v1/handoffs")

    with django_assert_num_queries(2):
        assert len(owner.get("/api/v1/handoffs").json()["items"]) == rows


def test_change_of_tenant_costs_one_set_each(
    alpha: TenantRef, beta: TenantRef, login: Login, django_assert_num_queries: Any
) -> None:
    at_alpha, at_beta = login(alpha), login(beta)
    at_alpha.get("/api/v1/team")
    at_beta.get("/api/v1/team")

    with django_assert_num_queries(3) as of_alpha:
        at_alpha.get("/api/v1/team")
    with django_assert_num_queries(3) as of_beta:
        at_beta.get("/api/v1/team")

    assert of_alpha[1]["sql"] == f'SET search_path = "{alpha.schema_name}"'
    assert of_beta[1]["sql"] == f'SET search_path = "{beta.schema_name}"'


def test_statements_that_name_their_schema_need_no_set(
    alpha: TenantRef, beta: TenantRef, login: Login, django_assert_num_queries: Any
) -> None:
    of_each = [(login(tenant), f"Only at {tenant.client_id}") for tenant in (alpha, beta)]
    for client, name in of_each:
        with enter_tenant(client.tenant):
            HandoffFactory.create(customer_name=name)
        client.get("/api/v1/handoffs")

    for client, name in of_each * 3:
        with django_assert_num_queries(2):
            items = client.get("/api/v1/handoffs").json()["items"]
        assert [item["customerName"] for item in items] == [name]


def test_first_request_looks_the_host_up_in_one_statement(
    alpha: TenantRef, visitor: TenantClient, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(4) as captured:  # host, SET, profile, settings
        visitor.get("/api/v1/booking")

    assert 'FROM "tenants_domain"' in captured[0]["sql"]
    assert captured[1]["sql"] == f'SET search_path = "{alpha.schema_name}"'


def test_unknown_host_is_looked_up_once(visitor: TenantClient, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1):
        visitor.get("/", headers={"host": "nope.localhost"})
    with django_assert_num_queries(0):
        visitor.get("/", headers={"host": "nope.localhost"})


def test_entering_sends_nothing_until_something_is_asked(alpha: TenantRef, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0), enter_tenant(alpha):
        pass
    with enter_tenant(alpha):
        business_name()
    with django_assert_num_queries(1), enter_tenant(alpha):
        business_name()


def test_scope_of_a_task_costs_one_lookup_and_two_sets(alpha: TenantRef, django_assert_num_queries: Any) -> None:
    with enter_tenant(alpha):
        business_name()

    with django_assert_num_queries(4), tenant_scope(alpha.schema_name):  # SET public, lookup, SET tenant, read
        business_name()


def test_deleting_many_rows_takes_few_statements(alpha: TenantRef) -> None:
    """django-tenants listens to post_delete of every model, which makes Django fetch and delete in batches of 100."""
    with enter_tenant(alpha):
        HandoffFactory.create_batch(250)
        UserFactory.create_batch(250, role=Role.STAFF)
        with CaptureQueriesContext(connection) as events:
            assert HandoffEvent.objects.all().delete()[0] == 250
        with CaptureQueriesContext(connection) as users:
            assert User.objects.filter(role=Role.STAFF).delete()[0] == 250
        with CaptureQueriesContext(connection) as handoffs:
            assert BookingHandoff.objects.all().delete()[0] == 250

    assert _verbs(events) == ["DELETE"]
    assert _verbs(users) == ["DELETE", "DELETE"]  # their sessions, the rows
    assert _verbs(handoffs) == ["SELECT", "DELETE", "DELETE", "DELETE", "DELETE"]  # the events; the rows by 100


def _verbs(captured: CaptureQueriesContext) -> list[str]:
    return [query["sql"].split()[0] for query in captured.captured_queries]


def test_nobody_listens_to_the_deletion_of_tenants_rows() -> None:
    assert not any(post_delete.has_listeners(model) for model in (User, BookingHandoff, HandoffEvent))
    assert post_delete.has_listeners(Tenant)


def test_public_pages_stay_in_public(visitor: TenantClient, django_assert_num_queries: Any) -> None:
    with public_scope(), django_assert_num_queries(1):
        assert visitor.get("/", headers={"host": "localhost"}).status_code == 200
