"""One tenant in one file: its tables, their rows as of one moment, and how to make them again.

A zip archive with `manifest.json`, `schema.sql` (the script that made the tables), `tables/<name>.copy` (PostgreSQL's
COPY text) and what the apps add for people to read, such as `handoffs.csv`. It restores beside the others or at another
server, under a fresh schema name. Left out are open sessions and waiting jobs: nobody is logged in by a restore, and
no mail goes out twice. It holds personal data and is readable by its owner alone.
"""

import io
import json
import os
import re
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from django.db import transaction
from django.utils import timezone
from psycopg import sql

from shared_apps.errors import DomainError
from shared_apps.platform.blueprint import get_blueprint, schema_version
from shared_apps.platform.hooks import list_exports
from shared_apps.platform.services import create_schema, insert_tenant, run_script, wait_patiently
from shared_apps.platform.upgrades import upgrade_tenants
from shared_apps.tenants.enums import TenantStatus
from shared_apps.tenants.models import Tenant
from shared_apps.tenants.scope import TenantRef, enter_tenant, public_scope, tenant_connection
from shared_apps.tenants.services import announce_routing_change
from shared_apps.tenants.validators import check_subdomain

FORMAT: Final = 1
LEFT_OUT: Final = frozenset({"django_migrations", "django_session", "accounts_session", "outbox_job"})
_TABLE = re.compile(r"[a-z][a-z0-9_]{0,62}")
_COPY_BYTES = 1 << 16

Progress = Callable[[str], None]


class ArchiveRefusedError(DomainError):
    """The file is none of ours, or the tenant cannot be exported as it is."""

    code = "archive_refused"


def export_tenant(*, tenant: TenantRef, path: Path, progress: Progress = lambda _step: None) -> dict[str, int]:
    """Write `tenant` to `path`, all of one moment, and return {table: rows}. The file is there whole or not at all.

    Raises ArchiveRefusedError for a tenant whose schema lacks a migration; `migrate_all` helps.
    """
    with public_scope():
        row = Tenant.objects.get(pk=tenant.id)
    if row.schema_version != schema_version():
        raise ArchiveRefusedError("The tenant's schema is behind the code. Run `manage.py migrate_all` first.")
    part = path.with_name(path.name + ".part")
    counts: dict[str, int] = {}
    try:
        with _open_private(part) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            with _one_moment(tenant):
                for table in _list_tables(tenant.schema_name):
                    progress(table)
                    with archive.open(f"tables/{table}.copy", "w", force_zip64=True) as out:
                        counts[table] = _copy_out(table, out.write)
                for name, write in list_exports():
                    progress(name)
                    with archive.open(name, "w", force_zip64=True) as out:
                        for chunk in write(tenant):
                            out.write(chunk)
            archive.writestr("schema.sql", get_blueprint().text)
            archive.writestr("manifest.json", json.dumps(_describe(row, tenant, counts), indent=1))
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    with public_scope():
        Tenant.objects.filter(pk=tenant.id).update(exported_at=timezone.now())
    return counts


def _describe(row: Tenant, tenant: TenantRef, counts: dict[str, int]) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "exportedAt": timezone.now().isoformat(),
        "subdomain": tenant.client_id,
        "name": row.name,
        "isDemo": row.is_demo,
        "schemaVersion": row.schema_version,
        "tables": counts,
    }


@contextmanager
def _open_private(path: Path) -> Iterator[io.BufferedWriter]:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())


@contextmanager
def _one_moment(tenant: TenantRef) -> Iterator[None]:
    """Read all of a tenant in one snapshot, for as long as it takes."""
    with enter_tenant(tenant), transaction.atomic():
        with tenant_connection().cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            cursor.execute("SET LOCAL statement_timeout = 0")
        yield


def _list_tables(schema_name: str) -> list[str]:
    with tenant_connection().cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s ORDER BY 1", [schema_name])
        return [name for (name,) in cursor.fetchall() if name not in LEFT_OUT]


