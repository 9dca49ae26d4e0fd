"""The servers under measurement: started, asked what CPU and memory they took, ended."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_GONE = (FileNotFoundError, ProcessLookupError)  # a process or thread that ended just now
_TICKS = os.sysconf("SC_CLK_TCK")


def free_port() -> int:
    """Return a port nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def children(pid: int) -> list[int]:
    """Return the processes that `pid` started and that live."""
    found = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        with suppress(*_GONE):
            found += [int(child) for child in (task / "children").read_text().split()]
    return found


def cpu_seconds(pid: int) -> float:
    """Return the CPU that a process, its children and those of them that ended have taken (proc(5): stat, 14 to 17)."""
    total = 0.0
    for each in (pid, *children(pid)):
        try:
            fields = Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split()
        except _GONE:
            continue  # it ended just now; its parent has what it took
        total += sum(int(ticks) for ticks in fields[11:15])
    return total / _TICKS


def memory_mb(pid: int) -> dict[str, float]:
    """Return a process's resident set and its proportional share of it, in megabytes of 1,000,000 bytes."""
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    sizes = {name: int(kb) * 1024 / 1e6 for name, kb in re.findall(r"^(Rss|Pss):\s+(\d+) kB$", text, re.MULTILINE)}
    return {"rss": sizes["Rss"], "pss": sizes["Pss"]}


class WebServer:
    """A web server and its workers."""

    def __init__(self, command: Sequence[str], *, port: int, environment: Mapping[str, str], log: Path) -> None:
        self.port = port
        with log.open("wb") as file:
            self._process = subprocess.Popen(
                command, cwd=ROOT, env=dict(environment), stdout=file, stderr=file, start_new_session=True
            )
        deadline = time.monotonic() + 60
        while not self._listens():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise RuntimeError(f"a server did not start: {log.read_text()[-2000:]}")
            time.sleep(0.05)

    def _listens(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
        except OSError:
            return False
        return True

    def workers(self) -> list[int]:
        """Return the processes that serve; multiprocessing's own helper is none."""
        found = children(self._process.pid)
        return [pid for pid in found if b"resource_tracker" not in Path(f"/proc/{pid}/cmdline").read_bytes()]

    def cpu_seconds(self) -> float:
        return cpu_seconds(self._process.pid)

    def memory_mb(self) -> float:
        """Return the resident megabytes of the largest worker."""
        return max(memory_mb(pid)["rss"] for pid in self.workers())

    def stop(self) -> None:
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGTERM)
            try:
                self._process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                os.killpg(self._process.pid, signal.SIGKILL)
                self._process.wait(timeout=15)


@contextmanager
def granian(target: str, *, threads: int, environment: Mapping[str, str], log: Path) -> Iterator[WebServer]:
    """Two processes of Granian with so many threads each, and otherwise as the product runs it."""
    port = free_port()
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port),
               "--workers", "2", "--blocking-threads", str(threads), "--blocking-threads-idle-timeout", "600",
               "--http", "1", "--no-ws", target]  # fmt: skip
    yield from _serve(command, port, environment, log)


@contextmanager
def gunicorn(target: str, *, threads: int, environment: Mapping[str, str], log: Path) -> Iterator[WebServer]:
    """Two processes of gunicorn with so many threads each."""
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{port}", "--workers", "2",
               "--worker-class", "gthread", "--threads", str(threads), "--keep-alive", "60", target]  # fmt: skip
    yield from _serve(command, port, environment, log)


def _serve(command: Sequence[str], port: int, environment: Mapping[str, str], log: Path) -> Iterator[WebServer]:
    server = WebServer(command, port=port, environment=environment, log=log)
    try:
        yield server
    finally:
        server.stop()
