"""The journal's lines: what goes in comes out, sealed; what is torn, altered or another's is noticed."""

from pathlib import Path
from typing import Any

import pytest

from shared_apps.journal import files
from shared_apps.journal.files import (
    Head,
    JournalFullError,
    JournalWriter,
    Seal,
    UnreadableError,
    is_abandoned,
    read_head,
    read_record,
)
from tests.faults.conftest import no_room_on_disk, no_sync_to_disk
from tests.unit.journal.conftest import NewRecord


def path_of(writer: JournalWriter, folder: Path) -> Path:
    return folder / f"{writer.name}.journal"


def test_record_comes_back_as_it_was(tmp_path: Path, new_record: NewRecord) -> None:
    writer, records = JournalWriter(tmp_path), [new_record(name="Zoë\n", notes=""), new_record(kind="click", n=1)]
    heads = [writer.append(record) for record in records]
    path = path_of(writer, tmp_path)
    assert [read_record(path, offset=head.offset, length=head.length) for head in heads] == records


def test_file_holds_nothing_of_what_was_typed_and_is_private(tmp_path: Path, new_record: NewRecord) -> None:
    writer = JournalWriter(tmp_path)
    writer.append(new_record(name="Zebedee Quux"))
    path = path_of(writer, tmp_path)
    assert b"Zebedee" not in path.read_bytes()
    assert path.stat().st_mode & 0o777 == 0o600
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]


def test_another_secret_opens_nothing(tmp_path: Path, new_record: NewRecord, settings: Any) -> None:
    writer = JournalWriter(tmp_path)
    head = writer.append(new_record(name="Ana"))
    settings.SECRET_KEY = "another" * 10
    with pytest.raises(UnreadableError):
        read_record(path_of(writer, tmp_path), offset=head.offset, length=head.length)


@pytest.mark.parametrize("place", [0, 5, 40, 80, -12, -3])
def test_altered_line_is_unreadable(place: int, new_record: NewRecord) -> None:
    seal = Seal.new()
    line = bytearray(seal.close(new_record(name="Ana")))
    line[place] ^= 1
    with pytest.raises(UnreadableError):
        read_head(bytes(line), 0)


def test_fields_before_the_payload_are_bound_to_it(new_record: NewRecord) -> None:
    seal = Seal.new()
    body = files.unframe(seal.close(new_record(name="Ana"))).replace(b" t_here ", b" t_elsewhere ")
    line = files.frame(body)
    assert isinstance(read_head(line, 0), Head)  # the checksum is right
    with pytest.raises(UnreadableError):
        seal.open(line)


def test_same_record_is_sealed_differently_each_time(new_record: NewRecord) -> None:
    seal, record = Seal.new(), new_record(name="Ana")
    assert seal.close(record) != seal.close(record)


@pytest.mark.parametrize("line", [b"", b"\n", b"R 1 capture t_x nothex x 00000000\n", b"D x\n", files.frame(b"X 1")])
def test_line_that_is_none_is_unreadable(line: bytes) -> None:
    with pytest.raises(UnreadableError):
        read_head(line, 0)


def test_word_that_a_record_is_stored_names_its_place(tmp_path: Path, new_record: NewRecord) -> None:
    writer = JournalWriter(tmp_path)
    head = writer.append(new_record())
    writer.mark_done(head.offset)
    header, record, done = path_of(writer, tmp_path).read_bytes().splitlines(keepends=True)
    assert read_head(header, 0) is None
    assert read_head(record, head.offset) == head
    assert read_head(done, head.offset + head.length) == head.offset


def test_full_disk_leaves_nothing_of_the_record_that_did_not_fit(tmp_path: Path, new_record: NewRecord) -> None:
    writer = JournalWriter(tmp_path)
    first = writer.append(new_record(name="kept"))
    path = path_of(writer, tmp_path)
    size = path.stat().st_size
    with no_room_on_disk(size + 50), pytest.raises(JournalFullError):
        writer.append(new_record(name="not kept"))
    assert path.stat().st_size == size
    again = writer.append(new_record(name="kept too"))
    assert (first.offset + first.length, path.stat().st_size) == (again.offset, again.offset + again.length)


def test_disk_that_cannot_sync_is_not_trusted_again(tmp_path: Path, new_record: NewRecord) -> None:
    writer = JournalWriter(tmp_path)
    head = writer.append(new_record())
    with no_sync_to_disk(), pytest.raises(JournalFullError):
        writer.sync(head.offset)
    assert writer.is_closed
    assert path_of(writer, tmp_path).read_bytes().count(b"\n") == 1  # the header


def test_file_counts_as_abandoned_only_when_its_writer_is_gone(tmp_path: Path) -> None:
    writer = JournalWriter(tmp_path)
    path = path_of(writer, tmp_path)
    assert not is_abandoned(path)
    writer.close()
    assert is_abandoned(path)


def test_file_that_is_large_or_old_is_full(
    tmp_path: Path, new_record: NewRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = JournalWriter(tmp_path)
    assert not writer.is_full()
    monkeypatch.setattr(files, "MAX_FILE_BYTES", 10)
    assert writer.is_full()
    monkeypatch.setattr(files, "MAX_FILE_BYTES", 1_000_000)
    monkeypatch.setattr(files, "MAX_FILE_SECONDS", -1.0)
    assert writer.is_full()
