"""Leads under faults: `python -m tests.faults.chaos --leads 5000` starts a demo of its own and prints what came of it.

Every lead is posted at least twice under one key, by the API or by the plain form, and again after a broken connection,
as pages do; every second one is clicked. Afterwards each acknowledged id is looked for in the database.
"""

import argparse
import http.client
import json
import random
import re
import shutil
import sys
import tempfile
import threading
import time
import urllib.parse
import uuid
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from e2e.stack import Stack
from tests.faults.havoc import ALL, Fault, Victim, database_disk_full, small_disks, wreak

TENANTS = ("coastal-cuts", "coastal-cuts", "harbor-wellness", "sunrise-auto")
WITHOUT_LINK = "sunrise-auto"
THREADS = 8
_PERSONAL = re.compile(rb"Visitor[ +%]\d|555-?0177")
_TRIES = 300  # half a minute: a web server that was ended is started again in some seconds


@dataclass
class Outcome:
    """What came of a run. Seconds; `lost` are acknowledged ids that are nowhere."""

    accepted: int = 0
    stored: int = 0
    lost: int = 0
    duplicated: int = 0
    ids_differ: int = 0
    without_link: int = 0
    clicks_lost: int = 0
    personal_lines: int = 0
    answers: Counter[str] = field(default_factory=Counter)
    p50: float = 0.0
    p95: float = 0.0
    p99: float = 0.0
    longest: float = 0.0
    drained_after: float = 0.0

    def list_failures(self) -> list[str]:
        """Return what breaks the promise; [] when it is kept."""
        return [
            f"{name}: {value}"
            for name, value, limit in (
                ("lost", self.lost, 0),
                ("duplicated", self.duplicated, 0),
                ("ids that differ between two answers to one key", self.ids_differ, 0),
                ("answers without a link or contact", self.without_link, 0),
                ("clicks lost", self.clicks_lost, 0),
                ("lines of logs with what visitors sent", self.personal_lines, 0),
                ("p95, ms", round(self.p95 * 1000), 300),
                ("longest, ms", round(self.longest * 1000), 4000),
                ("seconds until drained", round(self.drained_after), 60),
            )
            if value > limit
        ]

    def table(self) -> str:
        lines = {
            "leads accepted": self.accepted,
            "leads stored": self.stored,
            "leads lost": self.lost,
            "leads duplicated": self.duplicated,
            "keys with two ids": self.ids_differ,
            "answers without a link or contact": self.without_link,
            "clicks lost": self.clicks_lost,
            "lines of logs with what was sent": self.personal_lines,
            "answers": ", ".join(f"{count} × {what}" for what, count in sorted(self.answers.items())),
            "p50 / p95 / p99 / longest, ms": " / ".join(
                f"{seconds * 1000:.0f}" for seconds in (self.p50, self.p95, self.p99, self.longest)
            ),
            "drained after, s": f"{self.drained_after:.1f}",
        }
        return "\n".join(f"{name:<36} {value}" for name, value in lines.items())


