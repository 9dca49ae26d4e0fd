"""Leave to open a tenant's dashboard: given in the admin, used once by a link, taken back at any time.

All times are the database's. The rows stand in public; what is opened by them is `shared_apps.support`'s.
"""

import hashlib
import re
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Now

from shared_apps.accounts.enums import PLATFORM_ROLES
from shared_apps.accounts.models import User
from shared_apps.errors import DomainError
from shared_apps.platform.models import SupportGrant
from shared_apps.tenants.enums import TenantStatus
from shared_apps.tenants.models import Tenant
from shared_apps.tenants.scope import TenantRef, public_scope

LINK_LIVES: Final = timedelta(seconds=60)
_KEPT = timedelta(days=30)
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
# Whoever has left the platform, and whatever tenant is not served, is nothing to open. Subqueries: a join would make
# the UPDATE below read `used_at` in a snapshot, and two that open one link at once would both find it unused.
_PERSON_IS_HERE = Exists(User.objects.filter(pk=OuterRef("person_id"), is_active=True, role__in=PLATFORM_ROLES))
_TENANT_IS_SERVED = Exists(Tenant.objects.filter(pk=OuterRef("tenant_id"), status=TenantStatus.ACTIVE))
_STANDS = Q(_PERSON_IS_HERE) & Q(_TENANT_IS_SERVED) & Q(revoked_at=None)


class NothingToOpenError(DomainError):
    """The tenant is not served."""

    code = "tenant_not_active"
    message = "Only the dashboard of an active tenant can be opened."


@dataclass(frozen=True, slots=True)
class Opened:
    """A grant that was used just now: its id, and whose it is."""

    grant_id: int
    email: str


def make_grant(*, tenant: TenantRef, person: User) -> str:
    """Return the token of a link that opens the tenant's dashboard for `person`, once, within 60 seconds.

    Forgets the grants of a month ago. Raises NothingToOpenError for a tenant that is not active.
    """
    if not tenant.is_active:
        raise NothingToOpenError
    token = secrets.token_urlsafe(32)
    with public_scope(), transaction.atomic():
        SupportGrant.objects.filter(created_at__lt=Now() - _KEPT).delete()
        SupportGrant.objects.create(
            tenant_id=tenant.id, person=person, digest=_hash(token), expires_at=Now() + LINK_LIVES
        )
    return token


def use_grant(*, tenant: TenantRef, token: str) -> Opened | None:
    """Use up a link at `tenant`, in the caller's transaction; None for every one that opens nothing there (any more).

    One conditional UPDATE: of two at once the second waits, and finds it used, or revoked.
    """
    if not _TOKEN.fullmatch(token):
        return None
    with public_scope():
        grants = SupportGrant.objects.filter(digest=_hash(token), tenant_id=tenant.id)
        if not grants.filter(_STANDS, used_at=None, expires_at__gt=Now()).update(used_at=Now()):
            return None
        grant_id, email = grants.values_list("pk", "person__email").get()
    return Opened(grant_id, email)


def find_standing(*, grant_ids: Collection[int]) -> frozenset[int]:
    """Return those of the grants that nobody took back, whose person is still here, and whose tenant is served."""
    with public_scope():
        return frozenset(SupportGrant.objects.filter(_STANDS, pk__in=grant_ids).values_list("pk", flat=True))


def revoke_grants(*, tenant_id: int | None = None, person_id: int | None = None) -> None:
    """Take back all leave to open a tenant's dashboard, or all that was given to a person; what is open ends."""
    wanted = Q(tenant_id=tenant_id) if tenant_id is not None else Q(person_id=person_id)
    with public_scope():
        SupportGrant.objects.filter(wanted, revoked_at=None).update(revoked_at=Now())


def _hash(token: str) -> bytes:
    """A plain hash: nobody tries 2^256 tokens (see `shared_apps.accounts.tokens`)."""
    return hashlib.sha256(token.encode()).digest()
