"""`<data folder>/env`: the secrets and addresses that `make demo` settles and every later command reads."""

import os
import secrets
import shlex
from collections.abc import Mapping
from pathlib import Path

from saas.embedded.locks import held_alone
from saas.embedded.paths import DataPaths

_HEADER = "# Written by `make demo`; private. The environment wins over every line here.\n"

# Names of the file that are no settings of the application: the passwords of the embedded servers.
POSTGRES_PASSWORD = "EMBEDDED_POSTGRES_PASSWORD"  # noqa: S105 -- the name of a variable
REDIS_PASSWORD = "EMBEDDED_REDIS_PASSWORD"  # noqa: S105 -- the name of a variable
# Which of DATABASE_URL and REDIS_URL name servers of ours: "postgres,redis", "postgres", "redis" or "".
EMBEDDED = "EMBEDDED"
_INTERNAL = (POSTGRES_PASSWORD, REDIS_PASSWORD, EMBEDDED)


def read_env_file(path: Path) -> dict[str, str]:
    """Return the NAME=value lines of `path`, values unquoted as a shell would; {} when there is no file."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return {}
    values = {}
    for line in lines:
        name, equals, raw = line.strip().partition("=")
        if equals and not name.startswith("#"):
            values[name.removeprefix("export ").strip()] = _unquote(raw)
    return values


def _unquote(raw: str) -> str:
    try:
        return "".join(shlex.split(raw, comments=True))
    except ValueError:  # an unbalanced quote, put there by hand
        return raw


def write_env_file(path: Path, values: Mapping[str, str]) -> None:
    """Replace `path` in one step, readable by its owner only from the first moment."""
    temporary = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(_HEADER)
        file.writelines(f"{name}={shlex.quote(value)}\n" for name, value in values.items())
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def ensure_secrets(paths: DataPaths) -> dict[str, str]:
    """Return the file's values, with a secret key and the servers' passwords made where they were missing."""
    paths.create()
    with held_alone(paths.run / "env.lock"):
        values = read_env_file(paths.env_file)
        missing = {
            name: secrets.token_hex(size)
            for name, size in (("SECRET_KEY", 32), (POSTGRES_PASSWORD, 24), (REDIS_PASSWORD, 24))
            if not values.get(name)
        }
        if missing:
            values |= missing
            write_env_file(paths.env_file, values)
    return values


def update_env_file(paths: DataPaths, values: Mapping[str, str]) -> None:
    """Set `values` in the file and keep its other lines, those added by hand included."""
    with held_alone(paths.run / "env.lock"):
        write_env_file(paths.env_file, read_env_file(paths.env_file) | dict(values))


def application_values(values: Mapping[str, str]) -> dict[str, str]:
    """Return what of the file is a setting of the application."""
    return {name: value for name, value in values.items() if name not in _INTERNAL}


def mail_url(folder: Path) -> str:
    """Return the EMAIL_URL of mail kept as files in `folder`; django-environ drops the first slash of the path."""
    return f"filemail:///{folder}"


def demo_values(paths: DataPaths, environ: Mapping[str, str], port: int) -> dict[str, str]:
    """Settle what a demo runs with, service addresses aside: the environment first, then the file, then defaults.

    A mail folder in the file is ignored, since the checkout may have moved; any other EMAIL_URL there is kept.
    """
    kept = application_values(ensure_secrets(paths))
    if kept.get("EMAIL_URL", "").startswith("filemail:"):
        del kept["EMAIL_URL"]
    defaults = {"SAAS_DOMAIN": "localhost", "EMAIL_URL": mail_url(paths.mail)}
    values = defaults | kept | {"DEBUG": "1"}
    values.pop("DATABASE_URL", None)
    values.pop("REDIS_URL", None)
    names = (*values, "DATABASE_URL", "REDIS_URL")
    return values | {name: environ[name] for name in names if environ.get(name)} | {"PORT": str(port)}
