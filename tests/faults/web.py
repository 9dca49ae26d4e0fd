"""The web server in a process of its own, on the tests' database, and visitors who ask it again and again."""

import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from saas.embedded.demo import parts
from saas.embedded.paths import DataPaths
from shared_apps.tenants.scope import TenantRef
from tests.faults.processes import ROOT, kill, wait_for
from tests.faults.servers import family
from tests.isolation.other_process import child_environment

LEAD = {
    "customerName": "Visitor",
    "customerPhone": "772-555-0177",
    "requestedService": "Haircut",
    "preferredDateTimeText": "Friday after 5",
}


class Web:
    """Granian as `make demo` starts it, on a port and a state folder of its own."""

    def __init__(self, folder: Path, *, overlap: float, **environment: str) -> None:
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            self.port: int = listener.getsockname()[1]
        self.folder = folder
        (command,) = (part.command for part in parts(DataPaths(folder / ".data"), self.port) if part.name == "web")
        words = list(command)
        words[words.index("--respawn-interval") + 1] = f"{overlap:g}"
        self._command = words
        self._environment = child_environment(
            HANDOFF_DATA_DIR=str(folder / ".data"),
            PYTHONPATH=str(ROOT),
            RATE_CAPTURE_PER_IP="1000000/m",
            RATE_CAPTURE_PER_TENANT="1000000/m",
            **environment,
        )
        self.start()

    def start(self) -> None:
        """Start it, and wait until both of its processes answer."""
        self.log = self.folder / f"web-{time.monotonic_ns()}.log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                self._command, cwd=ROOT, env=self._environment, stdout=log, stderr=log, start_new_session=True
            )
        wait_for(lambda: self.count_started() == 2)

    def count_started(self) -> int:
        return self.log.read_text().count("Started worker-")

    def workers(self) -> list[int]:
        """Return the processes that answer."""
        return family(self.process.pid)[1:]

    def send(self, number: signal.Signals) -> None:
        os.kill(self.process.pid, number)

    def ask(self, tenant: TenantRef, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, bytes]:
        """Send one request over a connection of its own, as our proxy does."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        sent = {"Host": f"{tenant.client_id}.localhost:{self.port}", "Connection": "close"} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        try:
            if body is not None:
                sent["Content-Type"] = "application/json"
            connection.request(method, path, None if body is None else json.dumps(body), sent)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()


@contextmanager
def web_server(*, overlap: float = 8.0, **environment: str) -> Iterator[Web]:
    """Start a web server, and end it whatever happens."""
    folder = Path(tempfile.mkdtemp(prefix="web-", dir="/tmp"))
    web = Web(folder, overlap=overlap, **environment)
    try:
        yield web
    finally:
        kill(web.process)
        shutil.rmtree(folder, ignore_errors=True)


class Load:
    """Visitors at one tenant: half of them look at the form, half send it. `broken` counts tries, `failed` requests."""

    def __init__(self, web: Web, tenant: TenantRef, *, visitors: int = 4, tries: int = 1) -> None:
        self._web, self._tenant, self._tries = web, tenant, tries
        self._stop = threading.Event()
        self.answers: Counter[int] = Counter()
        self.failed: Counter[str] = Counter()
        self.broken = 0
        self.ids: list[str] = []
        self.slowest = 0.0
        self._threads = [threading.Thread(target=self._run, args=(number,)) for number in range(visitors)]

    def __enter__(self) -> "Load":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _run(self, number: int) -> None:
        while not self._stop.wait(0.02):
            key, began = str(uuid.uuid4()), time.monotonic()
            for left in range(self._tries - 1, -1, -1):
                try:
                    status, body = self._one(number, key)
                except (OSError, http.client.HTTPException) as error:
                    self.broken += 1
                    if left:
                        time.sleep(0.1)
                    else:
                        self.failed[type(error).__name__] += 1
                    continue
                self.answers[status] += 1
                if status in (200, 201, 202) and number % 2:
                    self.ids.append(json.loads(body)["id"])
                break
            self.slowest = max(self.slowest, time.monotonic() - began)

    def _one(self, number: int, key: str) -> tuple[int, bytes]:
        if number % 2:
            return self._web.ask(self._tenant, "POST", "/api/v1/handoffs", LEAD, Idempotency_Key=key)
        return self._web.ask(self._tenant, "GET", "/book")
