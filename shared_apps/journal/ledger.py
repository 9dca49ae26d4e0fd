"""The journal of a host as its web processes write it: files, quotas, and what waits."""

import logging
import os
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from django.conf import settings

from shared_apps.journal.files import SUFFIX, Head, JournalFullError, JournalWriter, Record
from shared_apps.journal.pending import PendingIndex, Place

logger = logging.getLogger(__name__)

TENANT_QUOTA: Final = 5_000_000
"""Bytes that may wait for one tenant, so that nobody fills the disk through one form during an outage."""

TOTAL_QUOTA: Final = 500_000_000
"""Bytes of all journal files of a host."""

_MEASURE_SECONDS: Final = 1.0


@dataclass(frozen=True, slots=True)
class Entry:
    """A record in this host's journal, safe from a dead process. Its writer says once what became of it."""

    journal: "Journal"
    writer: JournalWriter
    head: Head

    def mark_stored(self) -> None:
        """The database has it, or will never want it: it is not replayed."""
        with self.writer.lock:
            self.writer.mark_done(self.head.offset)
            self.writer.is_in_use = False

    def mark_waiting(self) -> bool:
        """The database is away: the drainer stores it. From now on its id is known in all processes of this host.

        It is safe from a dead machine when this returns True. False where the disk failed: it is kept nowhere.
        """
        head = self.head
        try:
            with self.writer.lock:
                self.writer.sync(head.offset)
        except JournalFullError:
            logger.error("journal: no room for a %s (sync)", head.kind)
            self.writer.is_in_use = False
            return False
        place = Place(self.writer.name, head.offset, head.length)
        try:
            self.journal.pending.add(schema_name=head.schema_name, kind=head.kind, record_id=head.id, place=place)
        except OSError as error:
            logger.error("a waiting record could not be noted: %s", type(error).__name__)
        self.writer.is_in_use = False
        return True


class Journal:
    """The journal of one host: a file per thread that writes, below `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.pending = PendingIndex(folder / "pending")
        self._own = threading.local()
        self._writers: set[JournalWriter] = set()
        self._lock = threading.Lock()
        self._measured_at = float("-inf")
        self._measured = 0

    def write_ahead(self, record: Record, *, share: float = 1.0) -> Entry | None:
        """Put a record into the journal; it is safe from a dead process when this returns.

        `share` is how much of the tenant's quota records of this kind may use up to. None where it could be kept
        nowhere: the disk is full or broken, or a quota is used up.
        """
        try:
            if self.pending.used_bytes(record.schema_name) >= TENANT_QUOTA * share:
                raise JournalFullError
            if self._total_bytes() >= TOTAL_QUOTA:
                raise JournalFullError
            return self._append(record)
        except (JournalFullError, OSError) as error:
            logger.error("journal: no room for a %s (%s)", record.kind, type(error).__name__)
            return None

    def _append(self, record: Record) -> Entry:
        while True:
            writer = self._writer()
            with writer.lock:
                if not writer.is_closed:  # else the keeper let go of it just now
                    head = writer.append(record)
                    writer.is_in_use = True
                    return Entry(self, writer, head)

    def _writer(self) -> JournalWriter:
        """Return this thread's file, a new one where there is none or it is full."""
        writer: JournalWriter | None = getattr(self._own, "writer", None)
        if writer is None or writer.is_full():
            if writer is not None:
                writer.is_in_use = False  # whoever used it is this thread, and through with it
                self._retire(writer)
            writer = self._own.writer = JournalWriter(self.folder)
            with self._lock:
                self._writers.add(writer)
        return writer

    def _retire(self, writer: JournalWriter) -> None:
        with writer.lock:
            if writer.is_in_use:
                return
            writer.close()
        with self._lock:
            self._writers.discard(writer)

    def close_old(self) -> None:
        """Let go of files that are old and in nobody's use, of threads that write no more too."""
        with self._lock:
            writers = list(self._writers)
        for writer in writers:
            if writer.is_full():
                self._retire(writer)

    def _total_bytes(self) -> int:
        now = time.monotonic()
        if now - self._measured_at > _MEASURE_SECONDS:
            self._measured_at = now
            self._measured = measure_files(self.folder)[1]
        return self._measured


def measure_files(folder: Path) -> tuple[int, int]:
    """Return how many journal files there are, and their bytes together."""
    count = total = 0
    with suppress(FileNotFoundError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.endswith(SUFFIX):
                with suppress(FileNotFoundError):
                    total += entry.stat().st_size
                    count += 1
    return count, total


@cache
def _journal(state_dir: str) -> Journal:
    return Journal(Path(state_dir) / "journal")


def host_journal() -> Journal:
    """Return this host's journal."""
    return _journal(str(settings.STATE_DIR))
