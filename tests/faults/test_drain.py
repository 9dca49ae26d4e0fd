"""The drainer: everything once in effect, whatever it finds, however often it is run, killed or doubled."""

import os
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import OperationalError
from django.utils import timezone

from shared_apps.journal.drain import MAX_TRIES, Drainer, put_back
from shared_apps.journal.files import is_abandoned
from shared_apps.journal.hooks import find_kind
from shared_apps.journal.ledger import Entry, host_journal
from shared_apps.journal.selectors import find_waiting, get_journal_status
from shared_apps.journal.services import write_ahead
from shared_apps.platform.lifecycle import SUSPEND, take_step
from shared_apps.tenants.scope import TenantRef, enter_tenant
from tenant_apps.booking.selectors import get_snapshot
from tenant_apps.handoffs import intake
from tenant_apps.handoffs.models import BookingHandoff, HandoffEvent
from tenant_apps.handoffs.received import Received
from tenant_apps.handoffs.services import Lead, receive_handoff, store_handoff
from tests.faults.conftest import drain

RECEIVED = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
Keep = Callable[..., Received]


@pytest.fixture
def keep(ready: TenantRef) -> Keep:
    """Return a function that puts a capture into the journal, and no word on what became of it."""

    def put(*, key: UUID | None = None, name: str = "Jane Doe", at: datetime = RECEIVED, waits: bool = True) -> Any:
        lead = Lead(name, "", "+17725550177", "Haircut", "Friday", fingerprint=name.encode()[:16])
        with enter_tenant(ready):
            booking = get_snapshot(tenant=ready).booking
        handoff = receive_handoff(tenant=ready, booking=booking, lead=lead, idempotency_key=key or uuid4(), now=at)
        entry = ahead(ready, intake.CAPTURE, handoff.pk, at, intake._to_payload(handoff))
        if waits:
            entry.mark_waiting()
        return handoff

    return put


def ahead(tenant: TenantRef, kind: str, key: UUID, at: datetime, payload: dict[str, Any]) -> Entry:
    entry = write_ahead(kind=kind, schema_name=tenant.schema_name, record_id=key, at=at, payload=payload)
    assert entry is not None
    return entry


def rows(tenant: TenantRef) -> list[BookingHandoff]:
    with enter_tenant(tenant):
        return list(BookingHandoff.objects.order_by("created_at"))


def files() -> list[str]:
    return sorted(path.name for path in host_journal().folder.glob("*.journal"))


def dead() -> list[str]:
    return sorted(path.name.split(".")[0] for path in (host_journal().folder / "dead").glob("*"))


def test_capture_is_stored_as_received_and_its_file_goes(ready: TenantRef, keep: Keep) -> None:
    handoff = keep()
    drainer = drain()

    (stored,) = rows(ready)
    assert (stored.pk, stored.created_at, stored.pending_since) == (handoff.pk, RECEIVED, RECEIVED)
    assert bytes(stored.fingerprint or b"") == b"Jane Doe"
    assert stored.external_booking_url_used == handoff.external_booking_url_used != ""
    assert (files(), dead(), drainer.tally.stored) == ([], [], 1)


def test_killed_writers_record_without_any_word_is_stored(ready: TenantRef, keep: Keep) -> None:
    keep(waits=False)
    drain()
    assert len(rows(ready)) == 1


def test_record_that_is_stored_is_not_replayed(ready: TenantRef, keep: Keep) -> None:
    entry = ahead(ready, "capture", uuid4(), RECEIVED, {"no": "capture at all"})
    entry.mark_stored()
    drainer = drain()
    assert (rows(ready), files(), dead(), drainer.tally.stored) == ([], [], [], 0)


def test_draining_again_and_by_another_drainer_changes_nothing(ready: TenantRef, keep: Keep) -> None:
    keys = [keep(at=RECEIVED + timedelta(seconds=n)).pk for n in range(5)]
    copies = {path: path.read_bytes() for path in host_journal().folder.glob("*.journal")}
    drain()
    for path, content in copies.items():
        path.write_bytes(content)  # as a drainer finds it that was killed before it removed the file
    again = drain()

    assert [row.pk for row in rows(ready)] == keys
    assert (again.tally.stored, files(), dead()) == (5, [], [])
    with enter_tenant(ready):
        assert HandoffEvent.objects.count() == 5


def test_record_of_a_request_under_way_is_left_alone(ready: TenantRef, keep: Keep) -> None:
    keep(at=timezone.now(), waits=False)
    drainer = Drainer(host_journal().folder)
    assert drainer.run_once(now=time.time()) == 1
    assert rows(ready) == []
    assert drainer.run_once(now=time.time() + 4) == 0
    assert len(rows(ready)) == 1
    assert len(files()) == 1  # its writer lives, and may write on


