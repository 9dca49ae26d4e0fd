"""The embedded PostgreSQL, for real: what it is made with, and every state an earlier run can have left."""

import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from saas.embedded import processes
from saas.embedded.errors import EmbeddedError
from saas.embedded.identity import choose_identity
from saas.embedded.paths import MAX_SOCKET_BYTES, DataPaths
from saas.embedded.postgres import PostgresServer
from saas.embedded.wheels import postgres_programs
from tests.unit.embedded.conftest import query, running, taken


def _kill_hard(server: PostgresServer) -> int:
    """Kill the server process alone, as the kernel does when memory is short. Returns its id."""
    pid = server.running_pid()
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    assert processes.wait_until(lambda: server.running_pid() is None, 5)
    return pid


def test_first_start_makes_a_utf8_cluster_with_our_role(paths: DataPaths) -> None:
    server = PostgresServer(paths, password="it's secret", fast=True)
    with running(server):
        assert query(server, "SELECT current_user::text, current_database()::text") == [("saas", "saas")]
        assert query(
            server,
            "SELECT pg_encoding_to_char(encoding)::text, datlocprovider::text, datlocale FROM pg_database"
            " WHERE datname = 'saas'",
        ) == [("UTF8", "b", "C.UTF-8")]
        assert query(server, "SELECT rolcreatedb, rolsuper FROM pg_roles WHERE rolname = 'saas'") == [(True, False)]
        assert query(server, "SHOW server_version_num")[0][0] == "180006"
        query(server, "CREATE DATABASE a_test_database")
    assert not server.is_running()


def test_login_needs_the_password_and_nobody_is_superuser(postgres: PostgresServer) -> None:
    postgres.start()
    address = postgres.url()
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(address.replace("saas:", "saas:wrong"))
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(address.replace("//saas:", "//postgres:"))


def test_new_password_takes_effect_at_the_next_start(paths: DataPaths, postgres: PostgresServer) -> None:
    postgres.start()
    postgres.stop()
    again = PostgresServer(paths, password="another", fast=True)
    with running(again):
        assert query(again, "SELECT 1") == [(1,)]


def test_settings_are_those_that_keep_personal_data_out_of_the_log(paths: DataPaths, postgres: PostgresServer) -> None:
    postgres.start()
    query(postgres, "CREATE TABLE lead (name text PRIMARY KEY)")
    query(postgres, "INSERT INTO lead VALUES ('Marker Person')")
    with pytest.raises(psycopg.errors.UniqueViolation):
        query(postgres, "INSERT INTO lead VALUES ('Marker Person')")
    with pytest.raises(psycopg.errors.DivisionByZero):
        query(postgres, 'SELECT 1/0 AS "Marker Person"')
    said = paths.log("postgres").read_text()
    assert "duplicate key value" in said
    assert "division by zero" in said
    assert "Marker Person" not in said
    assert query(postgres, "SHOW max_locks_per_transaction") == [("512",)]
    assert query(postgres, "SHOW jit") == [("off",)]


def test_data_of_a_demo_is_synced_to_disk(paths: DataPaths, with_cluster: Callable[[DataPaths], None]) -> None:
    with_cluster(paths)
    server = PostgresServer(paths, password="template", fast=False)
    with running(server):
        names = ("fsync", "synchronous_commit", "full_page_writes")
        assert [query(server, f"SHOW {name}")[0][0] for name in names] == ["on", "on", "on"]


def test_start_adopts_the_server_that_runs(paths: DataPaths, postgres: PostgresServer) -> None:
    postgres.start()
    second = PostgresServer(paths, password=postgres._password, fast=True)
    second.start()
    assert second.running_pid() == postgres.running_pid()
    assert query(second, "SELECT 1") == [(1,)]
    second.stop()
    assert not postgres.is_running()


def test_start_after_kill_keeps_what_was_committed(paths: DataPaths, with_cluster: Callable[[DataPaths], None]) -> None:
    with_cluster(paths)
    server = PostgresServer(paths, password="template", fast=False)
    with running(server):
        query(server, "CREATE TABLE kept AS SELECT 42 AS n")
        _kill_hard(server)
        server.start()
        assert query(server, "SELECT n FROM kept") == [(42,)]


def test_start_waits_for_what_a_killed_server_left_running(postgres: PostgresServer) -> None:
    postgres.start()
    with psycopg.connect(postgres.url(), autocommit=True) as busy:
        backend = busy.info.backend_pid
        os.kill(backend, signal.SIGSTOP)  # it cannot notice that its server is gone
        _kill_hard(postgres)
        os.kill(backend, signal.SIGCONT)
        postgres.start()
        assert not processes.is_alive(backend)
    assert query(postgres, "SELECT 1") == [(1,)]


def test_start_over_a_lock_file_whose_process_is_gone(postgres: PostgresServer) -> None:
    postgres.start()
    left = (postgres.data / "postmaster.pid").read_text()
    postgres.stop()
    (postgres.data / "postmaster.pid").write_text(left)
    postgres.start()
    assert query(postgres, "SELECT 1") == [(1,)]