def _copy_out(table: str, write: Callable[[bytes], Any]) -> int:
    with tenant_connection().cursor() as cursor:
        with cursor.copy(sql.SQL("COPY {} TO STDOUT").format(sql.Identifier(table))) as copy:
            for data in copy:
                write(bytes(data))
        return int(cursor.rowcount)


def restore_tenant(
    *, path: Path, subdomain: str = "", progress: Progress = lambda _step: None
) -> tuple[TenantRef, dict[str, int]]:
    """Make a tenant of an archive, beside the others, and return it with {table: rows}. All of it or nothing.

    `subdomain` defaults to the archive's own. The archive's script is run as it is: restore only files you trust.
    One made by older code is brought up to date afterwards; where that fails, its row says so and it serves as it is.
    Raises ArchiveRefusedError, SubdomainTakenError, InvalidSubdomainError.
    """
    with _open_archive(path) as archive:
        manifest = _read_manifest(archive)
        check_subdomain(subdomain := subdomain or manifest["subdomain"])
        with public_scope(), transaction.atomic():
            wait_patiently()
            row = insert_tenant(name=manifest["name"], subdomain=subdomain, is_demo=manifest["isDemo"])
            tenant = TenantRef(row.pk, row.schema_name, subdomain, row.name, TenantStatus.ACTIVE)
            create_schema(tenant.schema_name)
            with enter_tenant(tenant):
                counts = _fill(archive, manifest["tables"], progress)
            Tenant.objects.filter(pk=tenant.id).update(
                status=TenantStatus.ACTIVE, schema_version=manifest["schemaVersion"]
            )
            announce_routing_change()
    if manifest["schemaVersion"] != schema_version():
        progress("bringing the schema up to date")
        upgrade_tenants([tenant], jobs=1)
    return tenant, counts


@contextmanager
def _open_archive(path: Path) -> Iterator[zipfile.ZipFile]:
    try:
        archive = zipfile.ZipFile(path)
    except (OSError, zipfile.BadZipFile):
        raise ArchiveRefusedError("There is no such file, or it is no archive of a tenant.") from None
    with archive:
        yield archive


def _read_manifest(archive: zipfile.ZipFile) -> dict[str, Any]:
    try:
        manifest: dict[str, Any] = json.loads(archive.read("manifest.json"))
        known = manifest["format"] == FORMAT and all(_TABLE.fullmatch(table) for table in manifest["tables"])
        complete = {"subdomain", "name", "isDemo", "schemaVersion"} <= manifest.keys()
    except (KeyError, ValueError, TypeError):
        known = complete = False
    if not (known and complete):
        raise ArchiveRefusedError("This is no archive of a tenant, or one of a newer release.")
    return manifest


def _fill(archive: zipfile.ZipFile, tables: dict[str, int], progress: Progress) -> dict[str, int]:
    """Make the tables in the schema just entered, and copy the rows in."""
    counts: dict[str, int] = {}
    progress("creating the tables")
    run_script(archive.read("schema.sql").decode())
    with tenant_connection().cursor() as cursor:
        for table, expected in tables.items():
            progress(table)
            statement = sql.SQL("COPY {} FROM STDIN").format(sql.Identifier(table))
            with archive.open(f"tables/{table}.copy") as rows, cursor.copy(statement) as copy:
                while data := rows.read(_COPY_BYTES):
                    copy.write(data)
            counts[table] = int(cursor.rowcount)
            if counts[table] != expected:
                raise ArchiveRefusedError("The archive is damaged: rows are missing.")
            _advance_identity(cursor, table)
    return counts


def _advance_identity(cursor: Any, table: str) -> None:
    """Let new rows be numbered behind those copied in.

    In two statements: on Citus the coordinator gives the numbers, and one that reads the table runs at its node.
    """
    cursor.execute("SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attidentity <> ''", [table])
    for (column,) in cursor.fetchall():
        cursor.execute(sql.SQL("SELECT max({}) FROM {}").format(sql.Identifier(column), sql.Identifier(table)))
        (last,) = cursor.fetchone()
        if last is not None:
            cursor.execute("SELECT setval(pg_get_serial_sequence(%s, %s), %s)", [table, column, last])
