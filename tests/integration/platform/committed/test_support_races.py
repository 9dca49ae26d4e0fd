"""One link, opened by many at the same moment, opens once."""

from functools import partial

from shared_apps.accounts.enums import Role
from shared_apps.accounts.models import User
from shared_apps.platform.grants import make_grant, use_grant
from shared_apps.platform.models import SupportGrant
from shared_apps.platform.services import ensure_platform_user
from shared_apps.tenants.scope import TenantRef, public_scope
from tests.isolation.helpers import in_threads

AT_ONCE = 8


def test_link_opened_by_many_at_once_opens_once(db: None, committed_tenant: TenantRef) -> None:
    person = ensure_platform_user(email="race@platform.example", role=Role.SUPPORT, password=None)
    try:
        for _ in range(5):
            token = make_grant(tenant=committed_tenant, person=person)

            answers = in_threads([partial(use_grant, tenant=committed_tenant, token=token)] * AT_ONCE)

            assert sum(answer is not None for answer in answers) == 1
    finally:
        with public_scope():
            SupportGrant.objects.all().delete()
            User.objects.filter(pk=person.pk).delete()
