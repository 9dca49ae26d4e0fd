"""A kept connection is looked at before it is used again, and the server is asked only where it said something."""

import time

import psycopg
import pytest
from django.db import close_old_connections, connection
from django.db.backends.postgresql.base import DatabaseWrapper

from tests.isolation.other_process import database_url


def _ask_pid() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (pid,) = cursor.fetchone()
    return int(pid)


def test_connection_that_the_server_has_closed_is_replaced_before_the_next_statement(db: None) -> None:
    before = _ask_pid()
    with psycopg.connect(database_url(), autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s)", [before])
        deadline = time.monotonic() + 10
        while other.execute("SELECT 1 FROM pg_stat_activity WHERE pid = %s", [before]).fetchone():
            assert time.monotonic() < deadline
            time.sleep(0.01)

    close_old_connections()  # as each request begins

    assert _ask_pid() != before


def test_idle_connection_costs_no_question(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    _ask_pid()

    def ask(self: object) -> bool:
        raise AssertionError("the server was asked")

    monkeypatch.setattr(DatabaseWrapper, "is_usable", ask)

    assert connection.is_usable()
