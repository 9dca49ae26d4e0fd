"""What the tables see to themselves, whatever code writes into them: their indexes, and what they refuse."""

from collections.abc import Callable, Sequence
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, models, transaction
from django.utils import timezone

from shared_apps.accounts.enums import Role
from shared_apps.accounts.models import ApiKey, User
from shared_apps.interest.models import Interest
from shared_apps.platform.models import DomainClaim, SupportGrant
from shared_apps.tenants.models import Domain, Tenant
from shared_apps.tenants.scope import TenantRef, enter_tenant, public_scope
from tenant_apps.booking.models import BookingSettings
from tenant_apps.business.models import BusinessProfile
from tenant_apps.handoffs.models import BookingHandoff, TallyHorizon
from tenant_apps.notifications.models import NotificationSettings
from tests.factories import UserFactory

TENANT_INDEXES = {
    "handoff_event_timeline": "handoffs_handoffevent USING btree (handoff_id, id)",
    "handoff_event_transaction": "handoffs_handoffevent USING btree (transaction)",
    "handoff_newest": "handoffs_bookinghandoff USING btree (created_at DESC, id DESC)",
    "handoff_origin": "handoffs_bookinghandoff USING btree (industry_slug, source_page)",
    "handoff_pending": "handoffs_bookinghandoff USING btree (pending_since) WHERE ((status)::text = 'new'::text)",
    "handoff_search": "handoffs_bookinghandoff USING gin (((((((((customer_name)::text || '\n'::text)"
    " || (customer_email)::text) || '\n'::text) || (customer_phone)::text) || '\n'::text)"
    " || (requested_service)::text)) extensions.gin_trgm_ops) WITH (gin_pending_list_limit='512')",
    "handoff_service_newest": "handoffs_bookinghandoff USING btree (requested_service, created_at DESC, id DESC)",
    "handoff_status_newest": "handoffs_bookinghandoff USING btree (status, created_at DESC, id DESC)",
    "outbox_job_due": "outbox_job USING btree (due_at) WHERE (failed_at IS NULL)",
    "session_by_user": "accounts_session USING btree (user_id)",
}
PUBLIC_INDEXES = {
    "domain_one_primary_per_tenant": "tenants_domain USING btree (tenant_id) WHERE is_primary",
    "due_work_next": "tenants_duework USING btree (kind, LEAST(due_at, lease_until))",
    "session_by_user": "accounts_session USING btree (user_id)",
    "tenant_changed_at": "tenants_tenant USING btree (changed_at)",
}


def _list_indexes(schema: str) -> dict[str, str]:
    """Return table and definition of all indexes that stand for no constraint."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT indexname, tablename || substr(indexdef, strpos(indexdef, ' USING ')) FROM pg_indexes"
            " WHERE schemaname = %s AND indexname NOT IN (SELECT conname FROM pg_constraint)",
            [schema],
        )
        return dict(cursor.fetchall())


def test_tenants_schema_has_these_indexes_and_no_others(alpha: TenantRef) -> None:
    """Each of them is paid for once per tenant; what each one serves, the report says."""
    assert _list_indexes(alpha.schema_name) == TENANT_INDEXES


def test_public_has_these_indexes_of_ours(db: None) -> None:
    found = _list_indexes("public")

    assert {name: found.get(name) for name in PUBLIC_INDEXES} == PUBLIC_INDEXES


def _key() -> ApiKey:
    return ApiKey(name="Desk", scope="read", prefix="x", digest=b"0" * 32)


def _grant(tenant: TenantRef, person: User) -> SupportGrant:
    return SupportGrant(tenant_id=tenant.id, person=person, digest=b"0" * 32, expires_at=timezone.now())


def _handoff() -> BookingHandoff:
    now = timezone.now()
    return BookingHandoff(id=uuid4(), created_at=now, pending_since=now, status="booked")


REFUSED: dict[str, Callable[[], Sequence[models.Model]]] = {
    "api_key_digest_unique": lambda: [_key(), _key()],
    "booking_settings_one_row": lambda: [BookingSettings(id=2)],
    "business_profile_one_row": lambda: [BusinessProfile(id=2)],
    "handoff_status_is_known": lambda: [_handoff()],
    "notification_settings_one_row": lambda: [NotificationSettings(id=2)],
    "tally_horizon_one_row": lambda: [TallyHorizon(id=2, horizon=1, built_at=timezone.now())],
    "user_email_unique": lambda: [User(email="jo@example.com", role=Role.STAFF) for _ in range(2)],
}
REFUSED_IN_PUBLIC: dict[str, Callable[[TenantRef, User], Sequence[models.Model]]] = {
    "domain_claim_unique": lambda tenant, _: [DomainClaim(tenant_id=tenant.id, host="jo.example") for _ in range(2)],
    "domain_one_primary_per_tenant": lambda tenant, _: [Domain(tenant_id=tenant.id, domain="other.localhost")],
    "domain_unique": lambda tenant, _: [
        Domain(tenant_id=tenant.id, domain="jo.example", is_primary=False) for _ in range(2)
    ],
    "interest_email_unique": lambda *_: [Interest(email="jo@example.com") for _ in range(2)],
    "support_grant_digest_unique": lambda tenant, person: [_grant(tenant, person), _grant(tenant, person)],
    "tenant_schema_name_unique": lambda tenant, _: [Tenant(name="Other", schema_name=tenant.schema_name)],
}


def _write(rows: Sequence[models.Model]) -> None:
    with transaction.atomic():
        type(rows[0])._default_manager.bulk_create(rows)


@pytest.mark.parametrize("rule", REFUSED)
def test_row_that_breaks_a_rule_of_its_table_is_refused(rule: str, alpha: TenantRef) -> None:
    with enter_tenant(alpha), pytest.raises(IntegrityError, match=rule):
        _write(REFUSED[rule]())


@pytest.mark.parametrize("rule", REFUSED_IN_PUBLIC)
def test_row_that_breaks_a_rule_of_public_is_refused(rule: str, alpha: TenantRef) -> None:
    with public_scope():
        person = UserFactory.create(role=Role.ADMIN)
        with pytest.raises(IntegrityError, match=rule):
            _write(REFUSED_IN_PUBLIC[rule](alpha, person))
