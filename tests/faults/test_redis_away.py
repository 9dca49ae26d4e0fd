"""Redis refuses, or hangs: capture goes on, limits are counted in the process, and nobody waits long."""

import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest

from shared_apps import ratelimits
from shared_apps.tenants.scope import TenantRef
from tests.clients import TenantClient
from tests.faults.conftest import dead_port


@pytest.fixture(params=["refuses", "hangs"])
def broken_redis(request: pytest.FixtureRequest, settings: Any) -> Iterator[None]:
    """A Redis that does not answer: a port nobody listens on, or one that accepts and stays silent."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(64)
        port = listener.getsockname()[1] if request.param == "hangs" else dead_port()
        settings.REDIS_URL = f"redis://127.0.0.1:{port}/0"
        ratelimits._limiter.cache_clear()
        yield
    ratelimits._limiter.cache_clear()


@pytest.mark.usefixtures("broken_redis")
def test_capture_goes_on_without_redis(ready: TenantRef, lead: dict[str, Any]) -> None:
    visitor = TenantClient(ready)
    began = time.monotonic()
    statuses = [visitor.post_json("/api/v1/handoffs", lead).status_code for _ in range(5)]

    assert statuses == [201] * 5
    assert time.monotonic() - began < 5.0  # a quarter of a second once, then Redis is left alone; else 3 each time


@pytest.mark.usefixtures("broken_redis")
def test_limits_hold_without_redis(ready: TenantRef, lead: dict[str, Any], settings: Any) -> None:
    settings.RATES = settings.RATES | {"RATE_CAPTURE_PER_IP": "3/m"}
    visitor = TenantClient(ready)
    statuses = [visitor.post_json("/api/v1/handoffs", lead).status_code for _ in range(5)]

    assert statuses == [201, 201, 201, 429, 429]
