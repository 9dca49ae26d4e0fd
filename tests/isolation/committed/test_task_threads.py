"""Tasks in a worker with threads, whose connections start without any schema."""

from celery import Celery
from django.db import connection

from shared_apps.tenants.tasks import TenantTask
from tests.isolation.committed.conftest import Pair
from tests.isolation.helpers import business_name
from tests.threads import in_thread


def test_tenant_task_in_a_fresh_thread_runs_in_its_tenant(pair: Pair) -> None:
    app = Celery("probe", set_as_current=False, broker="memory://")
    body = app.task(base=TenantTask, name="probe.thread")(business_name)

    def job() -> tuple[str, object]:
        return body.apply((pair.beta.schema_name,)).get(), connection.tenant  # type: ignore[attr-defined]  # our backend's

    assert in_thread(job) == ("Beta Studio", None)