def test_record_written_while_its_file_is_read_goes_with_no_file(
    ready: TenantRef, keep: Keep, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep()

    def write_on_and_end(path: Path) -> bool:
        keep()
        for writer in list(host_journal()._writers):
            writer.close()
        return is_abandoned(path)

    monkeypatch.setattr("shared_apps.journal.drain.is_abandoned", write_on_and_end)
    Drainer(host_journal().folder).run_once(now=time.time())
    assert len(rows(ready)) == 2


def test_line_that_its_writer_has_not_finished_is_waited_for(ready: TenantRef, keep: Keep) -> None:
    keep(waits=False)
    (path,) = host_journal().folder.glob("*.journal")
    whole = path.read_bytes()
    path.write_bytes(whole[:-40])
    drainer = Drainer(host_journal().folder)
    drainer.run_once(now=time.time())
    assert (rows(ready), dead(), drainer.tally.torn) == ([], [], 0)

    path.write_bytes(whole)
    drainer.run_once(now=time.time())
    assert len(rows(ready)) == 1


def test_click_is_marked_after_its_capture_at_its_own_moment(ready: TenantRef, keep: Keep) -> None:
    handoff_id = uuid4()
    clicked = RECEIVED + timedelta(minutes=3)
    handoff = keep(key=handoff_id)
    ahead(ready, intake.CLICK, handoff.pk, clicked, {"url": "https://calendly.com/x"})
    drain()

    (row,) = rows(ready)
    assert (row.status, row.redirected_at, row.external_booking_url_used) == (
        "redirected",
        clicked.replace(microsecond=678000),
        "https://calendly.com/x",
    )
    with enter_tenant(ready):
        events = list(HandoffEvent.objects.order_by("id").values_list("type", "at"))
    assert events == [("created", RECEIVED), ("redirected", clicked.replace(microsecond=678000))]


def test_click_of_something_unknown_is_dropped_and_counted_after_five_tries(ready: TenantRef) -> None:
    ahead(ready, intake.CLICK, uuid4(), RECEIVED, {"url": "https://calendly.com/x"})
    drainer = drain()
    tries = 1
    for later in range(100, 100 * MAX_TRIES, 100):
        drainer.run_once(now=time.time() + later)
        tries += 1
    assert (tries, drainer.tally.dropped, files(), dead()) == (MAX_TRIES, 1, [], [])


def test_poison_is_set_aside_after_five_tries_and_the_rest_goes_on(ready: TenantRef, keep: Keep) -> None:
    keep(name="first")
    poison = keep(name="x" * 200)  # longer than its column
    keep(name="last", at=RECEIVED + timedelta(seconds=1))
    drainer = drain()
    assert [row.customer_name for row in rows(ready)] == ["first", "last"]
    assert dead() == []
    for later in range(100, 100 * MAX_TRIES, 100):
        drainer.run_once(now=time.time() + later)
    assert (dead(), files(), drainer.tally.stored) == (["poison"], [], 2)
    (path,) = (host_journal().folder / "dead").iterdir()
    assert path.name == f"poison.capture.{ready.schema_name}.{poison.pk.hex}.dead"
    assert path.stat().st_mode & 0o777 == 0o600
    assert b"xxxx" not in path.read_bytes()


def test_what_was_set_aside_can_be_put_back(ready: TenantRef, keep: Keep, monkeypatch: pytest.MonkeyPatch) -> None:
    handoff = keep()

    def fail(*_: object) -> None:
        raise ValueError

    kind = find_kind(intake.CAPTURE)
    monkeypatch.setattr("shared_apps.journal.drain._replay", fail)
    drainer = drain()
    for later in range(100, 100 * MAX_TRIES, 100):
        drainer.run_once(now=time.time() + later)
    assert (dead(), kind is not None) == (["poison"], True)
    monkeypatch.undo()

    assert put_back(host_journal().folder) == 1
    drain()
    assert [row.pk for row in rows(ready)] == [handoff.pk]
    assert (dead(), files()) == ([], [])


def test_record_of_a_suspended_or_unknown_tenant_is_set_aside(ready: TenantRef, keep: Keep) -> None:
    keep()
    entry = write_ahead(
        kind="capture", schema_name="public", record_id=uuid4(), at=RECEIVED, payload={"created_at": "…"}
    )
    assert entry is not None
    take_step(tenant=ready, step=SUSPEND)
    drain()
    assert (rows(ready), files(), dead()) == ([], [], ["tenant", "tenant"])


def test_second_body_under_one_key_is_set_aside_and_the_first_stays(ready: TenantRef, keep: Keep) -> None:
    key = uuid4()
    keep(key=key, name="first")
    keep(key=key, name="second")
    drain()
    assert [row.customer_name for row in rows(ready)] == ["first"]
    assert dead() == ["conflict"]


def test_what_was_erased_in_the_meantime_stays_erased(ready: TenantRef, keep: Keep) -> None:
    handoff = keep(waits=False)
    with enter_tenant(ready):
        assert store_handoff(handoff).is_new
        BookingHandoff.objects.update(customer_name="", customer_phone="", fingerprint=None)
    drain()
    assert [row.customer_name for row in rows(ready)] == [""]
    assert (dead(), files()) == ([], [])


@pytest.mark.parametrize("place", ["last", "middle"])
def test_torn_line_is_counted_and_kept_and_the_rest_is_stored(place: str, ready: TenantRef, keep: Keep) -> None:
    keep(name="whole")
    for writer in list(host_journal()._writers):
        writer.close()
    (path,) = host_journal().folder.glob("*.journal")
    header, line = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(header + (line + line[:-40] if place == "last" else line[:-40] + b"\n" + line))
    drainer = drain()

    assert [row.customer_name for row in rows(ready)] == ["whole"]
    assert (drainer.tally.torn, dead(), files()) == (1, ["torn"], [])


def test_empty_file_and_foreign_file_stop_nobody(ready: TenantRef, keep: Keep) -> None:
    folder = host_journal().folder
    keep()
    (folder / "0000000000000-0000000-00000000.journal").write_bytes(b"")
    (folder / "0000000000000-0000000-00000001.journal").write_bytes(os.urandom(500))
    (folder / "notes.txt").write_text("left alone")
    drain()
    assert len(rows(ready)) == 1
    assert files() == []
    assert (folder / "notes.txt").exists()


def test_outage_leaves_everything_as_it_is(
    ready: TenantRef, keep: Keep, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    keep()

    def away(*_: object, **__: object) -> None:
        raise OperationalError("Jane Doe")

    monkeypatch.setattr("shared_apps.journal.drain._replay", away)
    drainer = drain()
    for later in range(100, 1000, 100):
        assert drainer.run_once(now=time.time() + later) == 1
    monkeypatch.undo()
    assert "Jane" not in caplog.text
    assert (dead(), len(files())) == ([], 1)
    assert drainer.run_once(now=time.time() + 2000) == 0
    assert len(rows(ready)) == 1


def test_what_is_drained_waits_no_more(ready: TenantRef, keep: Keep) -> None:
    handoff = keep()
    where = {"kind": "capture", "schema_name": ready.schema_name, "record_id": handoff.pk}
    assert find_waiting(**where) is not None  # type: ignore[arg-type]  # texts and a UUID
    drain()
    assert find_waiting(**where) is None  # type: ignore[arg-type]  # the same
    assert host_journal().pending.used_bytes(ready.schema_name) == 0


def test_place_of_another_record_is_no_answer(ready: TenantRef, keep: Keep) -> None:
    pending, handoff, other = host_journal().pending, keep(), uuid4()
    place = pending.find(schema_name=ready.schema_name, kind="capture", record_id=handoff.pk)
    assert place is not None
    pending.add(schema_name=ready.schema_name, kind="capture", record_id=other, place=place)
    assert find_waiting(schema_name=ready.schema_name, kind="capture", record_id=other) is None


def test_waiting_record_that_cannot_be_opened_is_no_answer(ready: TenantRef, keep: Keep, settings: Any) -> None:
    handoff = keep()
    settings.SECRET_KEY = "another" * 10
    assert find_waiting(schema_name=ready.schema_name, kind="capture", record_id=handoff.pk) is None


def test_figures_tell_what_waits_and_since_when(ready: TenantRef, keep: Keep, settings: Any) -> None:
    assert get_journal_status().heartbeat_age_seconds is None
    keep(at=timezone.now() - timedelta(seconds=90))
    ahead(ready, "capture", uuid4(), timezone.now(), {})
    drainer = Drainer(host_journal().folder)
    drainer._read_files()
    drainer.write_status(now=time.time())
    status = get_journal_status()
    assert (status.waiting, status.files, status.stored, status.database_away) == (2, 1, 0, False)
    assert 90 <= status.oldest_age_seconds < 95
    assert 0 < status.waiting_bytes < status.file_bytes
    assert status.heartbeat_age_seconds is not None
    assert status.heartbeat_age_seconds < 5
    assert (Path(settings.STATE_DIR) / "journal" / "status.json").stat().st_mode & 0o777 == 0o600
