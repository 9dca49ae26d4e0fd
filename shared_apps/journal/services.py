"""Writing ahead: what must not be lost goes to this host's disk before the database is asked."""

import threading
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from shared_apps.journal.files import Record
from shared_apps.journal.ledger import Entry, host_journal

_KEEPER_SECONDS: Final = 15.0


def write_ahead(
    *, kind: str, schema_name: str, record_id: UUID, at: datetime, payload: dict[str, Any], share: float = 1.0
) -> Entry | None:
    """Put a record into this host's journal; see `Journal.write_ahead`. `at` is the moment of receipt."""
    record = Record(kind, schema_name, record_id, int(at.timestamp() * 1000), payload)
    return host_journal().write_ahead(record, share=share)


def start_journal_keeper() -> threading.Event:
    """Start the thread that lets go of old files; set the returned event to end it."""
    stop = threading.Event()

    def keep() -> None:
        while not stop.wait(_KEEPER_SECONDS):
            host_journal().close_old()

    threading.Thread(target=keep, name="journal-keeper", daemon=True).start()
    return stop
