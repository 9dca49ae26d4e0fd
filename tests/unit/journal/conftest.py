"""A journal in a folder of its own."""

from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from shared_apps.journal.files import Record
from shared_apps.journal.ledger import Journal

NewRecord = Callable[..., Record]


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "journal")


@pytest.fixture
def new_record() -> NewRecord:
    """Return a function that makes records: `new_record(name="Ana")`."""

    def make(
        *, kind: str = "capture", schema_name: str = "t_here", record_id: UUID | None = None, **payload: Any
    ) -> Record:
        return Record(kind, schema_name, record_id or uuid4(), 1_700_000_000_000, payload)

    return make
