"""Makes `.venv` and installs the locked dependencies: run by the Makefile with the machine's own Python.

Standard library only, and no import of the package around it: it is run as a file, before anything is installed.
Quick when nothing changed. An installation that was killed half-way is thrown away and made again.
"""

import ctypes
import fcntl
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
VENV = CHECKOUT / ".venv"
LOCK = CHECKOUT / "requirements" / "dev.txt"
SUPPORTED = ((3, 11), (3, 12))


def main() -> int:
    """Bring `.venv` up to date; returns the exit code, with one line on standard error when it is not 0."""
    if sys.version_info[:2] not in SUPPORTED:
        found = ".".join(map(str, sys.version_info[:2]))
        return _fail(
            f"This is Python {found}; Python 3.11 or 3.12 is needed: install one, then `make PYTHON=python3.12 ...`."
        )
    with LOCK.open("rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two commands at once: the second waits, and finds it done
        return _bring_up_to_date()


def _bring_up_to_date() -> int:
    stamp = VENV / "installed-from"
    wanted = hashlib.sha256(LOCK.read_bytes()).hexdigest()
    if _read(stamp) == wanted and _works():
        return 0
    began = time.monotonic()
    if not _read(stamp) or not _works():
        shutil.rmtree(VENV, ignore_errors=True)
        _say("Python: making .venv ...")
        if _make() != 0:
            return _fail("Python cannot make a virtual environment: install its venv module (Debian: python3-venv).")
    stamp.unlink(missing_ok=True)  # from here on, a killed run leaves no stamp
    if _install() != 0:
        return _fail("Installing requirements/dev.txt failed; the reason stands above.")
    stamp.write_text(wanted)
    _say(f"Python: dependencies installed in {time.monotonic() - began:.0f} s")
    return 0


def _make() -> int:
    command = [sys.executable, "-m", "venv", str(VENV)]
    return subprocess.run(command, check=False, stdout=subprocess.DEVNULL).returncode


def _install() -> int:
    """Install exactly what the lock file names, hashes checked; show how far it is."""
    total = sum(1 for line in LOCK.read_text().splitlines() if "==" in line and not line.startswith((" ", "#")))
    _say(f"Python: installing up to {total} locked packages, hashes checked ...")
    command = [
        str(_python()), "-m", "pip", "install", "--require-hashes", "--no-deps", "--disable-pip-version-check",
        "--no-input", "--progress-bar", "off", "-r", str(LOCK),
    ]  # fmt: skip
    environ = dict(os.environ, PYTHONUNBUFFERED="1")
    pip = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        env=environ,
        preexec_fn=_die_with_parent if sys.platform.startswith("linux") else None,
    )
    seen = 0
    for line in pip.stdout or ():
        if line.startswith("Collecting "):
            seen += 1
            if seen % 10 == 0:
                _say(f"Python: {seen} of {total} fetched ...")
        elif line.startswith("Installing collected"):
            _say("Python: unpacking ...")
    return pip.wait()


def _die_with_parent() -> None:
    """Let the kernel end pip when we are killed, or the next run would work in the same folder beside it."""
    ctypes.CDLL(None).prctl(1, int(signal.SIGKILL))


def _python() -> Path:
    return VENV / "bin" / "python"


def _works() -> bool:
    """Tell whether the environment's Python runs and has pip: the Python it came from may be gone by now."""
    try:
        done = subprocess.run([str(_python()), "-c", "import pip"], capture_output=True, check=False)
    except OSError:
        return False
    return done.returncode == 0


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""


def _say(text: str) -> None:
    print(text, flush=True)


def _fail(text: str) -> int:
    print(text, file=sys.stderr, flush=True)
    return 1


if __name__ == "__main__":
    sys.exit(main())
