"""A second process of ours, on the same database, that does what a test tells it."""

import json
import os
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from django.db import connection
from psycopg.conninfo import make_conninfo

_LOOP = """
import json, sys
import django
django.setup()
from django.conf import settings
settings.STATE_DIR = sys.argv[1]
from shared_apps.tenants.scope import TenantRef, enter_tenant, public_scope, tenant_scope
from shared_apps.tenants.selectors import find_tenant_by_subdomain
from tests.clients import TenantClient
names = dict(globals())
print(json.dumps("ready"), flush=True)
for line in sys.stdin:
    source = json.loads(line)
    names["answer"] = None
    exec(source, names)
    print(json.dumps(names["answer"]), flush=True)
"""


def database_url() -> str:
    """Return the address of the database the tests run on."""
    given = connection.settings_dict
    return make_conninfo(
        "", dbname=given["NAME"], user=given["USER"], password=given["PASSWORD"], host=given["HOST"], port=given["PORT"]
    )


def child_environment(**more: str) -> dict[str, str]:
    """Return the environment of a child that uses the tests' database, in development mode."""
    return {**os.environ, "DATABASE_URL": database_url(), "DEBUG": "1", "SAAS_DOMAIN": "localhost"} | more


class OtherProcess:
    """Runs Python there: `answer = other.run("answer = 1 + 1")`.

    With its own `state_dir` it plays another host, and with a DATABASE_URL it works on another database.
    """

    def __init__(self, state_dir: Path, **environment: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", _LOOP, str(state_dir)],
            env=child_environment(PYTHONPATH=str(Path(__file__).parents[2]), **environment),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._read() == "ready"

    def run(self, source: str) -> Any:
        """Execute `source` there and return what it left in `answer`, by way of JSON."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(source) + "\n")
        self._process.stdin.flush()
        return self._read()

    def _read(self) -> Any:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the other process died; its stderr says why"
        return json.loads(line)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._process.communicate(timeout=10)