def test_start_over_a_lock_file_that_names_a_stranger(postgres: PostgresServer, stranger: int) -> None:
    postgres.start()
    left = (postgres.data / "postmaster.pid").read_text()
    postgres.stop()
    (postgres.data / "postmaster.pid").write_text(left.replace(left.split("\n")[0], str(stranger), 1))
    assert postgres.running_pid() is None
    postgres.start()
    assert query(postgres, "SELECT 1") == [(1,)]
    assert processes.is_alive(stranger)


def test_start_over_an_empty_or_broken_lock_file(postgres: PostgresServer) -> None:
    (postgres.data / "postmaster.pid").write_text("")
    postgres.start()
    assert query(postgres, "SELECT 1") == [(1,)]


def test_start_over_a_socket_whose_lock_names_a_zombie(paths: DataPaths, postgres: PostgresServer) -> None:
    """As after everything was killed where the first process of the machine collects no dead children."""
    postgres.start()
    _kill_hard(postgres)
    dead = subprocess.Popen(["true"], **choose_identity(postgres_programs() / "postgres", paths.root).options())
    assert processes.wait_until(lambda: not processes.is_alive(dead.pid), 5)
    lock = paths.postgres_socket.with_name(".s.PGSQL.5432.lock")
    for left in (lock, postgres.data / "postmaster.pid"):
        lines = left.read_text().split("\n")
        left.write_text("\n".join([str(dead.pid), *lines[1:]]))
    postgres.start()
    assert query(postgres, "SELECT 1") == [(1,)]
    dead.wait()


def test_half_made_cluster_of_a_killed_initdb_is_made_again(paths: DataPaths) -> None:
    partial = paths.root / "postgres.partial"
    partial.mkdir()
    (partial / "PG_VERSION").write_text("18\n")
    server = PostgresServer(paths, password="p", fast=True)
    with running(server):
        assert query(server, "SELECT 1") == [(1,)]
    assert not partial.exists()


@pytest.mark.parametrize(("version", "reason"), [("18", "unusable"), ("17", "other-version")])
def test_data_that_cannot_be_used_is_set_aside_not_deleted(paths: DataPaths, version: str, reason: str) -> None:
    paths.postgres.mkdir()
    (paths.postgres / "PG_VERSION").write_text(f"{version}\n")
    if reason == "other-version":
        (paths.postgres / "global").mkdir()
        (paths.postgres / "global" / "pg_control").write_text("x")
    server = PostgresServer(paths, password="p", fast=True)
    with running(server):
        assert query(server, "SELECT 1") == [(1,)]
    kept = paths.root / f"postgres.{reason}-1"
    assert (kept / "PG_VERSION").read_text() == f"{version}\n"
    assert server.notes == [f"The data in {paths.postgres} is no PostgreSQL 18 cluster; it was kept as {kept}."]


def test_data_behind_a_link_stays_where_it_lies(
    paths: DataPaths, short_folder: Path, with_cluster: Callable[[DataPaths], None]
) -> None:
    with_cluster(paths)
    paths.postgres.rename(short_folder / "elsewhere")
    paths.postgres.symlink_to(short_folder / "elsewhere")
    server = PostgresServer(paths, password="template", fast=True)
    with running(server):
        assert query(server, "SELECT 1") == [(1,)]
        assert (short_folder / "elsewhere" / "postmaster.pid").is_file()


def test_link_to_nowhere_is_one_line(paths: DataPaths) -> None:
    paths.postgres.symlink_to("/nowhere/at/all")
    with pytest.raises(EmbeddedError) as caught:
        PostgresServer(paths, password="p", fast=True).start()
    assert "/nowhere/at/all" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.enable_socket
@pytest.mark.parametrize("name", ["x" * MAX_SOCKET_BYTES, "with, comma & ünïcode"])
def test_path_that_fits_no_socket_falls_back_to_a_loopback_port(
    short_folder: Path, with_cluster: Callable[[DataPaths], None], name: str
) -> None:
    paths = DataPaths(short_folder / name)
    paths.create()
    with_cluster(paths)
    server = PostgresServer(paths, password="template", fast=True)
    with running(server):
        assert "@127.0.0.1:" in server.url()
        assert query(server, "SELECT 1") == [(1,)]
        first = server.url()
        _kill_hard(server)
        server.start()
        assert server.url() == first  # addresses that were given out stay right
    port = int(first.rsplit(":", 1)[1].split("/")[0])
    with taken(port), running(server):
        assert server.url() != first
        assert query(server, "SELECT 1") == [(1,)]


def test_failed_start_tells_the_end_of_the_log(postgres: PostgresServer) -> None:
    with (postgres.data / "postgresql.conf").open("a") as file:
        file.write("no_such_setting = 1\n")
    with pytest.raises(EmbeddedError, match="no_such_setting"):
        postgres.start()
    assert not postgres.is_running()
