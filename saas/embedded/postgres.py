"""An embedded PostgreSQL 18: made, started, adopted when it runs already, and stopped."""

import hashlib
import os
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path
from urllib.parse import quote

from saas.embedded import ports, processes, wheels
from saas.embedded.errors import EmbeddedError
from saas.embedded.identity import RunAs, choose_identity
from saas.embedded.paths import DataPaths, fits_socket, make_folder, set_aside

MAJOR = "18"
ROLE = DATABASE = "saas"
_SOCKET_PORT = 5432
_START_SECONDS = 60.0  # replay after a crash included
_STOP_SECONDS = 30.0
_ORPHAN_SECONDS = 10.0

_SETTINGS = {
    "max_connections": "100",
    "max_locks_per_transaction": "512",  # creating or dropping a tenant's schema locks every table and index of it
    "shared_buffers": "128MB",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] ",
    "logging_collector": "off",
    # No personal data in the log: no statement, no parameter, no DETAIL with the failing row.
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
    "log_statement": "none",
    "log_min_duration_statement": "-1",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
}
# For clusters that live as long as one test run. Never for data anybody wants back.
_UNSAFE = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
}
_ACCESS = """\
# Written when the cluster was made: a password everywhere, on the socket too.
local all all              scram-sha-256
host  all all 127.0.0.1/32 scram-sha-256
"""
_ORPHANS_ALIVE = "shared memory block"  # of PostgreSQL's refusal while processes of a killed server still live
_PORT_TAKEN = "could not create any TCP/IP sockets"


