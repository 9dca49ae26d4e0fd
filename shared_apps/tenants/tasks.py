"""The base of every task: where it runs is decided before its body, and never by what ran before it.

A tenant task is called with the schema first and runs in it, or not at all: no such tenant, a suspended or deleted one,
or public, raises TenantNotActiveError and the body does not run. A platform task runs in public. Arguments are
primitives.
"""

import time
from typing import Any

from celery import Task, shared_task

from shared_apps.tenants.due import scan_for_missed
from shared_apps.tenants.scope import public_scope, tenant_connection, tenant_scope
from shared_apps.tenants.selectors import list_active_tenants


class TenantTask(Task):  # type: ignore[type-arg]  # generic in the stubs only, not at run time
    """A task of one tenant: `task.delay(schema_name, ...)`."""

    abstract = True

    def __call__(self, schema_name: str, *args: Any, **kwargs: Any) -> Any:
        with tenant_scope(schema_name) as tenant:
            if tenant_connection().schema_name != tenant.schema_name:
                raise AssertionError("the connection is in another schema than the task's")
            return super().__call__(*args, **kwargs)


class PlatformTask(Task):  # type: ignore[type-arg]  # generic in the stubs only, not at run time
    """A task of the platform itself, in the public schema."""

    abstract = True

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        with public_scope():
            return super().__call__(*args, **kwargs)


@shared_task(name="tenants.scan_for_work", base=PlatformTask, expires=60)
def scan_for_work() -> int:
    """Mark the work that the due list lacks, in a minute's share of the tenants; returns how much it was."""
    return scan_for_missed(list_active_tenants(), minute=int(time.time()) // 60)
