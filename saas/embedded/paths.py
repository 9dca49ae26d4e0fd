"""Where everything lies. All state is under one data folder, `.data` unless HANDOFF_DATA_DIR names another."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]

# sun_path holds 108 bytes on Linux and 104 on macOS; a NUL and a margin for PostgreSQL's own suffix are left free.
MAX_SOCKET_BYTES = 100
# What needs no escaping in a libpq URI, in a Redis URL or in a list of socket folders.
_PLAIN_PATH = re.compile(r"[A-Za-z0-9_/.+~-]+")

_PASSABLE = 0o711  # an unprivileged server process may pass through, nobody may list
_PRIVATE = 0o700


@dataclass(frozen=True)
class DataPaths:
    """The files and folders below one data folder; two of them (a demo and a test run) never meet."""

    root: Path

    @classmethod
    def locate(cls, environ: Mapping[str, str]) -> "DataPaths":
        """Return the paths that HANDOFF_DATA_DIR names in `environ`, else those of the checkout."""
        named = environ.get("HANDOFF_DATA_DIR", "")
        return cls(Path(named).resolve() if named else CHECKOUT / ".data")

    @property
    def env_file(self) -> Path:
        return self.root / "env"

    @property
    def postgres(self) -> Path:
        return self.root / "postgres"

    @property
    def redis(self) -> Path:
        return self.root / "redis"

    @property
    def redis_pid(self) -> Path:
        return self.root / "redis.pid"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def mail(self) -> Path:
        return self.root / "mail"

    @property
    def run(self) -> Path:
        """Sockets, locks and process ids: worthless after a reboot."""
        return self.root / "run"

    @property
    def postgres_sockets(self) -> Path:
        return self.run / "postgres"

    @property
    def postgres_socket(self) -> Path:
        return self.postgres_sockets / ".s.PGSQL.5432"

    @property
    def redis_socket(self) -> Path:
        return self.run / "redis.sock"

    def log(self, name: str) -> Path:
        return self.logs / f"{name}.log"

    def create(self) -> None:
        """Make the folders that are missing. A folder that was there keeps the permissions it has."""
        for folder, mode in (
            (self.root, _PASSABLE),
            (self.run, _PASSABLE),
            (self.logs, _PRIVATE),
            (self.mail, _PRIVATE),
        ):
            make_folder(folder, mode)


def make_folder(folder: Path, mode: int = _PRIVATE) -> None:
    """Make `folder` with exactly `mode`, whatever the umask; leave one that exists as it is."""
    try:
        folder.mkdir(parents=True, mode=mode)
    except FileExistsError:
        return
    folder.chmod(mode)


def fits_socket(path: Path) -> bool:
    """Tell whether a Unix socket can lie at `path` and be named in a URL as it stands."""
    text = str(path)
    return len(os.fsencode(text)) <= MAX_SOCKET_BYTES and _PLAIN_PATH.fullmatch(text) is not None


def set_aside(folder: Path, reason: str) -> Path:
    """Rename `folder` so that a new one can be made; nothing is deleted. Returns the new name."""
    for number in range(1, 1000):
        target = folder.with_name(f"{folder.name}.{reason}-{number}")
        if not target.exists():
            folder.rename(target)
            return target
    raise FileExistsError(f"too many folders named {folder.name}.{reason}-*")
