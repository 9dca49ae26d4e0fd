"""A Chromium for the browser tests: found, or installed where that can be done without asking."""

import os
import platform
import shutil
import subprocess
import sys

from saas.embedded.errors import EmbeddedError
from saas.embedded.progress import Progress

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_ASK_PLAYWRIGHT = """
from playwright.sync_api import sync_playwright
with sync_playwright() as playwright:
    print(playwright.chromium.executable_path)
"""


def ensure_chromium(progress: Progress) -> str:
    """Return the path of a Chromium that starts, installing one where there is none.

    CHROMIUM in the environment names one. Then the PATH is asked, then Playwright's own; Debian as root installs
    the package `chromium`, everything else takes Playwright's download.

    Raises:
        EmbeddedError: none could be had; the message says what to install.
    """
    found = find_chromium()
    if found is None and _is_debian_root():
        progress.say("Chromium: installing the Debian package ...")
        apt = dict(os.environ) | {"DEBIAN_FRONTEND": "noninteractive"}
        for command in (["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", "chromium"]):
            _run(["apt-get", *command], apt)
        found = find_chromium()
    if found is None:
        progress.say("Chromium: downloading Playwright's own ...")
        _run([sys.executable, "-m", "playwright", "install", "chromium"])
        found = find_chromium()
    if found is None:
        raise EmbeddedError(
            "No Chromium for the browser tests: install the package chromium (Debian), Google Chrome, or run "
            f"`{sys.executable} -m playwright install --with-deps chromium`; or set CHROMIUM to its path."
        )
    return found


def find_chromium() -> str | None:
    """Return a Chromium that is here already and starts, else None."""
    named = os.environ.get("CHROMIUM", "")
    if named:
        return named if _starts(named) else None
    candidates = [*map(shutil.which, _NAMES), _playwrights_own()]
    return next((path for path in candidates if path and _starts(path)), None)


def _playwrights_own() -> str | None:
    done = subprocess.run([sys.executable, "-c", _ASK_PLAYWRIGHT], capture_output=True, text=True, check=False)
    path = done.stdout.strip()
    return path if path and os.access(path, os.X_OK) else None


def _starts(path: str) -> bool:
    """Tell whether the program runs: a package of the same name may be a stub, and libraries may be missing."""
    try:
        done = subprocess.run([path, "--version"], capture_output=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def _is_debian_root() -> bool:
    if not sys.platform.startswith("linux") or os.geteuid() != 0 or shutil.which("apt-get") is None:
        return False
    try:
        release = platform.freedesktop_os_release()
    except OSError:
        return False
    return release.get("ID") == "debian"  # Ubuntu's package of that name only points at a snap


def _run(command: list[str], environ: dict[str, str] | None = None) -> None:
    """Run an installer with its output on our error stream, so that standard output holds the path alone."""
    subprocess.run(command, stdin=subprocess.DEVNULL, stdout=sys.stderr, env=environ, check=False)
