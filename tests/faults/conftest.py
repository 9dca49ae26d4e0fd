"""Faults are made for real: the connection goes to a port where nobody listens."""

import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest
from django.db import connection

from shared_apps.tenants.scope import TenantRef
from tests.clients import TenantClient
from tests.conftest import make_ready

Outage = Callable[[], AbstractContextManager[None]]


def dead_port() -> int:
    """Return a port of this machine where nobody listens."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@pytest.fixture
def served_tenant(
    committed_tenant: TenantRef, django_db_blocker: Any, django_capture_on_commit_callbacks: Any
) -> Iterator[TenantRef]:
    """A tenant with a booking link that this process has served before."""
    with django_db_blocker.unblock():
        make_ready(committed_tenant, django_capture_on_commit_callbacks)
        assert TenantClient(committed_tenant).get("/").status_code == 200
        yield committed_tenant


@pytest.fixture
def outage() -> Outage:
    """Return a context manager in which PostgreSQL refuses every connection."""

    @contextmanager
    def refuse() -> Iterator[None]:
        connection.close()
        before = dict(connection.settings_dict)
        connection.settings_dict.update(HOST="127.0.0.1", PORT=str(dead_port()))
        try:
            yield
        finally:
            connection.close()
            connection.settings_dict.update(HOST=before["HOST"], PORT=before["PORT"])

    return refuse
