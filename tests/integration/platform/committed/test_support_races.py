"""One link, opened by many at the same moment, opens once."""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.db import connections, transaction

from shared_apps.accounts.enums import Role
from shared_apps.accounts.models import User
from shared_apps.platform.grants import make_grant, use_grant
from shared_apps.platform.models import SupportGrant
from shared_apps.platform.services import ensure_platform_user
from shared_apps.tenants.scope import TenantRef, public_scope

AT_ONCE = 6


def test_link_opened_by_many_at_once_opens_once(db: None, committed_tenant: TenantRef) -> None:
    """All have read the link as unused, and wait for its row, before the first may go on."""
    person = ensure_platform_user(email="race@platform.example", role=Role.SUPPORT, password=None)
    token = make_grant(tenant=committed_tenant, person=person)

    def open_it() -> Any:
        try:
            return use_grant(tenant=committed_tenant, token=token)
        finally:
            connections.close_all()

    try:
        with ThreadPoolExecutor(max_workers=AT_ONCE) as pool:
            with public_scope(), transaction.atomic():
                SupportGrant.objects.select_for_update().get()
                waiting = [pool.submit(open_it) for _ in range(AT_ONCE)]
                time.sleep(1)
            answers = [each.result() for each in waiting]

        assert sum(answer is not None for answer in answers) == 1
    finally:
        with public_scope():
            SupportGrant.objects.all().delete()
            User.objects.filter(pk=person.pk).delete()
