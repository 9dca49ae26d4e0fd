"""The usual way to sweep: one Celery task for each tenant, with the product's own statement in it."""

from worker.app import app  # isort: skip - it sets Django up

from django.db import connection

from shared_apps.tenants.tasks import TenantTask
from tenant_apps.handoffs.querysets import SWEEP_BATCH, sweep_sql


@app.task(name="bench.sweep_one", base=TenantTask, typing=False)  # the base takes the schema
def sweep_one() -> None:
    """Abandon what waited too long at the tenant that is entered."""
    with connection.cursor() as cursor:
        cursor.execute(sweep_sql(limit=SWEEP_BATCH))


__all__ = ["app"]
