"""A tenant's own domains: claimed in the admin, proven by the DNS, served while proven.

The DNS is asked outside of every transaction; what came of it is then applied by conditional UPDATEs. Only what is
proven stands in Domain, whose unique key lets one tenant have a name.
"""

import time
from datetime import timedelta
from typing import Final

from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.db.models.functions import Coalesce, Now

from shared_apps.dns_proof import Proof, look_for_proof
from shared_apps.errors import DomainError
from shared_apps.platform.models import DomainClaim
from shared_apps.tenants.models import Domain, Tenant
from shared_apps.tenants.scope import TenantRef, public_scope
from shared_apps.tenants.services import announce_routing_change, forget_route, touch_tenant
from shared_apps.tenants.validators import check_own_host

MOST_CLAIMS: Final = 20
GRACE: Final = timedelta(days=7)
"""How long a domain is served on after its proof was last there: somebody may have tidied up a zone by mistake."""
_AGAIN: Final = timedelta(hours=6)
_SOON: Final = timedelta(minutes=10)
_HOPE: Final = timedelta(days=14)
_AT_ONCE: Final = 100
_RUN_SECONDS: Final = 40.0


class HostTakenError(DomainError):
    """The domain is proven, and served for another tenant still."""

    code = "host_taken"
    field = "host"
    message = "This domain is in use already. It is free once its present holder's record has been gone for 7 days."


class ClaimRefusedError(DomainError):
    """The claim is gone, or not in a state for it."""

    code = "claim_refused"
    message = "This is not possible in the domain's present state. Load the page again."


def claim_host(*, tenant: TenantRef, host: str) -> DomainClaim:
    """Note that `host` is to be the tenant's; the same claim again for the same host.

    Raises InvalidHostError, ClaimRefusedError for more than 20.
    """
    host = check_own_host(host)
    with public_scope(), transaction.atomic():
        Tenant.objects.select_for_update(no_key=True).get(pk=tenant.id)
        claims = DomainClaim.objects.filter(tenant_id=tenant.id)
        if not claims.filter(host=host).exists() and claims.count() >= MOST_CLAIMS:
            raise ClaimRefusedError(f"A tenant has at most {MOST_CLAIMS} domains of its own.")
        return DomainClaim.objects.get_or_create(tenant_id=tenant.id, host=host)[0]


def check_claim(*, claim_id: int) -> Proof:
    """Ask the DNS for a claim's proof, and serve the domain, or stop serving it, by what it says.

    At once in every process of this host, within a second elsewhere. Raises ClaimRefusedError, HostTakenError.
    """
    with public_scope():
        claim = DomainClaim.objects.filter(pk=claim_id).first()
    if claim is None:
        raise ClaimRefusedError
    proof = look_for_proof(host=claim.host, token=claim.token)
    with public_scope():
        claims = DomainClaim.objects.filter(pk=claim_id)
        claims.update(checked_at=Now())
        if proof is Proof.FOUND:
            _serve(claim)
        elif proof is Proof.MISSING:
            claims.filter(verified_at__isnull=False).update(missing_since=Coalesce("missing_since", Now()))
            if claims.filter(missing_since__lt=Now() - GRACE).exists():
                _withdraw(claim)
    return proof


def _serve(claim: DomainClaim) -> None:
    with transaction.atomic():
        kept = DomainClaim.objects.filter(pk=claim.pk)
        if not kept.update(verified_at=Coalesce("verified_at", Now()), missing_since=None):
            raise ClaimRefusedError  # removed while the DNS was asked
        if Domain.objects.filter(domain=claim.host, tenant_id=claim.tenant_id).exists():
            return
        try:
            with transaction.atomic():
                Domain(domain=claim.host, tenant_id=claim.tenant_id, is_primary=False).save(force_insert=True)
        except IntegrityError:
            raise HostTakenError from None  # takes the UPDATE back as well
        _announce(claim.tenant_id)


def _withdraw(claim: DomainClaim) -> None:
    with transaction.atomic():
        DomainClaim.objects.filter(pk=claim.pk).update(verified_at=None, missing_since=None)
        Domain.objects.filter(domain=claim.host, tenant_id=claim.tenant_id, is_primary=False).delete()
        Tenant.objects.filter(pk=claim.tenant_id, primary_host=claim.host).update(primary_host="")
        forget_route(claim.host)
        _announce(claim.tenant_id)


def _announce(tenant_id: int) -> None:
    touch_tenant(tenant_id)
    announce_routing_change()


def remove_claim(*, tenant: TenantRef, claim_id: int) -> None:
    """Stop serving a domain of the tenant's, and forget the claim. Raises ClaimRefusedError."""
    with public_scope(), transaction.atomic():
        claim = DomainClaim.objects.filter(pk=claim_id, tenant_id=tenant.id).first()
        if claim is None:
            raise ClaimRefusedError
        _withdraw(claim)
        claim.delete()


def choose_primary(*, tenant: TenantRef, host: str) -> None:
    """Have links and mails say `host`, one of the tenant's proven domains, or the subdomain for "".

    Raises ClaimRefusedError for a domain that is not proven (any more).
    """
    with public_scope(), transaction.atomic():
        # A lock on the name: withdrawing it, which deletes it first, waits, or is waited for.
        own = Domain.objects.select_for_update().filter(tenant_id=tenant.id, domain=host, is_primary=False)
        if host and own.first() is None:
            raise ClaimRefusedError
        Tenant.objects.filter(pk=tenant.id).update(primary_host=host)
        _announce(tenant.id)


def check_due_claims() -> int:
    """Ask for the proofs that are due, those looked at longest ago first; returns how many were.

    Proven ones every six hours; others every ten minutes for two weeks after they were claimed. Safe to run twice.
    """
    proven = Q(verified_at__isnull=False) & (Q(checked_at=None) | Q(checked_at__lt=Now() - _AGAIN))
    hoped = Q(verified_at=None, created_at__gt=Now() - _HOPE) & (Q(checked_at=None) | Q(checked_at__lt=Now() - _SOON))
    with public_scope():
        due = DomainClaim.objects.filter(proven | hoped).order_by(F("checked_at").asc(nulls_first=True))
        ids = list(due.values_list("pk", flat=True)[:_AT_ONCE])
    ends, asked = time.monotonic() + _RUN_SECONDS, 0
    for claim_id in ids:
        if time.monotonic() > ends:
            break
        try:
            check_claim(claim_id=claim_id)
        except (HostTakenError, ClaimRefusedError):
            continue
        asked += 1
    return asked
