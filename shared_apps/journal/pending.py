"""Which records wait for the database: one small file per tenant, shared by the processes of a host.

A line of fixed width per waiting record says where it stands. It answers, in any process, whether an id is waiting and
how much of its share a tenant has used. Losing it loses no record: the journal's files are what is stored from.
"""

import fcntl
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple
from uuid import UUID

_NAME: Final = 30  # of a journal file, without suffix
_KIND: Final = 8
_LINE: Final = 32 + 1 + _KIND + 1 + _NAME + 1 + 10 + 1 + 8 + 1


class Place(NamedTuple):
    """A record's file, without suffix, and where it stands in it."""

    file: str
    offset: int
    length: int


@dataclass
class _Known:
    """What a process has read of one tenant's file."""

    inode: int
    first: bytes
    size: int = 0
    used: int = 0
    places: dict[tuple[str, UUID], Place] = field(default_factory=dict)


class PendingIndex:
    """The waiting records of all tenants of a host."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._prefix = f"{folder}/"
        self._lock = threading.Lock()
        self._known: dict[str, _Known] = {}

    def add(self, *, schema_name: str, kind: str, record_id: UUID, place: Place) -> None:
        """Note a waiting record. Raises OSError."""
        line = f"{record_id.hex} {kind:<{_KIND}} {place.file:<{_NAME}} {place.offset:>10} {place.length:>8}\n"
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        while True:
            file = os.open(self._folder / schema_name, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            try:
                fcntl.flock(file, fcntl.LOCK_EX)
                if os.fstat(file).st_nlink:  # else it was forgotten while we waited
                    os.write(file, line.encode("ascii"))
                    return
            finally:
                os.close(file)

    def find(self, *, schema_name: str, kind: str, record_id: UUID) -> Place | None:
        """Return where a waiting record stands; of several the first. None when none waits."""
        known = self._refresh(schema_name)
        return None if known is None else known.places.get((kind, record_id))

    def used_bytes(self, schema_name: str) -> int:
        """Return how many bytes of the journal wait for a tenant."""
        known = self._refresh(schema_name)
        return 0 if known is None else known.used

    def list_schemas(self) -> list[str]:
        """Return the tenants for which something waits."""
        try:
            return os.listdir(self._folder)  # noqa: PTH208 - names alone
        except FileNotFoundError:
            return []

    def forget(self, schema_name: str, *, is_stored: Callable[[Place], bool]) -> None:
        """Remove a tenant's file when every record in it is stored."""
        path = self._folder / schema_name
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            if all(is_stored(place) for _, _, place in _parse(file.read())):
                path.unlink()

    def _refresh(self, schema_name: str) -> _Known | None:
        path = f"{self._prefix}{schema_name}"  # no Path: every capture asks this
        try:
            status = os.stat(path)  # noqa: PTH116 - see above
        except FileNotFoundError:
            self._known.pop(schema_name, None)
            return None
        known = self._known.get(schema_name)
        if known is not None and (known.inode, known.size) == (status.st_ino, status.st_size):
            return known
        with self._lock:
            return self._read(schema_name, Path(path))

    def _read(self, schema_name: str, path: Path) -> _Known | None:
        try:
            with path.open("rb") as file:
                inode, first = os.fstat(file.fileno()).st_ino, file.read(_LINE)
                known = self._known.get(schema_name)
                if known is None or (known.inode, known.first) != (inode, first):
                    known = _Known(inode, first)
                file.seek(known.size)
                lines = file.read()
        except FileNotFoundError:
            self._known.pop(schema_name, None)
            return None
        lines = lines[: len(lines) // _LINE * _LINE]
        for kind, record_id, place in _parse(lines):
            known.places.setdefault((kind, record_id), place)
            known.used += place.length
        known.size += len(lines)
        self._known[schema_name] = known
        return known


def _parse(lines: bytes) -> list[tuple[str, UUID, Place]]:
    found = []
    for at in range(0, len(lines) // _LINE * _LINE, _LINE):
        record_id, kind, name, offset, length = lines[at : at + _LINE].decode("ascii").split()
        found.append((kind, UUID(hex=record_id), Place(name, int(offset), int(length))))
    return found
