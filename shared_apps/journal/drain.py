"""The drainer: stores what waits in this host's journal, each record once in effect, however often it is tried.

A record is replayed when its writer is gone, or when it is older than any request may take and no line says that it is
stored. A file goes when its writer is gone and nothing in it waits. What cannot be stored is set aside in a file of its
own, itself a journal, so that it can be put back.
"""

import json
import logging
import os
import secrets
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import Final

from django.db import DatabaseError, InterfaceError, OperationalError, transaction

from shared_apps.journal.files import SUFFIX, Head, Seal, UnreadableError, is_abandoned, read_head
from shared_apps.journal.hooks import Kind, Outcome, find_kind
from shared_apps.journal.pending import PendingIndex, Place
from shared_apps.tenants.backend.guard import is_database_away
from shared_apps.tenants.scope import TenantNotActiveError, TenantRef, tenant_scope

logger = logging.getLogger(__name__)

MAX_TRIES: Final = 5
YOUNG_SECONDS: Final = 3.0
"""Longer than a request may take to store its own record."""

_BATCH: Final = 100
_DEAD: Final = ".dead"


@dataclass
class Waiting:
    """A record without word of its storing."""

    head: Head
    line: bytes
    tries: int = 0
    not_before: float = 0.0


@dataclass
class Tally:
    """What a drainer has done since its start."""

    stored: int = 0
    dropped: int = 0
    torn: int = 0


@dataclass
class JournalFile:
    """One file, as far as it has been read."""

    path: Path
    read_to: int = 0
    seal: Seal | None = None
    is_abandoned: bool = False
    waiting: dict[int, Waiting] = field(default_factory=dict)

    def read_on(self, tally: Tally, dead: Path) -> None:
        """Read what was appended since. Raises FileNotFoundError."""
        self.is_abandoned = is_abandoned(self.path)  # before reading: then nothing can follow what is read
        with self.path.open("rb") as file:
            file.seek(self.read_to)
            *lines, unfinished = file.read().split(b"\n")
        for line in lines:
            self._take(line + b"\n", tally, dead)
        if unfinished and self.is_abandoned:  # else its writer is about to finish it, or to take it back
            self._take(unfinished, tally, dead)

    def _take(self, line: bytes, tally: Tally, dead: Path) -> None:
        offset, self.read_to = self.read_to, self.read_to + len(line)
        try:
            if self.seal is None:
                self.seal = Seal.of_header(line)
                return
            said = read_head(line, offset)
        except UnreadableError:
            tally.torn += 1
            logger.error("journal: a torn line in %s at %d", self.path.name, offset)
            set_aside(dead, f"torn.{self.path.stem}.{offset}", line, self.seal)
            return
        if isinstance(said, Head):
            self.waiting[offset] = Waiting(said, line)
        elif said is not None:
            self.waiting.pop(said, None)


