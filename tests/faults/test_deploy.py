"""Deploys, restarts and deaths of the web server, worker and drainer, on real processes and under load."""

import http.client
import json
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection, transaction
from django.utils import timezone

from shared_apps.journal.drain import Drainer
from shared_apps.journal.ledger import host_journal
from shared_apps.outbox.models import Job
from shared_apps.outbox.services import enqueue
from shared_apps.tenants.scope import TenantRef, enter_tenant, public_scope
from tenant_apps.handoffs.intake import CAPTURE
from tenant_apps.handoffs.models import BookingHandoff
from tests.faults.processes import ROOT, backstage, kill, wait_for
from tests.faults.web import LEAD, Load, Web, web_server
from tests.isolation.other_process import child_environment


def drain(folder: Path) -> None:
    """Store what a web server left in its journal, once its writers are gone."""
    drainer = Drainer(folder / ".data" / "state" / "journal")
    wait_for(lambda: drainer.run_once(now=time.time() + 10) == 0, seconds=20)


def stored(tenant: TenantRef) -> Counter[str]:
    with enter_tenant(tenant):
        return Counter(str(key) for key in BookingHandoff.objects.values_list("pk", flat=True))


def test_reload_death_and_cut_connections_under_load_fail_no_request(committed_tenant: TenantRef) -> None:
    with web_server() as web:
        before = set(web.workers())
        with Load(web, committed_tenant, tries=2) as load:  # as the proxy in front does; see the Caddyfile
            time.sleep(1)
            web.send(signal.SIGHUP)
            wait_for(lambda: web.log.read_text().count("Stopped old worker-") == 2)
            time.sleep(1)
        assert before.isdisjoint(web.workers())
        assert load.failed == {}
        assert load.broken <= 3  # closed before it was read from; a hundred, where the overlap is too short
        assert set(load.answers) == {200, 201}
        assert load.answers.total() > 100

        with Load(web, committed_tenant, tries=60) as killed:  # a page sends again, under the same key
            time.sleep(0.5)
            kill_one(web)
            time.sleep(2)
        assert killed.failed == {}
        assert set(killed.answers) == {200, 201}
        wait_for(lambda: web.count_started() >= 5)

        # A restart of PostgreSQL between requests: no connection is good any more, and no request notices.
        cut_connections()
        later = [web.ask(committed_tenant, "POST", "/api/v1/handoffs", LEAD) for _ in range(16)]
        assert [status for status, _ in later] == [201] * 16
        killed.ids += [json.loads(body)["id"] for _, body in later]

        kill(web.process)
        drain(web.folder)
        assert stored(committed_tenant) == Counter([*load.ids, *killed.ids])


def cut_connections() -> None:
    """Cut every connection of our processes to the tests' database but this one."""
    with public_scope(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'booking-handoff'"
            " AND datname = current_database() AND pid <> pg_backend_pid()"
        )
        (count,) = cursor.fetchone()
    assert count > 0


def kill_one(web: Web) -> None:
    subprocess.run(["kill", "-9", str(web.workers()[-1])], check=True)


def test_request_under_way_is_answered_before_the_end(committed_tenant: TenantRef) -> None:
    """The table is held, so every capture takes its whole second; SIGTERM comes in the middle of it."""
    answers: list[tuple[int, bytes]] = []

    def post(web: Web) -> None:
        answers.append(web.ask(committed_tenant, "POST", "/api/v1/handoffs", LEAD, Idempotency_Key=str(uuid4())))

    with web_server() as web:
        web.ask(committed_tenant, "GET", "/book")
        with enter_tenant(committed_tenant), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("LOCK TABLE handoffs_bookinghandoff IN ACCESS EXCLUSIVE MODE")
            threads = [threading.Thread(target=post, args=(web,)) for _ in range(4)]
            for thread in threads:
                thread.start()
            time.sleep(0.4)
            web.send(signal.SIGTERM)
            for thread in threads:
                thread.join(timeout=20)
        assert web.process.wait(timeout=20) == 0
        with pytest.raises((OSError, http.client.HTTPException)):
            web.ask(committed_tenant, "GET", "/book")

        assert [status for status, _ in answers] == [202] * 4
        drain(web.folder)
        assert stored(committed_tenant).total() == 4


def test_worker_finishes_its_job_before_the_end(committed_tenant: TenantRef) -> None:
    with backstage() as stage:
        stage.start("beat")
        worker = stage.start("worker")
        with enter_tenant(committed_tenant):
            enqueue(kind="tests.note", payload={"number": 1, "seconds": 3})
        wait_for(lambda: stage.read_notes("begin") == ["1"])
        worker.terminate()
        worker.wait(timeout=30)

        assert stage.read_notes("end") == ["1"]
        with enter_tenant(committed_tenant):
            assert not Job.objects.exists()


def test_drainer_ends_between_batches_and_the_next_stores_the_rest(
    committed_tenant: TenantRef, settings: Any, tmp_path: Path
) -> None:
    settings.STATE_DIR = tmp_path / ".data" / "state"
    ids = fill_journal(committed_tenant, 600)
    command = [sys.executable, "manage.py", "drain_journal"]
    environment = child_environment(HANDOFF_DATA_DIR=str(tmp_path / ".data"))
    with (tmp_path / "drainer.log").open("wb") as log:
        drainer = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
        wait_for(lambda: stored(committed_tenant).total() > 0)
        drainer.terminate()
        code = drainer.wait(timeout=20)
    assert code == 0
    assert "Traceback" not in (tmp_path / "drainer.log").read_text()

    drain(tmp_path)
    assert stored(committed_tenant) == Counter(str(key) for key in ids)


def fill_journal(tenant: TenantRef, count: int) -> list[UUID]:
    """Leave captures in the journal of the settings' folder, as a web server that died did."""
    from shared_apps.journal.services import write_ahead

    ids = []
    for number in range(count):
        key, now = uuid4(), timezone.now()
        entry = write_ahead(
            kind=CAPTURE,
            schema_name=tenant.schema_name,
            record_id=key,
            at=now,
            payload={
                "customer_name": f"Visitor {number}",
                "customer_email": "",
                "customer_phone": "+17725550177",
                "requested_service": "Haircut",
                "preferred_date_time_text": "Friday",
                "notes": "",
                "source_page": "",
                "industry_slug": "",
                "metadata": {},
                "external_booking_url_used": "",
                "created_at": now.isoformat(),
                "fingerprint": None,
            },
        )
        assert entry is not None
        entry.mark_waiting()
        ids.append(key)
    for writer in list(host_journal()._writers):
        writer.close()
    return ids
