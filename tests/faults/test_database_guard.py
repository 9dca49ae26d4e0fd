"""No wait is longer than it says, whatever a real server does; and one thread alone asks a server that is away."""

import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from saas.embedded import processes
from saas.embedded.paths import DataPaths
from saas.embedded.postgres import PostgresServer
from shared_apps.tenants.backend.driver import BoundedConnection
from shared_apps.tenants.backend.guard import (
    GUARD,
    OPEN,
    Breaker,
    DatabaseAwayError,
    is_database_away,
    patience,
    time_limit,
)
from tests.faults.servers import frozen


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    """A PostgreSQL of this module's own."""
    folder = Path(tempfile.mkdtemp(prefix="hb-", dir="/tmp"))
    folder.chmod(0o755)
    server = PostgresServer(DataPaths(folder / ".data"), password="own", fast=True)
    server.start()
    yield server
    server.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def on_duty() -> Iterator[None]:
    """This process guards its statements, as the web server does."""
    GUARD.start(statement_seconds=0.6)
    yield
    GUARD.stop()


@pytest.fixture
def connection(server: PostgresServer, on_duty: None) -> Iterator[BoundedConnection]:
    with BoundedConnection.connect(server.url(), autocommit=True) as connection:
        yield connection


def pid_of(server: PostgresServer) -> int:
    pid = server.running_pid()
    assert pid is not None
    return pid


def is_back() -> bool:
    return processes.wait_until(lambda: not is_database_away(), 5.0)


def test_statement_at_a_frozen_server_ends_in_time(server: PostgresServer, connection: BoundedConnection) -> None:
    with frozen(pid_of(server)):
        began = time.monotonic()
        with pytest.raises(DatabaseAwayError):
            connection.execute("SELECT 1")
        assert 0.5 < time.monotonic() - began < 1.5
        assert connection.closed
        assert is_database_away()
    assert is_back()


def test_connecting_to_a_frozen_server_ends_in_time(server: PostgresServer, on_duty: None) -> None:
    with frozen(pid_of(server)):
        began = time.monotonic()
        with pytest.raises(psycopg.OperationalError), time_limit(0.4):
            BoundedConnection.connect(server.url())
        assert time.monotonic() - began < 1.5
        assert is_database_away()
    assert is_back()


def test_open_breaker_answers_at_once_and_lets_nobody_through(
    server: PostgresServer, connection: BoundedConnection
) -> None:
    with closing(BoundedConnection.connect(server.url(), autocommit=True)) as other, frozen(pid_of(server)):
        with pytest.raises(DatabaseAwayError):
            connection.execute("SELECT 1")
        began = time.monotonic()
        for _ in range(100):
            with pytest.raises(DatabaseAwayError):
                other.execute("SELECT 1")
            with pytest.raises(DatabaseAwayError):
                BoundedConnection.connect(server.url())
        assert time.monotonic() - began < 0.3
        assert sum(thread.name == "database-probe" for thread in threading.enumerate()) == 1
    assert is_back()
    with BoundedConnection.connect(server.url()) as again:
        assert again.execute("SELECT 1").fetchone() == (1,)


def test_breaker_that_is_open_is_not_opened_again(caplog: pytest.LogCaptureFixture) -> None:
    def probe() -> None:
        raise DatabaseAwayError

    breaker = Breaker()
    breaker.trip("first", probe)
    breaker.trip("second", probe)
    breaker.close()

    assert [record.args for record in caplog.records] == [("first",)]


def test_refused_connection_opens_the_breaker_and_a_new_start_closes_it(server: PostgresServer, on_duty: None) -> None:
    url = server.url()
    server.stop()
    try:
        with pytest.raises(psycopg.OperationalError):
            BoundedConnection.connect(url)
        assert is_database_away()
        assert OPEN.read() == 1.0
    finally:
        server.start()
    assert is_back()
    assert processes.wait_until(lambda: OPEN.read() == 0.0, 5.0)


def test_no_connection_left_opens_the_breaker(server: PostgresServer, on_duty: None) -> None:
    with BoundedConnection.connect(server.url(), autocommit=True) as connection:
        limit = int(connection.execute("SHOW max_connections").fetchone()[0])  # type: ignore[index]  # one row
    held: list[BoundedConnection] = []
    try:
        with pytest.raises(psycopg.OperationalError) as refused:
            held.extend(BoundedConnection.connect(server.url()) for _ in range(limit + 1))
        assert refused.value.sqlstate in ("53300", None)  # libpq tells no SQLSTATE of a refused connection
        assert is_database_away()
    finally:
        for one in held:
            one.close()
    assert is_back()


def test_slow_statement_is_the_servers_own_error_and_opens_nothing(
    server: PostgresServer, connection: BoundedConnection
) -> None:
    connection.execute("SET statement_timeout = 200")
    with pytest.raises(psycopg.errors.QueryCanceled):
        connection.execute("SELECT pg_sleep(5)")
    assert not is_database_away()
    assert connection.execute("SELECT 1").fetchone() == (1,)


def test_time_limit_is_for_all_statements_together(connection: BoundedConnection) -> None:
    began = time.monotonic()
    with time_limit(0.4):
        connection.execute("SELECT pg_sleep(0.3)")
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT pg_sleep(0.3)")
    assert time.monotonic() - began < 0.8


def test_statement_that_is_out_of_time_is_not_sent_and_opens_nothing(connection: BoundedConnection) -> None:
    with pytest.raises(DatabaseAwayError), time_limit(0.0):
        connection.execute("SELECT 1")
    assert not is_database_away()
    assert connection.execute("SELECT 1").fetchone() == (1,)


def test_inner_time_limit_cannot_outlast_the_outer_one(connection: BoundedConnection) -> None:
    began = time.monotonic()
    with pytest.raises(psycopg.OperationalError), time_limit(0.2), time_limit(60.0):
        connection.execute("SELECT pg_sleep(5)")
    assert time.monotonic() - began < 0.6


def test_patience_lets_one_statement_take_its_time(connection: BoundedConnection) -> None:
    with patience(5.0):
        connection.execute("SELECT pg_sleep(0.8)")
        with pytest.raises(psycopg.OperationalError), time_limit(0.2):
            connection.execute("SELECT pg_sleep(5)")


def test_off_duty_there_is_no_limit_and_no_breaker(server: PostgresServer) -> None:
    with BoundedConnection.connect(server.url(), autocommit=True) as connection:
        connection.execute("SELECT pg_sleep(0.7)")
    server.stop()
    try:
        with pytest.raises(psycopg.OperationalError):
            BoundedConnection.connect(server.url())
        assert not is_database_away()
    finally:
        server.start()
