"""Real servers in folders of their own; their paths are short, so that a socket fits unless a test wants otherwise."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import psycopg
import pytest

from saas.embedded.environment import POSTGRES_PASSWORD, ensure_secrets
from saas.embedded.paths import CHECKOUT, DataPaths
from saas.embedded.postgres import PostgresServer
from saas.embedded.redis import RedisServer


@pytest.fixture
def short_folder() -> Iterator[Path]:
    """A folder every user may pass through, as a checkout in a shared place is."""
    folder = Path(tempfile.mkdtemp(prefix="hb-", dir="/tmp"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def paths(short_folder: Path) -> DataPaths:
    paths = DataPaths(short_folder / ".data")
    paths.create()
    return paths


@pytest.fixture(scope="session")
def cluster_template() -> Iterator[Path]:
    """A cluster made once, to be copied: initdb is most of what a test of the server would wait for."""
    folder = Path(tempfile.mkdtemp(prefix="hb-", dir="/tmp"))
    folder.chmod(0o755)
    paths = DataPaths(folder / ".data")
    server = PostgresServer(paths, password="template", fast=True)
    server.start()
    server.stop()
    yield paths.postgres
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def with_cluster(cluster_template: Path) -> Callable[[DataPaths], None]:
    def copy(paths: DataPaths) -> None:
        shutil.copytree(cluster_template, paths.postgres)

    return copy


@pytest.fixture
def postgres(paths: DataPaths, with_cluster: Callable[[DataPaths], None]) -> Iterator[PostgresServer]:
    """A server that is not started yet, over a cluster that is there."""
    with_cluster(paths)
    server = PostgresServer(paths, password=ensure_secrets(paths)[POSTGRES_PASSWORD], fast=True)
    yield server
    server.stop()


@pytest.fixture
def redis(paths: DataPaths) -> Iterator[RedisServer]:
    server = RedisServer(paths, password="pass", fast=False)
    yield server
    server.stop()


@pytest.fixture
def stranger() -> Iterator[int]:
    """The id of a process that has nothing to do with us."""
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    yield process.pid
    process.kill()
    process.wait()


@pytest.fixture
def command_environment() -> dict[str, str]:
    """The environment of a newcomer: no setting of the application, and the checkout to import from."""
    names = ("PATH", "HOME", "LANG", "TMPDIR")
    return {name: os.environ[name] for name in names if name in os.environ} | {"PYTHONPATH": str(CHECKOUT)}


def query(server: PostgresServer, statement: str) -> list[tuple[object, ...]]:
    """Run one statement as the application's role."""
    with psycopg.connect(server.url(), autocommit=True) as connection:
        cursor = connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []


class _Startable(Protocol):
    def start(self) -> None: ...

    def stop(self) -> None: ...


@contextmanager
def running(server: _Startable) -> Iterator[None]:
    """Start `server`, and stop it whatever the body does."""
    server.start()
    try:
        yield
    finally:
        server.stop()


@contextmanager
def taken(port: int) -> Iterator[None]:
    """Have another program listen at a port of loopback."""
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", port))
        other.listen(1)
        yield
