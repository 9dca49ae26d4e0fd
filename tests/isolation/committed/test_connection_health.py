"""A kept connection is looked at before it is used again, and the server is asked only where it said something."""

import time
from collections.abc import Callable

import psycopg
import pytest
from django.db import DatabaseError, close_old_connections, connection, transaction
from django.db.backends.postgresql.base import DatabaseWrapper

from shared_apps.tenants.backend.guard import GUARD
from shared_apps.tenants.scope import tenant_connection
from tests.isolation.other_process import database_url


def _ask_pid() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (pid,) = cursor.fetchone()
    return int(pid)


def _ask_pid_on_the_hot_path() -> int:
    (pid,) = tenant_connection().ask("SELECT pg_backend_pid()", {}).fetchone()
    return int(pid)


@pytest.mark.parametrize("ask_pid", [_ask_pid, _ask_pid_on_the_hot_path])
def test_connection_that_the_server_has_closed_is_replaced_before_the_next_statement(
    db: None, ask_pid: Callable[[], int]
) -> None:
    before = ask_pid()
    with psycopg.connect(database_url(), autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s)", [before])
        deadline = time.monotonic() + 10
        while other.execute("SELECT 1 FROM pg_stat_activity WHERE pid = %s", [before]).fetchone():
            assert time.monotonic() < deadline
            time.sleep(0.01)

    close_old_connections()  # as each request begins

    assert ask_pid() != before


def test_server_ends_what_takes_too_long_and_what_holds_up_others(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name, setting::int FROM pg_settings WHERE name IN"
            " ('statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout')"
        )
        limits = dict(cursor.fetchall())

    assert limits == {
        "statement_timeout": 5_000,
        "lock_timeout": 2_000,
        "idle_in_transaction_session_timeout": 10_000,
    }


def test_server_gives_up_a_statement_sooner_than_this_process_on_duty() -> None:
    GUARD.start(statement_seconds=3.0)
    try:
        options = tenant_connection().get_connection_params()["options"]
    finally:
        GUARD.stop()

    assert options.endswith("-c statement_timeout=2500")  # the last one counts


def test_connection_in_a_failed_transaction_is_of_no_use(db: None) -> None:
    with transaction.atomic():
        with pytest.raises(DatabaseError), connection.cursor() as cursor:
            cursor.execute("SELECT 1/0")
        assert not connection.is_usable()
        transaction.set_rollback(True)


def test_idle_connection_costs_no_question(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    _ask_pid()

    def ask(self: object) -> bool:
        raise AssertionError("the server was asked")

    monkeypatch.setattr(DatabaseWrapper, "is_usable", ask)

    assert connection.is_usable()
