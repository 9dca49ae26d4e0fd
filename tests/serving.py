"""A real server of ours on the tests' database, and a client that says exactly what it is told to, byte by byte."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

from tests.isolation.other_process import child_environment

ROOT = Path(__file__).resolve().parents[1]
_ADDRESSES = count(1)


class Answer(NamedTuple):
    """A response as it came over the wire; status 0 where the server hung up without one."""

    status: int
    head: str
    body: str

    def header(self, name: str) -> str | None:
        """Return the first header of that name."""
        return next(iter(self.headers(name)), None)

    def headers(self, name: str) -> list[str]:
        """Return all headers of that name."""
        lines = [line.partition(":") for line in self.head.split("\r\n")[1:]]
        return [value.strip() for each, _, value in lines if each.lower() == name.lower()]

    def json(self) -> Any:
        """Return the body, read as JSON."""
        return json.loads(self.body.encode("latin-1").decode())


class Server:
    """A server like that of `make demo`, with one worker."""

    def __init__(self, port: int, pid: int, log: Path) -> None:
        self.port, self.pid, self.log = port, pid, log

    def exchange(self, request: bytes, *, source: str = "127.0.0.1", seconds: float = 20) -> Answer:
        """Send `request` from that address of this machine and return the first response."""
        received = b""
        with socket.create_connection(("127.0.0.1", self.port), timeout=seconds, source_address=(source, 0)) as link:
            with suppress(ConnectionResetError, BrokenPipeError):  # it may have answered before it had read all
                link.sendall(request)
            with suppress(TimeoutError, ConnectionResetError):
                while part := link.recv(65536):
                    received += part
        head, _, body = received.decode("latin-1").partition("\r\n\r\n")
        return Answer(int(head.split(" ", 2)[1]) if head else 0, head, body)

    def ask(
        self,
        method: str,
        target: str,
        *,
        host: str,
        headers: dict[str, str] | None = None,
        body: bytes = b"",
        source: str | None = None,
    ) -> Answer:
        """Send one request, by default from an address that has sent nothing yet: limits count by address."""
        sent = {"Host": host, "Content-Length": str(len(body)), "Connection": "close"} | (headers or {})
        if method in ("GET", "HEAD") and not body:
            del sent["Content-Length"]
        lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in sent.items()), "", ""]
        return self.exchange("\r\n".join(lines).encode("latin-1") + body, source=source or fresh_address())

    def memory(self) -> int:
        """Return the resident memory of the server's processes, in bytes."""
        pids = [self.pid, *_children(self.pid)]
        texts = [Path(f"/proc/{pid}/statm").read_text() for pid in pids]
        return sum(int(text.split()[1]) for text in texts) * os.sysconf("SC_PAGE_SIZE")


def fresh_address() -> str:
    """Return an address of this machine's loopback net that no test of this process has used."""
    number = next(_ADDRESSES)
    return f"127.{1 + os.getpid() % 250}.{number // 250 % 250}.{1 + number % 250}"


def _children(pid: int) -> list[int]:
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(each) for each in text.split()]


@contextmanager
def running_server(folder: Path, *, threads: int = 4, **environment: str) -> Iterator[Server]:
    """Start a server with its data in `folder`, wait until it answers, and end it. The database must be open."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    command = (
        f"-m granian --interface wsgi --host 127.0.0.1 --port {port} --workers 1 --blocking-threads {threads}"
        " --http 1 --no-ws saas.wsgi:application"
    )
    log = folder / "server.log"
    with (
        log.open("wb") as output,
        subprocess.Popen(
            [sys.executable, *command.split()],
            cwd=ROOT,
            env=child_environment(HANDOFF_DATA_DIR=str(folder), PORT=str(port)) | environment,
            stdout=output,
            stderr=output,
            start_new_session=True,
        ) as process,
    ):
        server = Server(port, process.pid, log)
        try:
            _wait_until_it_answers(server)
            yield server
        finally:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(timeout=10)
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def _wait_until_it_answers(server: Server) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with suppress(OSError):
            if server.exchange(b"GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").status == 200:
                return
        time.sleep(0.1)
    raise AssertionError(f"the server did not start:\n{server.log.read_text()[-2000:]}")
