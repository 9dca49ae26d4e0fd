"""`manage.py drain_journal`: one per host, beside its web server, for as long as the host runs."""

import fcntl
import logging
import signal
import threading
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand
from django.db import DatabaseError, InterfaceError, connection

from shared_apps.journal.drain import Drainer, put_back
from shared_apps.journal.ledger import host_journal
from shared_apps.tenants.backend.guard import GUARD
from shared_apps.tenants.services import refresh_snapshots

logger = logging.getLogger(__name__)

_PAUSE_SECONDS = 1.0
_REFRESH_SECONDS = 60.0
_REFRESH_AT_ONCE = 2.0
_STATEMENT_SECONDS = 10.0


class Command(BaseCommand):
    """Stores what waits in this host's journal, and keeps this host's snapshots of tenants fresh."""

    help = "Store what waits in this host's journal, and keep its snapshots of tenants fresh, until stopped."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="one round, then end: exit code 1 when something waits")
        parser.add_argument("--put-back", action="store_true", help="first have what was set aside tried again")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run until SIGTERM or SIGINT; what is begun is finished."""
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        folder = host_journal().folder
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        GUARD.start(statement_seconds=_STATEMENT_SECONDS)
        (folder / "drainer.lock").touch(mode=0o600)
        with (folder / "drainer.lock").open("ab") as lock:
            while not _claim(lock.fileno()):
                if stop.wait(_PAUSE_SECONDS):
                    return
            if options["put_back"]:
                logger.info("journal: %d records put back", put_back(folder))
            self._drain(folder, stop, once=options["once"])

    def _drain(self, folder: Path, stop: threading.Event, *, once: bool) -> None:
        drainer, snapshots = Drainer(folder), _Snapshots()
        while not stop.is_set():
            waiting = drainer.run_once(now=time.time(), must_stop=stop.is_set)
            snapshots.refresh_when_due()
            drainer.write_status(now=time.time())
            connection.close_if_unusable_or_obsolete()
            if once:
                raise SystemExit(1 if waiting else 0)
            stop.wait(_PAUSE_SECONDS)


def _claim(lock: int) -> bool:
    """Be the host's only drainer; False while another one is."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


class _Snapshots:
    """This host's snapshots: what changed since the last time, once a minute and never for long."""

    def __init__(self) -> None:
        self._known: dict[int, int] = {}
        self._due = 0.0

    def refresh_when_due(self) -> None:
        if time.monotonic() < self._due:
            return
        try:
            self._known, is_complete = refresh_snapshots(self._known, seconds=_REFRESH_AT_ONCE)
            self._due = time.monotonic() + (_REFRESH_SECONDS if is_complete else _PAUSE_SECONDS)
        except (DatabaseError, InterfaceError) as error:
            logger.warning("snapshots not refreshed: %s", type(error).__name__)
            self._due = time.monotonic() + 5.0
