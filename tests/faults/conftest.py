"""Faults are made for real: the connection goes to a port where nobody listens, the disk takes no more."""

import os
import resource
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from shared_apps.journal.drain import Drainer
from shared_apps.journal.ledger import host_journal
from shared_apps.tenants import selectors as tenant_selectors
from shared_apps.tenants.backend.guard import GUARD
from shared_apps.tenants.scope import TenantRef
from tenant_apps.booking import selectors as booking_selectors
from tests.clients import TenantClient
from tests.conftest import make_ready

Outage = Callable[[], AbstractContextManager[None]]


def dead_port() -> int:
    """Return a port of this machine where nobody listens."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@pytest.fixture(autouse=True)
def own_state(settings: Any, tmp_path: Path) -> None:
    """A journal and snapshots of this test alone."""
    settings.STATE_DIR = tmp_path / "state"


@pytest.fixture
def served_tenant(
    own_state: None, committed_tenant: TenantRef, django_db_blocker: Any, django_capture_on_commit_callbacks: Any
) -> Iterator[TenantRef]:
    """A tenant with a booking link that this process has served before."""
    with django_db_blocker.unblock():
        make_ready(committed_tenant, django_capture_on_commit_callbacks)
        assert TenantClient(committed_tenant).get("/").status_code == 200
        yield committed_tenant


@pytest.fixture
def outage() -> Outage:
    """Return a context manager in which PostgreSQL refuses every connection."""

    @contextmanager
    def refuse() -> Iterator[None]:
        connection.close()
        before = dict(connection.settings_dict)
        connection.settings_dict.update(HOST="127.0.0.1", PORT=str(dead_port()))
        try:
            yield
        finally:
            connection.close()
            connection.settings_dict.update(HOST=before["HOST"], PORT=before["PORT"])
            GUARD.breaker.close()  # its probe asks the address that refused, which in life is the only one

    return refuse


@pytest.fixture
def on_duty() -> Iterator[None]:
    """This process guards its statements, as the web server does."""
    GUARD.start(statement_seconds=3.0)
    yield
    GUARD.stop()


def forget_all() -> None:
    """Be as a process that has just been started."""
    tenant_selectors._hosts.clear()
    booking_selectors._snapshots.clear()


def drain(*, later: float = 10.0) -> Drainer:
    """Run the drainer once, `later` seconds from now, with nobody writing any more."""
    for writer in list(host_journal()._writers):
        writer.close()
    drainer = Drainer(host_journal().folder)
    drainer.run_once(now=time.time() + later)
    return drainer


@contextmanager
def no_room_on_disk(size: int = 1) -> Iterator[None]:
    """Let no file of this process grow past `size` bytes: writes come out short, or fail, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@contextmanager
def no_sync_to_disk() -> Iterator[None]:
    """Let writes succeed and nothing reach the disk, as on one that is broken."""

    def fail(descriptor: int) -> None:
        raise OSError("input/output error")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fdatasync", fail)
        yield
