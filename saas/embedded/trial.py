"""A throw-away PostgreSQL and Redis around one command: `python -m saas.embedded test-env -- pytest ...`."""

import secrets
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from saas.embedded.guard import LockFiles
from saas.embedded.locks import FileLock, held_alone, is_free
from saas.embedded.paths import DataPaths, make_folder
from saas.embedded.progress import Progress
from saas.embedded.services import embedded_services


def run_in_trial(
    command: Sequence[str], paths: DataPaths, environ: Mapping[str, str], progress: Progress, *, durable: bool = False
) -> int:
    """Run `command` with fresh servers and test settings; remove them at its end. Returns its exit code.

    They keep nothing that a crash would take, unless `durable`: then they are as production's.
    DATABASE_URL and REDIS_URL in `environ` name servers to use instead; the role then needs CREATEDB. Two runs at
    once do not meet: each has its own folder below `<data folder>/test`.

    Raises:
        EmbeddedError: a server could not be started.
    """
    progress.say("Starting throw-away servers ...")
    paths.create()
    own, alive = _make_folder(paths.root / "test")
    try:
        with embedded_services(
            own,
            postgres=not environ.get("DATABASE_URL"),
            redis=not environ.get("REDIS_URL"),
            fast=not durable,
        ) as services:
            kept = {name: value for name, value in environ.items() if not name.startswith("RATE_")}
            return _run(command, kept | trial_values(own) | services.urls)
    finally:
        shutil.rmtree(own.root, ignore_errors=True)
        alive.close()


def trial_values(paths: DataPaths) -> dict[str, str]:
    """Return the settings tests run with, whatever the caller's environment says."""
    return {
        "SECRET_KEY": secrets.token_hex(32),
        "DEBUG": "1",
        "PORT": "8000",
        "SAAS_DOMAIN": "localhost",
        "EMAIL_URL": "memorymail://",
        "TRUSTED_PROXIES": "none",
        "HANDOFF_DATA_DIR": str(paths.root),
    }


def _run(command: Sequence[str], environ: Mapping[str, str]) -> int:
    """Run a child that shares our terminal and so gets its Ctrl-C; pass SIGTERM on, and wait for it either way."""
    child = subprocess.Popen(command, env=environ)
    previous = {
        signal.SIGINT: signal.signal(signal.SIGINT, lambda *_: None),
        signal.SIGTERM: signal.signal(signal.SIGTERM, lambda *_: child.terminate()),
    }
    try:
        code = child.wait()
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
    return code if code >= 0 else 128 - code


def _make_folder(parent: Path) -> tuple[DataPaths, FileLock]:
    """Make the folder of one run, with a lock that is held as long as the run lives; sweep those of killed runs."""
    make_folder(parent, 0o711)
    with held_alone(parent / "lock"):
        for folder in parent.glob("run-*"):
            if _is_abandoned(DataPaths(folder)):
                shutil.rmtree(folder, ignore_errors=True)
        root = Path(tempfile.mkdtemp(prefix="run-", dir=parent))
        root.chmod(0o711)
        own = DataPaths(root)
        own.create()
        alive = FileLock(own.run / "alive")
        alive.share()
    return own, alive


def _is_abandoned(paths: DataPaths) -> bool:
    """Tell whether the run is over and none of its servers is still being stopped."""
    guards = [LockFiles.of(paths, name).guard for name in ("postgres", "redis")]
    return all(is_free(path) for path in (paths.run / "alive", *guards) if path.exists())