class Visitor:
    """Posts leads of its own, one after the other, and remembers what it was told."""

    def __init__(self, port: int, number: int, pace: float) -> None:
        self._port = port
        self._random = random.Random(number)
        self._pace = pace
        self._number = number
        self._connection: http.client.HTTPConnection | None = None
        self.seconds: list[float] = []
        self.answers: Counter[str] = Counter()
        self.without_link = 0
        self.ids_differ = 0
        self.acknowledged: dict[str, tuple[str, str]] = {}  # id -> tenant, name
        self.clicked: list[str] = []

    def run(self, leads: int) -> None:
        """Post so many leads, evenly spread."""
        began = time.monotonic()
        for number in range(leads):
            ahead = began + number * self._pace - time.monotonic()
            if ahead > 0:
                time.sleep(ahead)
            self._one_lead(f"Visitor {self._number}-{number}")
        self._hang_up()

    def _hang_up(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _one_lead(self, name: str) -> None:
        tenant = self._random.choice(TENANTS)
        key, by_form = str(uuid.uuid4()), self._random.random() < 0.25
        post = self._post_form if by_form else self._post_json
        ids = {found for _ in range(2) if (found := post(tenant, name, key)) is not None}
        self.ids_differ += len(ids) > 1
        for found in ids:
            self.acknowledged[found] = (tenant, name)
            if self._random.random() < 0.5 and tenant != WITHOUT_LINK:
                status, headers, _ = self._ask("POST", f"/go/{found}", tenant, b"", {})
                self.without_link += not (status == 303 and headers.get("Location", "").startswith("https://"))
                self.clicked.append(found)

    def _post_json(self, tenant: str, name: str, key: str) -> str | None:
        lead = _lead(name) | {"attribution": {"utm_source": "chaos"}}
        headers = {"Content-Type": "application/json", "Idempotency-Key": key}
        status, _, body = self._ask("POST", "/api/v1/handoffs", tenant, json.dumps(lead).encode(), headers)
        said = json.loads(body)
        self.without_link += not (_has_link(said) if tenant != WITHOUT_LINK else bool(said.get("contact")))
        return said["id"] if status in (200, 201, 202) else None

    def _post_form(self, tenant: str, name: str, key: str) -> str | None:
        form = urllib.parse.urlencode(_lead(name) | {"idempotencyKey": key}).encode()
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        status, answer, body = self._ask("POST", "/book", tenant, form, headers)
        if status == 303:
            return str(answer["Location"]).rpartition("/")[2]
        self.without_link += b'data-testid="contact-cta"' not in body
        return None

    def _ask(self, method: str, path: str, tenant: str, body: bytes, headers: dict[str, str]) -> tuple[int, Any, bytes]:
        """Send, and send again where the connection broke: whoever waits in front of a page does the same."""
        for _ in range(_TRIES):
            began = time.monotonic()
            try:
                connection = self._connection or http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
                self._connection = connection
                connection.request(method, path, body, {"Host": f"{tenant}.localhost:{self._port}"} | headers)
                answer = connection.getresponse()
                content = answer.read()
            except (OSError, http.client.HTTPException):
                self._hang_up()
                self.answers["broken connection"] += 1
                time.sleep(0.1)
                continue
            self.seconds.append(time.monotonic() - began)
            self.answers[str(answer.status)] += 1
            return answer.status, answer.headers, content
        raise AssertionError("nobody answers any more")


def _lead(name: str) -> dict[str, Any]:
    return {
        "customerName": name,
        "customerPhone": "772-555-0177",
        "requestedService": "Haircut",
        "preferredDateTimeText": "Friday after 5",
    }


def _has_link(said: dict[str, Any]) -> bool:
    return bool(said.get("booking") and said["booking"]["url"].startswith("https://"))


def run_chaos(
    *, leads: int, faults: tuple[Fault, ...], fault_seconds: float, say: Callable[[str], None] = lambda _: None
) -> Outcome:
    """Start a demo, post `leads` while one fault follows the other, and count what is stored once all is well again."""
    folder = Path(tempfile.mkdtemp(prefix="hb-", dir="/tmp"))
    folder.chmod(0o711)
    stack = Stack(data_dir=folder)
    with ExitStack() as ending:
        ending.callback(shutil.rmtree, folder, ignore_errors=True)
        if database_disk_full in faults:
            ending.enter_context(small_disks(folder))
        stack.start()
        ending.callback(stack.stop)
        return _measure(stack, Victim(folder), leads=leads, faults=faults, fault_seconds=fault_seconds, say=say)


def _measure(
    stack: Stack,
    victim: Victim,
    *,
    leads: int,
    faults: tuple[Fault, ...],
    fault_seconds: float,
    say: Callable[[str], None],
) -> Outcome:
    for tenant in set(TENANTS):
        stack.ask("GET", "/book", host=f"{tenant}.localhost")
    lasts = len(faults) * fault_seconds * 1.7  # a fault, its pause, and what its beginning takes
    each = leads // THREADS
    visitors = [Visitor(stack.port, number, lasts / each) for number in range(THREADS)]
    threads = [threading.Thread(target=visitor.run, args=(each,)) for visitor in visitors]
    is_over = threading.Event()
    for thread in threads:
        thread.start()
    wreak(victim, faults, seconds=fault_seconds, is_over=is_over, say=say)
    for thread in threads:
        thread.join()
    is_over.set()
    outcome = Outcome()
    outcome.drained_after = _await_drained(stack)
    _count_answers(outcome, visitors)
    _count_rows(outcome, visitors, victim.database_url())
    outcome.personal_lines = count_personal_lines(stack.data_dir)
    return outcome


def count_personal_lines(data_dir: Path) -> int:
    """Return how many lines of all logs, PostgreSQL's and Redis's among them, hold a name or number that was sent."""
    logs = [path for path in (data_dir / "logs").iterdir() if path.is_file()]
    if not {"web.log", "worker.log", "beat.log", "drainer.log", "postgres.log"} <= {path.name for path in logs}:
        raise AssertionError(f"logs are missing: {logs}")
    return sum(1 for path in logs for line in path.read_bytes().splitlines() if _PERSONAL.search(line))


def _await_drained(stack: Stack) -> float:
    """Wait until the database is there and nothing waits for it any more; returns the seconds."""
    began = time.monotonic()
    status = stack.data_dir / "state" / "journal" / "status.json"
    while time.monotonic() - began < 120:
        if stack.ask("GET", "/health/ready", host="localhost").status == 200:
            break
        time.sleep(0.1)
    ready, settled = time.monotonic(), time.time() + 4  # a record may be that young
    while time.monotonic() - ready < 120:
        said = json.loads(status.read_bytes())
        if said["at"] > settled and said["waiting"] == 0:
            break
        time.sleep(0.1)
    return time.monotonic() - ready


def _count_answers(outcome: Outcome, visitors: list[Visitor]) -> None:
    seconds = sorted(one for visitor in visitors for one in visitor.seconds)
    outcome.p50, outcome.p95, outcome.p99 = (seconds[int(len(seconds) * part)] for part in (0.5, 0.95, 0.99))
    outcome.longest = seconds[-1]
    for visitor in visitors:
        outcome.answers.update(visitor.answers)
        outcome.without_link += visitor.without_link
        outcome.ids_differ += visitor.ids_differ


def _count_rows(outcome: Outcome, visitors: list[Visitor], url: str) -> None:
    acknowledged = {key: value for visitor in visitors for key, value in visitor.acknowledged.items()}
    clicked = {key for visitor in visitors for key in visitor.clicked}
    outcome.accepted = len(acknowledged)
    stored: dict[str, tuple[str, str]] = {}
    redirected: set[str] = set()
    names: Counter[tuple[str, str]] = Counter()
    with psycopg.connect(url) as connection:
        schemas = connection.execute(
            "SELECT d.domain, t.schema_name FROM public.tenants_domain d"
            " JOIN public.tenants_tenant t ON t.id = d.tenant_id"
        ).fetchall()
        for domain, schema in schemas:
            table = sql.Identifier(schema, "handoffs_bookinghandoff")
            statement = sql.SQL("SELECT id::text, customer_name, redirected_at IS NOT NULL FROM {}").format(table)
            for key, name, was_clicked in connection.execute(statement):
                if name.startswith("Visitor "):
                    stored[key] = (domain, name)
                    names[domain, name] += 1
                    redirected |= {key} if was_clicked else set()
    outcome.stored = len(stored)
    outcome.lost = sum(1 for key, value in acknowledged.items() if stored.get(key) != value)
    outcome.duplicated = sum(count - 1 for count in names.values())
    outcome.clicks_lost = len(clicked - redirected)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--leads", type=int, default=5000)
    parser.add_argument("--fault-seconds", type=float, default=4.0)
    options = parser.parse_args()
    outcome = run_chaos(leads=options.leads, faults=ALL, fault_seconds=options.fault_seconds, say=_say)
    failures = outcome.list_failures()
    _say(f"\n{outcome.table()}\n\n" + ("The promise is kept." if not failures else "Broken: " + "; ".join(failures)))
    return 1 if failures else 0


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
