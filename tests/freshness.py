"""Whether a direct dependency has a newer patch release than the locked one: `make fresh`.

Stands outside `make test`: a release made an hour ago must not make a good change red. It fails when it could not look,
so its silence means something. uv asks the index, as `make lock` does.
"""

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parent.parent
_PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;\\]+)", re.MULTILINE)


class LookUpFailedError(Exception):
    """The index did not answer for every package."""


def read_pins(text: str) -> dict[str, Version]:
    """Return {canonical name: version} of a requirements file."""
    return {canonicalize_name(name): Version(version) for name, version in _PIN.findall(text)}


def list_direct(project: str) -> set[str]:
    """Return the canonical names of all that a pyproject.toml asks for, itself left out."""
    table = tomllib.loads(project)["project"]
    lines = [*table["dependencies"], *(line for each in table["optional-dependencies"].values() for line in each)]
    names: set[str] = {canonicalize_name(Requirement(line).name) for line in lines}
    return names - {canonicalize_name(table["name"])}


def find_newer_patches(locked: dict[str, Version], *, options: Iterable[str] = ()) -> dict[str, Version]:
    """Return the newer patch releases (same first two numbers) of `locked` packages, by name.

    `options` go to uv. Raises LookUpFailedError when the index did not answer, or does not know one of them.
    """
    wanted = "\n".join(f"{name}=={version.major}.{version.minor}.*" for name, version in sorted(locked.items()))
    command = [
        *(sys.executable, "-m", "uv", "pip", "compile", "--quiet", "--no-deps", "--no-header", "--no-annotate"),
        *("--refresh", "--universal", "--python-version", "3.11", *options, "-"),
    ]
    done = subprocess.run(command, input=wanted, capture_output=True, text=True, check=False, timeout=300)
    if done.returncode != 0:
        raise LookUpFailedError(done.stderr.strip()[-2000:])
    newest = read_pins(done.stdout)
    if missing := locked.keys() - newest.keys():
        raise LookUpFailedError(f"no answer for {', '.join(sorted(missing))}")
    return {name: newest[name] for name, version in locked.items() if newest[name] > version}


def main() -> int:
    """Print what is behind; 0 when nothing is, 1 when something is, 2 when nobody knows."""
    pins = read_pins((ROOT / "requirements" / "dev.txt").read_text(encoding="utf-8"))
    direct = list_direct((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    try:
        newer = find_newer_patches({name: pins[name] for name in direct})
    except LookUpFailedError as error:
        sys.stderr.write(f"Could not look for newer releases:\n{error}\n")
        return 2
    for name, version in sorted(newer.items()):
        sys.stdout.write(f"{name} {pins[name]} is locked, {version} is out: make lock\n")
    if not newer:
        sys.stdout.write(f"None of {len(direct)} direct dependencies has a newer patch release.\n")
    return 1 if newer else 0


if __name__ == "__main__":
    sys.exit(main())