class PostgresServer:
    """The PostgreSQL of one data folder.

    Args:
        paths: where its data, its socket and its log lie.
        password: of the role `saas`; set again at each start, so a new one takes effect.
        fast: skip what makes data survive a crash; for tests only.
    """

    name = "postgres"

    def __init__(self, paths: DataPaths, *, password: str, fast: bool = False) -> None:
        self.paths = paths
        self._password = password
        self._fast = fast
        self.notes: list[str] = []  # what a person should know of the start
        self._child: subprocess.Popen[bytes] | None = None
        # Every process of the server carries this in its title, so those a killed server left are known by it.
        self._cluster = "handoff-" + hashlib.sha256(os.fsencode(paths.postgres)).hexdigest()[:12]

    @property
    def data(self) -> Path:
        return self.paths.postgres

    # ---- what is there ------------------------------------------------------------------------------------------

    def running_pid(self) -> int | None:
        """Return the process id of a server that runs on our data folder, None when none does.

        A number in `postmaster.pid` counts only when that process is a postgres started on this very folder.
        """
        if self._child is not None and self._child.poll() is None:
            return self._child.pid
        pid = processes.read_pid(self.data / "postmaster.pid")
        if pid is None or pid <= 0 or not processes.is_alive(pid):
            return None
        command = processes.command_line(pid)
        return pid if "postgres" in command and f"-D {self.data} " in f"{command} " else None

    def is_running(self) -> bool:
        return self.running_pid() is not None

    def is_ready(self) -> bool:
        """Tell whether a server runs and accepts connections."""
        pid = self.running_pid()
        return pid is not None and self._says_ready(pid)

    def _says_ready(self, pid: int) -> bool:
        lines = self._lock_file()
        return len(lines) > 7 and lines[0] == str(pid) and lines[7] == "ready"

    def url(self) -> str:
        """Return the libpq URI of the running server: its socket folder, or its loopback port."""
        login = f"postgresql://{ROLE}:{quote(self._password)}"
        lines = self._lock_file()
        if len(lines) > 4 and lines[4]:
            return f"{login}@/{DATABASE}?host={quote(lines[4])}"
        port = lines[3] if len(lines) > 3 else str(_SOCKET_PORT)
        return f"{login}@127.0.0.1:{port}/{DATABASE}"

    def _lock_file(self) -> list[str]:
        """Return the lines of postmaster.pid: pid, data, start, port, socket folder, address, memory, status."""
        try:
            return [line.strip() for line in (self.data / "postmaster.pid").read_text().splitlines()]
        except OSError:
            return []

    # ---- start --------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Bring the server up, whatever an earlier run left, and wait until it answers to our login.

        Raises:
            EmbeddedError: it did not come up; the message ends with the last lines of its log.
        """
        deadline = time.monotonic() + _START_SECONDS
        pid = self.running_pid()
        if pid is not None:
            if self._becomes_ready(pid, deadline):
                self._check_login()
                return
            if self.is_running():  # starting or stopping without end: nothing may touch its files
                raise EmbeddedError(
                    f"PostgreSQL (process {pid}) does not become ready; see {self.paths.log(self.name)}."
                )
        programs = wheels.postgres_programs()
        self.paths.create()
        identity = choose_identity(programs / "postgres", self.paths.root)
        self._prepare_data(programs, identity)
        self._clear_remains()
        self._ensure_role(programs, identity)
        while not self._launch(programs, identity, deadline):
            time.sleep(0.3)
        self._check_login()

    def _prepare_data(self, programs: Path, identity: RunAs) -> None:
        """Make the cluster where there is none; move one that cannot be used out of the way."""
        data = self.data
        if data.is_symlink() and not data.exists():
            raise EmbeddedError(
                f"{data} is a link to {data.readlink()}, which is not there: make it, or remove the link."
            )
        if data.is_dir() and not any(data.iterdir()) and not data.is_symlink():
            data.rmdir()
        if data.exists():
            version = data / "PG_VERSION"
            complete = version.is_file() and (data / "global" / "pg_control").is_file()
            if not complete or version.read_text().strip() != MAJOR:
                moved = set_aside(data.resolve(), "unusable" if not complete else "other-version")
                self.notes.append(f"The data in {data} is no PostgreSQL {MAJOR} cluster; it was kept as {moved}.")
                data.unlink(missing_ok=True)  # a link to what has just been moved
        if not data.exists():
            self._initialise(programs, identity)
        identity.own(data.resolve())
        make_folder(self.paths.postgres_sockets)
        identity.own(self.paths.postgres_sockets)

    def _initialise(self, programs: Path, identity: RunAs) -> None:
        """Run initdb in a folder beside, which becomes the data folder only when it is complete."""
        partial = self.data.with_name(f"{self.data.name}.partial")
        shutil.rmtree(partial, ignore_errors=True)
        make_folder(partial)
        identity.own(partial)
        command = [
            str(programs / "initdb"), "-D", str(partial), "--username=postgres", "--auth=trust", "--encoding=UTF8",
            "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-instructions",
        ]  # fmt: skip
        if self._fast:
            command.append("--no-sync")
        done = self._run(command, identity)
        if done.returncode != 0:
            raise EmbeddedError("PostgreSQL's initdb failed:\n" + done.stdout.decode(errors="replace")[-2000:])
        (partial / "pg_hba.conf").write_text(_ACCESS)  # replaces `trust` before anything has ever listened
        partial.rename(self.data)

    def _clear_remains(self) -> None:
        """After a killed server: let its last processes end, and drop a lock file that names a stranger.

        PostgreSQL itself clears a lock file, of data or socket, whose process is gone. It refuses one whose number now
        belongs to another process (or to a zombie); those go here, but only once no process of the cluster is left.
        """
        if not processes.wait_until(lambda: not self._orphans(), _ORPHAN_SECONDS):
            for pid in self._orphans():
                processes.send(pid, signal.SIGKILL)
            processes.wait_until(lambda: not self._orphans(), _ORPHAN_SECONDS)
        lock, socket = self.data / "postmaster.pid", self.paths.postgres_socket
        named = processes.read_pid(lock)
        if processes.can_list() or (named is not None and processes.is_alive(abs(named))):
            lock.unlink(missing_ok=True)  # where processes cannot be listed, PostgreSQL's own check has to do
        for left in (socket, socket.with_name(f"{socket.name}.lock")):
            left.unlink(missing_ok=True)

    def _orphans(self) -> list[int]:
        title = f"postgres: {self._cluster}: "
        return [pid for pid in processes.all_pids() if processes.command_line(pid).startswith(title)]

    def _ensure_role(self, programs: Path, identity: RunAs) -> None:
        """Make role and database, or give the role a new password, in single-user mode: no server, no login.

        A mark in the data folder tells what was last set, so most starts skip this.
        """
        mark = self.data / "handoff-role"
        wanted = hashlib.sha256(self._password.encode()).hexdigest()
        if mark.is_file() and mark.read_text() == wanted:
            return
        password = self._password.replace("'", "''")
        statements = (
            f"CREATE ROLE {ROLE}",  # an error when it is there, which leaves all as it was
            f"ALTER ROLE {ROLE} LOGIN CREATEDB PASSWORD '{password}'",
            f"CREATE DATABASE {DATABASE} OWNER {ROLE}",
            f"SELECT 'role is ready' FROM pg_database d JOIN pg_roles r ON r.oid = d.datdba"  # noqa: S608 -- constants
            f" WHERE d.datname = '{DATABASE}' AND r.rolname = '{ROLE}' AND r.rolcanlogin",
        )
        command = [str(programs / "postgres"), "--single", "-D", str(self.data), *self._arguments(), "postgres"]
        done = self._run(command, identity, "\n".join(statements) + "\n")
        if b"role is ready" not in done.stdout.replace(b"'role is ready'", b""):
            raise EmbeddedError("PostgreSQL could not make its role:\n" + done.stdout.decode(errors="replace")[-2000:])
        mark.write_text(wanted)
        os.chown(mark, identity.uid, identity.gid)

    def _launch(self, programs: Path, identity: RunAs, deadline: float) -> bool:
        """Start the server and wait for it; False when another try makes sense."""
        self._child = None
        log = self.paths.log(self.name)
        began = log.stat().st_size if log.exists() else 0
        command = [str(programs / "postgres"), "-D", str(self.data), *self._arguments(), *self._listen_arguments()]
        with log.open("ab") as output:
            self._child = subprocess.Popen(
                [*identity.prefix, *command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd="/",
                env=_clean_environment(),
                start_new_session=True,
                preexec_fn=processes.die_with_parent(signal.SIGINT),
                **identity.options(),
            )
        if self._becomes_ready(self._child.pid, deadline):
            return True
        with log.open("rb") as file:
            file.seek(began)
            said = file.read().decode(errors="replace")
        again = time.monotonic() < deadline and (_ORPHANS_ALIVE in said or _PORT_TAKEN in said)
        if not again:
            self.stop()
            raise EmbeddedError(f"PostgreSQL did not start; the end of {log}:\n" + "\n".join(said.splitlines()[-15:]))
        return False

    def _arguments(self) -> list[str]:
        settings = _SETTINGS | {"cluster_name": self._cluster} | (_UNSAFE if self._fast else {})
        return [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]

    def _listen_arguments(self) -> list[str]:
        if fits_socket(self.paths.postgres_socket):
            settings = {
                "listen_addresses": "",
                "unix_socket_directories": str(self.paths.postgres_sockets),
                "unix_socket_permissions": "0700",
                "port": str(_SOCKET_PORT),
            }
        else:
            port = self._port()
            settings = {"listen_addresses": "127.0.0.1", "unix_socket_directories": "", "port": str(port)}
        return [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]

    def _port(self) -> int:
        """Return the port of the last start where it is still free, so that addresses given out stay right."""
        memory = self.paths.run / "postgres.port"
        port = ports.free_port(processes.read_pid(memory))
        memory.write_text(str(port))
        return port

    def _becomes_ready(self, pid: int, deadline: float) -> bool:
        """Wait for the server `pid` to accept connections; False when it ends or time is up."""
        while time.monotonic() < deadline:
            ended = self._child.poll() is not None if self._child is not None else not processes.is_alive(pid)
            if ended:
                return False
            if self._says_ready(pid):
                return True
            time.sleep(0.02)
        return False

    def _check_login(self) -> None:
        """Log in as the application will; a wrong password or a missing database shows here, in one line."""
        address = self.url().replace(f":{quote(self._password)}@", "@")  # no password in a list of processes
        done = subprocess.run(
            [str(wheels.postgres_programs() / "psql"), "-XAtqw", "-c", "SELECT 1", "-d", address],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            env=_clean_environment() | {"PGPASSWORD": self._password},
        )
        if done.stdout.strip() != "1":
            raise EmbeddedError(f"PostgreSQL runs but refuses our login: {done.stderr.strip()}")

    def _run(self, command: list[str], identity: RunAs, text: str = "") -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [*identity.prefix, *command],
            input=text.encode(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd="/",
            env=_clean_environment(),
            check=False,
            **identity.options(),
        )

    # ---- stop ---------------------------------------------------------------------------------------------------

    def stop(self) -> None:
        """Stop the server, if one runs: open sessions are ended, everything committed is on disk."""
        pid = self.running_pid()
        if pid is None:
            return
        for number, seconds in ((signal.SIGINT, _STOP_SECONDS), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0)):
            processes.send(pid, number)
            if processes.wait_until(lambda: not self._is_this(pid), seconds, step=0.02):
                break
        if self._child is not None:
            self._child.poll()
            self._child = None

    def _is_this(self, pid: int) -> bool:
        if self._child is not None and self._child.pid == pid:
            return self._child.poll() is None
        return processes.is_alive(pid)


def _clean_environment() -> dict[str, str]:
    """Return our environment without what would steer PostgreSQL's programs: PGHOST, PGDATA, a missing locale."""
    kept = {name: value for name, value in os.environ.items() if not re.match(r"PG[A-Z]+$|LC_|LANG|TZ$", name)}
    return kept | {"LC_ALL": "C"}
