"""Which user a server runs as. PostgreSQL refuses root; permissions of folders that are not ours stay as they are."""

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from saas.embedded.errors import EmbeddedError, UnreachableByUserError

_UNREACHABLE = (
    "PostgreSQL refuses to run as root, and here neither another user can reach the checkout nor can a user "
    "namespace be made: run as an ordinary user, or set DATABASE_URL to a PostgreSQL 18 server."
)


@dataclass(frozen=True)
class RunAs:
    """How to start a process so that it is not root, and who its files must belong to, seen from here."""

    uid: int
    gid: int
    drop: bool = False  # change to uid and gid before the start
    prefix: tuple[str, ...] = ()  # what stands before the command: a user namespace

    def options(self) -> dict[str, Any]:
        """Return the arguments of `subprocess` that change the user."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []} if self.drop else {}

    def own(self, path: Path) -> None:
        """Give `path`, a file or folder of ours with all below, to the user the process runs as."""
        status = path.stat()
        if status.st_uid == self.uid:
            return
        if os.geteuid() != 0:
            raise EmbeddedError(
                f"{path} belongs to user {status.st_uid}: run as that user, move the folder away, or set DATABASE_URL."
            )
        for folder, _, files in os.walk(path):
            os.chown(folder, self.uid, self.gid)
            for name in files:
                os.chown(Path(folder, name), self.uid, self.gid, follow_symlinks=False)
        if not path.is_dir():
            os.chown(path, self.uid, self.gid)


def choose_identity(program: Path, data: Path) -> RunAs:
    """Return the first way to run `program` on the folder `data` without being root.

    Root tries, each for real: an unprivileged user who can already reach both; the owner of the data folder's
    parent; a user namespace in which root appears as an ordinary user, which works below folders of mode 700.

    Raises:
        UnreachableByUserError: root, and none of these ways is open.
    """
    if os.geteuid() != 0:
        return RunAs(os.geteuid(), os.getegid())
    for way in (*_ordinary_users(data), *_namespaces()):
        if _can_run(way, program, data):
            return way
    raise UnreachableByUserError(_UNREACHABLE)


def _ordinary_users(data: Path) -> list[RunAs]:
    ways = []
    for uid in dict.fromkeys((_uid_of("nobody"), data.parent.stat().st_uid)):
        try:
            entry = pwd.getpwuid(uid)
        except KeyError:  # initdb looks its own user up, so one without an entry is of no use
            continue
        if entry.pw_uid != 0:
            ways.append(RunAs(entry.pw_uid, entry.pw_gid, drop=True))
    return ways


def _uid_of(name: str) -> int:
    try:
        return pwd.getpwnam(name).pw_uid
    except KeyError:
        return 0


def _namespaces() -> list[RunAs]:
    unshare = shutil.which("unshare")
    names = sorted((entry.pw_uid for entry in pwd.getpwall() if entry.pw_uid), key=lambda uid: (uid != 1000, uid))
    if unshare is None or not names:
        return []
    inside = str(names[0])  # initdb looks the user up, so the number needs an entry; 1000 where it has one
    prefix = (unshare, "--user", f"--map-user={inside}", f"--map-group={inside}")
    return [RunAs(0, 0, prefix=prefix)]


def _can_run(way: RunAs, program: Path, data: Path) -> bool:
    """Try it: pass to the data folder and run the program, as that user."""
    script = 'test -x "$1" && exec "$2" --version'
    done = subprocess.run(
        [*way.prefix, "/bin/sh", "-c", script, "sh", str(data), str(program)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        cwd="/",
        check=False,
        **way.options(),
    )
    return done.returncode == 0
