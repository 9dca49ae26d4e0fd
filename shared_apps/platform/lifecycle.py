"""What becomes of a tenant after its making: suspended, resumed, closed, reopened, and at last dropped.

Each step is one conditional UPDATE, takes effect at once in every process, and can be taken back, but for the last.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Now

from shared_apps.errors import DomainError
from shared_apps.platform.grants import revoke_grants
from shared_apps.platform.models import DomainClaim
from shared_apps.platform.services import drop_schema
from shared_apps.tenants.backend.guard import patience
from shared_apps.tenants.enums import TenantStatus
from shared_apps.tenants.models import Domain, Tenant
from shared_apps.tenants.scope import TenantRef, public_scope, tenant_connection
from shared_apps.tenants.services import announce_routing_change, forget_snapshots, touch_tenant

GRACE: Final = timedelta(days=30)


class StepRefusedError(DomainError):
    """The tenant is not in a state this step starts from, or somebody else was faster."""

    code = "step_refused"
    message = "This is not possible in the tenant's present state. Load the page again."


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a tenant's life: from which states, to which, what else is written, and on what condition."""

    sources: tuple[TenantStatus, ...]
    target: TenantStatus
    values: dict[str, Any]
    condition: Q


_ALWAYS = Q()

SUSPEND = Step((TenantStatus.ACTIVE,), TenantStatus.SUSPENDED, {}, _ALWAYS)
RESUME = Step((TenantStatus.SUSPENDED,), TenantStatus.ACTIVE, {}, _ALWAYS)
CLOSE = Step((TenantStatus.ACTIVE, TenantStatus.SUSPENDED), TenantStatus.DELETED, {"deleted_at": Now()}, _ALWAYS)
REOPEN = Step((TenantStatus.DELETED,), TenantStatus.SUSPENDED, {"deleted_at": None}, _ALWAYS)
# Dropped are only those that were closed long enough ago and exported since.
DROP = Step(
    (TenantStatus.DELETED,),
    TenantStatus.DROPPED,
    {"dropped_at": Now()},
    Q(deleted_at__lte=Now() - GRACE) & Q(exported_at__gte=F("deleted_at")),
)


@patience(60.0)
def take_step(*, tenant: TenantRef, step: Step) -> None:
    """Take a tenant one step on. Raises StepRefusedError; then nothing has changed.

    DROP also drops the schema, for good; row and names stay, so that neither is ever given to somebody else.
    """
    with public_scope(), transaction.atomic():
        rows = Tenant.objects.filter(step.condition, pk=tenant.id, status__in=step.sources)
        if not rows.update(status=step.target, **step.values):
            raise StepRefusedError
        if step.target == TenantStatus.DROPPED:
            with tenant_connection().cursor() as cursor:
                cursor.execute("SET LOCAL statement_timeout = '60s'; SET LOCAL lock_timeout = '10s'")
            drop_schema(tenant)
            DomainClaim.objects.filter(tenant_id=tenant.id).delete()  # its own domains are free for others
            Domain.objects.filter(tenant_id=tenant.id, is_primary=False, domain__contains=".").delete()
        touch_tenant(tenant.id)
        announce_routing_change()
        if step.target != TenantStatus.ACTIVE:
            revoke_grants(tenant_id=tenant.id)
            forget_snapshots(tenant)


def can_take(row: Tenant, step: Step) -> bool:
    """Whether the tenant's row, as it was read, allows the step; asked again by the step itself."""
    with public_scope():
        return Tenant.objects.filter(step.condition, pk=row.pk, status__in=step.sources).exists()
