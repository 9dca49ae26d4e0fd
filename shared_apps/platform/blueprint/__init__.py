"""The tables of a tenant's schema as one SQL script, made from the migrations and kept beside this file.

Running it is as fast as PostgreSQL makes tables; running the migrations takes ten times as long and grows with them.
`make blueprint` writes it anew after a change of the migrations; until then no tenant is made (`StaleBlueprintError`).
A test holds that script and migrations make the same schema.
"""

import hashlib
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.db.migrations.loader import MigrationLoader

from shared_apps.errors import DomainError

SCRIPT = Path(__file__).parent / "tenant_schema.sql"
_MARK = "-- made from migrations "


class StaleBlueprintError(DomainError):
    """The script is older than the migrations: what it makes would lack something."""

    code = "blueprint_stale"
    message = "The script that makes a tenant's tables is older than the migrations. Run `make blueprint`."


@dataclass(frozen=True, slots=True)
class Blueprint:
    """`text` is the script: names without a schema, so it makes its tables in the schema that is entered."""

    digest: str
    text: str


@cache
def get_blueprint() -> Blueprint:
    """Return the script. Raises StaleBlueprintError when it was made from other migrations than the code has."""
    head, _, text = SCRIPT.read_text(encoding="utf-8").partition("\n")
    if head != _MARK + digest_migrations():
        raise StaleBlueprintError
    return Blueprint(digest=head.removeprefix(_MARK), text=text)


def write_blueprint(text: str) -> None:
    """Keep `text` as the script of the migrations as they are now."""
    SCRIPT.write_text(f"{_MARK}{digest_migrations()}\n{text}", encoding="utf-8")
    get_blueprint.cache_clear()


def list_migrations() -> list[tuple[str, str]]:
    """Return (app, name) of every migration the code has; each schema records all of them."""
    return sorted(MigrationLoader(None).disk_migrations)


@cache
def digest_migrations() -> str:
    """Return a hash that changes when a migration comes, goes or, in an app of the tenants', is edited."""
    digest = hashlib.sha256()
    for app, name in list_migrations():
        digest.update(f"{app}.{name}\n".encode())
        if apps.get_app_config(app).name in settings.TENANT_APPS:
            module = import_module(f"{apps.get_app_config(app).name}.migrations.{name}")
            digest.update(Path(str(module.__file__)).read_bytes())
    return digest.hexdigest()[:32]


@cache
def schema_version() -> str:
    """Return what a tenant's row says of its schema once all migrations are recorded there; 16 characters."""
    names = "\n".join(f"{app}.{name}" for app, name in list_migrations())
    return hashlib.sha256(names.encode()).hexdigest()[:16]
