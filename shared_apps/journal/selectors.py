"""What the journal knows: waiting records, and its figures for whoever watches over it."""

import json
import time
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from django.conf import settings

from shared_apps.journal.files import SUFFIX, Record, UnreadableError, read_record
from shared_apps.journal.ledger import host_journal, measure_files
from shared_apps.tenants.backend.guard import is_database_away


def find_waiting(*, kind: str, schema_name: str, record_id: UUID) -> Record | None:
    """Return the record that waits for the database under that id; None when none of this host does.

    Costs one look at a file that is not there while nothing waits for the tenant. What another host keeps cannot be
    known here.
    """
    journal = host_journal()
    place = journal.pending.find(schema_name=schema_name, kind=kind, record_id=record_id)
    if place is None:
        return None
    try:
        record = read_record(journal.folder / f"{place.file}{SUFFIX}", offset=place.offset, length=place.length)
    except (OSError, UnreadableError):
        return None  # drained this very moment
    return record if (record.kind, record.schema_name, record.id) == (kind, schema_name, record_id) else None


@dataclass(frozen=True, slots=True)
class JournalStatus:
    """Figures of this host. Counts of what was stored, torn and dropped are since the drainer's start."""

    waiting: int
    waiting_bytes: int
    oldest_age_seconds: float
    files: int
    file_bytes: int
    stored: int
    dropped_clicks: int
    torn_lines: int
    dead_letters: int
    heartbeat_age_seconds: float | None
    database_away: bool


def get_journal_status() -> JournalStatus:
    """Return the figures as the drainer last wrote them down, and what this process sees for itself.

    `heartbeat_age_seconds` is None where no drainer has ever run; above ten it is dead or stuck.
    """
    folder = Path(settings.STATE_DIR) / "journal"
    files, file_bytes = measure_files(folder)
    try:
        said = json.loads((folder / "status.json").read_bytes())
    except (OSError, ValueError):
        said = {}
    at = said.get("at")
    age = None if at is None else max(0.0, time.time() - at)
    oldest = said.get("oldestAgeSeconds", 0.0)
    return JournalStatus(
        waiting=said.get("waiting", 0),
        waiting_bytes=said.get("waitingBytes", 0),
        oldest_age_seconds=oldest + (age or 0.0) if oldest else 0.0,
        files=files,
        file_bytes=file_bytes,
        stored=said.get("stored", 0),
        dropped_clicks=said.get("droppedClicks", 0),
        torn_lines=said.get("tornLines", 0),
        dead_letters=said.get("deadLetters", 0),
        heartbeat_age_seconds=age,
        database_away=is_database_away(),
    )
