"""The journal of a host: a file per thread, quotas, and what waits, known in every process."""

import subprocess
import sys
import threading
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from saas.embedded import processes
from shared_apps.journal import files, ledger, services
from shared_apps.journal.ledger import Entry, Journal
from shared_apps.journal.pending import PendingIndex, Place
from tests.faults.conftest import no_room_on_disk, no_sync_to_disk
from tests.unit.journal.conftest import NewRecord


def write(journal: Journal, new_record: NewRecord, **values: object) -> Entry:
    entry = journal.write_ahead(new_record(**values))
    assert entry is not None
    return entry


def test_each_thread_writes_a_file_of_its_own(journal: Journal, new_record: NewRecord) -> None:
    names: list[str] = []

    def work() -> None:
        names.extend({write(journal, new_record).writer.name for _ in range(3)})

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(names)) == len(names) == 4


def test_full_file_gives_way_to_a_new_one(
    journal: Journal, new_record: NewRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = write(journal, new_record)
    first.mark_stored()
    monkeypatch.setattr(files, "MAX_FILE_BYTES", 10)
    second = write(journal, new_record)
    assert first.writer.name != second.writer.name
    assert first.writer.is_closed
    assert not second.writer.is_closed


def test_keeper_lets_go_of_old_files_but_not_of_one_in_use(
    journal: Journal, new_record: NewRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = write(journal, new_record)
    journal.close_old()
    assert not entry.writer.is_closed
    monkeypatch.setattr(files, "MAX_FILE_SECONDS", -1.0)
    journal.close_old()
    assert not entry.writer.is_closed  # what became of the record is not known yet
    entry.mark_stored()
    journal.close_old()
    assert entry.writer.is_closed
    assert write(journal, new_record).writer.name != entry.writer.name


def test_tenant_that_used_up_its_share_keeps_nobody_else_out(
    journal: Journal, new_record: NewRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger, "TENANT_QUOTA", 2_000)
    kept = 0
    while (entry := journal.write_ahead(new_record(text="x" * 300))) is not None:
        entry.mark_waiting()
        kept += 1
    assert kept == 4
    assert journal.write_ahead(new_record(schema_name="t_other")) is not None


def test_what_is_stored_uses_up_nothing(
    journal: Journal, new_record: NewRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger, "TENANT_QUOTA", 2_000)
    for _ in range(20):
        write(journal, new_record, text="x" * 300).mark_stored()


def test_clicks_leave_room_for_captures(
    journal: Journal, new_record: NewRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger, "TENANT_QUOTA", 2_000)
    while (entry := journal.write_ahead(new_record(kind="click"), share=0.5)) is not None:
        entry.mark_waiting()
    assert journal.write_ahead(new_record()) is not None


def test_files_of_a_host_have_a_limit_together(
    journal: Journal, new_record: NewRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(journal, new_record, text="x" * 500)
    monkeypatch.setattr(ledger, "TOTAL_QUOTA", 400)
    monkeypatch.setattr(ledger, "_MEASURE_SECONDS", -1.0)
    assert journal.write_ahead(new_record()) is None


def test_disk_without_room_is_an_answer_and_no_exception(journal: Journal, new_record: NewRecord) -> None:
    with no_room_on_disk():
        assert journal.write_ahead(new_record()) is None
    assert journal.write_ahead(new_record()) is not None


def test_disk_that_fails_when_it_matters_keeps_nothing(journal: Journal, new_record: NewRecord) -> None:
    entry = write(journal, new_record, record_id=(key := uuid4()))
    with no_sync_to_disk():
        assert not entry.mark_waiting()
    assert journal.pending.find(schema_name=entry.head.schema_name, kind=entry.head.kind, record_id=key) is None
    assert write(journal, new_record).mark_waiting()


def test_waiting_record_is_known_in_another_process(journal: Journal, new_record: NewRecord) -> None:
    entry = write(journal, new_record, record_id=uuid4())
    entry.mark_waiting()
    head = entry.head
    code = (
        "import sys, uuid, pathlib; from shared_apps.journal.pending import PendingIndex\n"
        "index = PendingIndex(pathlib.Path(sys.argv[1]))\n"
        "print(*index.find(schema_name='t_here', kind='capture', record_id=uuid.UUID(sys.argv[2])))\n"
        "print(index.find(schema_name='t_here', kind='click', record_id=uuid.UUID(sys.argv[2])))\n"
        "print(index.find(schema_name='t_there', kind='capture', record_id=uuid.UUID(sys.argv[2])))\n"
    )
    said = subprocess.run(
        [sys.executable, "-c", code, str(journal.folder / "pending"), str(head.id)],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert said.splitlines() == [f"{entry.writer.name} {head.offset} {head.length}", "None", "None"]


def test_index_is_read_on_from_where_it_was_read(journal: Journal) -> None:
    here, there = PendingIndex(journal.folder / "pending"), PendingIndex(journal.folder / "pending")
    ids = [uuid4() for _ in range(50)]
    for number, record_id in enumerate(ids):
        place = Place("f" * 30, number, 100)
        here.add(schema_name="t_here", kind="capture", record_id=record_id, place=place)
        assert there.find(schema_name="t_here", kind="capture", record_id=record_id) == place
        assert there.used_bytes("t_here") == 100 * (number + 1)


def test_record_that_is_noted_while_its_index_is_forgotten_waits_all_the_same(journal: Journal) -> None:
    index, record_id, place = PendingIndex(journal.folder / "pending"), uuid4(), Place("f" * 30, 1, 10)
    index.add(schema_name="t_here", kind="capture", record_id=uuid4(), place=Place("f" * 30, 0, 10))
    values = {"schema_name": "t_here", "kind": "capture", "record_id": record_id, "place": place}
    noting = threading.Thread(target=index.add, kwargs=values)

    def is_stored(_: Place) -> bool:
        noting.start()
        noting.join(0.1)  # it has the file open by now, and waits for its turn
        return True

    index.forget("t_here", is_stored=is_stored)
    noting.join()
    assert index.find(schema_name="t_here", kind="capture", record_id=record_id) == place


def test_keeper_looks_at_the_files_of_this_host_by_itself(
    settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.STATE_DIR = tmp_path
    monkeypatch.setattr(services, "_KEEPER_SECONDS", 0.01)
    monkeypatch.setattr(files, "MAX_FILE_SECONDS", -1.0)
    entry = services.write_ahead(kind="capture", schema_name="t_here", record_id=uuid4(), at=timezone.now(), payload={})
    assert entry is not None
    entry.mark_stored()
    stop = services.start_journal_keeper()
    assert processes.wait_until(lambda: entry.writer.is_closed, 5.0)
    stop.set()


def test_index_is_forgotten_when_all_in_it_is_stored_and_not_before(journal: Journal) -> None:
    index, record_id = PendingIndex(journal.folder / "pending"), uuid4()
    for number in range(3):
        index.add(schema_name="t_here", kind="capture", record_id=record_id, place=Place("f" * 30, number, 10))
    index.forget("t_here", is_stored=lambda place: place.offset != 1)
    assert index.used_bytes("t_here") == 30
    index.forget("t_here", is_stored=lambda _: True)
    assert index.used_bytes("t_here") == 0
    assert index.find(schema_name="t_here", kind="capture", record_id=record_id) is None
    index.add(schema_name="t_here", kind="capture", record_id=record_id, place=Place("g" * 30, 7, 10))
    assert index.find(schema_name="t_here", kind="capture", record_id=record_id) == Place("g" * 30, 7, 10)