def set_aside(dead: Path, name: str, line: bytes, seal: Seal | None) -> None:
    """Keep a line that is not going to be stored, still sealed, in a file of its own that is there whole or not."""
    dead.mkdir(parents=True, exist_ok=True, mode=0o700)
    hidden = dead / f".{name}"
    descriptor = os.open(hidden, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write((seal.header() if seal is not None else b"") + line)
        file.flush()
        os.fsync(file.fileno())
    hidden.rename(dead / f"{name}{_DEAD}")


@dataclass(frozen=True, slots=True)
class DeadRecord:
    """A record that was set aside. Its name says why, and its kind, schema and id; `size` is in bytes."""

    name: str
    size: int
    at: datetime


def list_dead(folder: Path) -> list[DeadRecord]:
    """Return what was set aside in a journal's folder, in the order of names."""
    found = []
    for path in sorted((folder / "dead").glob(f"*{_DEAD}")):
        with suppress(FileNotFoundError):
            status = path.stat()
            at = datetime.fromtimestamp(status.st_mtime, UTC)
            found.append(DeadRecord(path.name.removesuffix(_DEAD), status.st_size, at))
    return found


def put_back(folder: Path, *, names: Iterable[str] | None = None) -> int:
    """Have what was set aside tried again, all or `names`, torn lines excepted; returns how many records.

    Safe beside a drainer, which finds them as journals whose writers are gone, and to repeat: a record that is stored
    already is left as it is.
    """
    count = 0
    for name in [one.name for one in list_dead(folder)] if names is None else names:
        if not name.startswith("torn."):
            with suppress(FileNotFoundError):
                target = f"{time.time_ns() // 1_000_000:013d}-{os.getpid():07d}-{secrets.token_hex(4)}{SUFFIX}"
                (folder / "dead" / f"{name}{_DEAD}").rename(folder / target)
                count += 1
    return count


class Drainer:
    """Drains one host's journal. Only one of a host works at a time; a second would change nothing."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.tally = Tally()
        self._dead = folder / "dead"
        self._pending = PendingIndex(folder / "pending")
        self._files: dict[str, JournalFile] = {}

    def run_once(self, *, now: float, must_stop: Callable[[], bool] = lambda: False) -> int:
        """Store what can be stored; returns how many records still wait. `now` is in seconds since the epoch.

        `must_stop` is asked between batches: what is begun is finished, the rest waits for the next drainer. Never
        raises for what a record or the database does: an outage leaves everything as it is.
        """
        self._read_files()
        due = [(file, one) for file in self._files.values() for one in file.waiting.values() if _is_due(file, one, now)]
        for kind, schema_name, group in _in_order(due):
            try:
                for at in range(0, len(group), _BATCH):
                    if must_stop():
                        break
                    self._store(kind, schema_name, group[at : at + _BATCH], now)
            except (DatabaseError, InterfaceError) as error:
                logger.warning("journal: %s of %s wait (%s)", kind, schema_name, type(error).__name__)
                if is_database_away():
                    break
        self._tidy_up()
        return sum(len(file.waiting) for file in self._files.values())

    def write_status(self, *, now: float) -> None:
        """Write the figures down, which is also the sign of life. See `selectors.get_journal_status`."""
        waiting = [one.head for file in self._files.values() for one in file.waiting.values()]
        said = {
            "at": now,
            "waiting": len(waiting),
            "waitingBytes": sum(head.length for head in waiting),
            "oldestAgeSeconds": round(now - min(head.at_ms for head in waiting) / 1000, 3) if waiting else 0.0,
            "stored": self.tally.stored,
            "droppedClicks": self.tally.dropped,
            "tornLines": self.tally.torn,
            "deadLetters": sum(1 for _ in self._dead.glob(f"*{_DEAD}")),
        }
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        partial = self.folder / ".status"
        partial.touch(mode=0o600)
        partial.write_text(json.dumps(said))
        partial.replace(self.folder / "status.json")

    # ---- reading ----------------------------------------------------------------------------------------------------

    def _read_files(self) -> None:
        names = {path.name for path in self.folder.glob(f"*{SUFFIX}")}
        for name in self._files.keys() - names:
            del self._files[name]
        for name in sorted(names):
            file = self._files.setdefault(name, JournalFile(self.folder / name))
            with suppress(FileNotFoundError):
                file.read_on(self.tally, self._dead)

    # ---- storing ----------------------------------------------------------------------------------------------------

    def _store(self, kind: str, schema_name: str, group: "list[_Due]", now: float) -> None:
        """Store a batch of records of one kind and tenant. Raises OperationalError or InterfaceError in an outage."""
        known = find_kind(kind)
        if known is None:
            self._count_try(group, now, "kind")
            return
        try:
            with tenant_scope(schema_name) as tenant:
                self._store_batch(known, tenant, group, now)
        except TenantNotActiveError:
            for file, one in group:
                self._set_aside(file, one, "tenant")

    def _store_batch(self, kind: Kind, tenant: TenantRef, batch: "list[_Due]", now: float) -> None:
        """Store in one transaction; where that fails, one by one, so that only what is wrong stays behind."""
        try:
            with transaction.atomic():
                outcomes = [_replay(kind, tenant, file, one) for file, one in batch]
        except (OperationalError, InterfaceError):
            raise
        except Exception as error:  # noqa: BLE001 - whatever a record does, the others go on
            if len(batch) > 1:
                for entry in batch:
                    self._store_batch(kind, tenant, [entry], now)
                return
            logger.error("journal: a %s cannot be stored (%s)", kind.name, type(error).__name__)
            self._count_try(batch, now, "poison")
            return
        for (file, one), outcome in zip(batch, outcomes, strict=True):
            if outcome == Outcome.STORED:
                del file.waiting[one.head.offset]
                self.tally.stored += 1
            elif outcome == Outcome.CONFLICT:
                self._set_aside(file, one, "conflict")
            else:
                self._count_try([(file, one)], now, "unknown")

    def _count_try(self, group: "list[_Due]", now: float, reason: str) -> None:
        """Try again later, at growing distances; after five tries set aside, or drop what speaks of nothing we have."""
        for file, one in group:
            one.tries += 1
            one.not_before = now + 2.0**one.tries / 2
            if one.tries < MAX_TRIES:
                continue
            if reason == "unknown":
                del file.waiting[one.head.offset]
                self.tally.dropped += 1
                logger.warning("journal: a %s of something unknown was dropped", one.head.kind)
            else:
                self._set_aside(file, one, reason)

    def _set_aside(self, file: JournalFile, one: Waiting, reason: str) -> None:
        head = one.head
        logger.error("journal: a %s of %s was set aside (%s)", head.kind, head.schema_name, reason)
        set_aside(self._dead, f"{reason}.{head.kind}.{head.schema_name}.{head.id.hex}", one.line, file.seal)
        del file.waiting[head.offset]

    # ---- tidying up -------------------------------------------------------------------------------------------------

    def _tidy_up(self) -> None:
        for schema_name in self._pending.list_schemas():
            with suppress(FileNotFoundError):
                self._pending.forget(schema_name, is_stored=self._is_stored)
        for name, file in list(self._files.items()):
            if file.is_abandoned and not file.waiting:
                file.path.unlink(missing_ok=True)
                del self._files[name]

    def _is_stored(self, place: Place) -> bool:
        file = self._files.get(f"{place.file}{SUFFIX}")
        if file is None:  # gone, or so new that it has not been read
            return not (self.folder / f"{place.file}{SUFFIX}").exists()
        return place.offset < file.read_to and place.offset not in file.waiting


_Due = tuple[JournalFile, Waiting]


def _is_due(file: JournalFile, one: Waiting, now: float) -> bool:
    is_young = 0 <= now - one.head.at_ms / 1000 < YOUNG_SECONDS
    return now >= one.not_before and (file.is_abandoned or not is_young)


def _in_order(due: Iterable[_Due]) -> Iterator[tuple[str, str, list[_Due]]]:
    """Group by kind and tenant: all captures before all clicks, older before newer."""

    def place(entry: _Due) -> tuple[int, str, str, int]:
        head = entry[1].head
        kind = find_kind(head.kind)
        return (kind.order if kind else 99, head.kind, head.schema_name, head.at_ms)

    for (_, kind, schema_name), group in groupby(sorted(due, key=place), key=lambda entry: place(entry)[:3]):
        yield kind, schema_name, list(group)


def _replay(kind: Kind, tenant: TenantRef, file: JournalFile, one: Waiting) -> Outcome:
    if file.seal is None:
        raise UnreadableError
    return kind.replay(tenant, file.seal.open(one.line))
