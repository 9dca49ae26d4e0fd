"""Over HTTP: a capture and pages, beside the measure `c`, the tutorial stack, a bare answer and PostgreSQL alone."""

import json
import re
import statistics
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

from django.db import connection
from psycopg.conninfo import conninfo_to_dict

from saas.embedded import wheels
from tests.bench.load import MakeRequest, Run, run_load
from tests.bench.processes import WebServer, cpu_seconds

_LEAD = {
    "customerName": "Jane Doe",
    "customerPhone": "+1 772 555 0177",
    "customerEmail": "jane.doe@example.com",
    "requestedService": "Haircut",
    "preferredDateTimeText": "Friday after 5",
    "notes": "Please call before noon.",
    "sourcePage": "/",
    "attribution": {"utm_source": "google", "utm_campaign": "local"},
}
BODY = json.dumps(_LEAD).encode()
SNAKE_BODY = json.dumps(
    {re.sub("([A-Z])", r"_\1", name).lower(): value for name, value in _LEAD.items() if name != "attribution"}
    | {"customer_phone": "+17725550177"}
).encode()


@dataclass(frozen=True, slots=True)
class Effort:
    """How long to measure: requests on their way at once, seconds a turn, turns."""

    connections: int = 16
    seconds: float = 3.0
    rounds: int = 3


@dataclass(frozen=True, slots=True)
class Question:
    """A server, and what it is asked: `write` gives a writer of requests, new ones at each call."""

    name: str
    server: WebServer
    write: Callable[[], MakeRequest]
    status: int = 200


@dataclass(slots=True)
class Found:
    """What came of the turns of one question: CPU in microseconds per request."""

    runs: list[Run] = field(default_factory=list)
    app: list[float] = field(default_factory=list)
    database: list[float] = field(default_factory=list)
    statements: float = 0.0
    worker_mb: float = 0.0

    @property
    def cpu(self) -> list[float]:
        return [app + database for app, database in zip(self.app, self.database, strict=True)]

    def median(self, of: Callable[[Run], float]) -> float:
        return statistics.median(map(of, self.runs))


def writes(path: str, *, host: str, body: bytes = b"", cookie: str = "") -> Callable[[], MakeRequest]:
    """Return what gives writers of requests; each POST has an idempotency key of its own, as our pages send one."""
    head = f"{'POST' if body else 'GET'} {path} HTTP/1.1\r\nHost: {host}\r\nAccept-Encoding: gzip\r\n"
    head += f"Cookie: {cookie}\r\n" if cookie else ""
    head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n" if body else ""

    def make_writer() -> MakeRequest:
        start, end = f"{head}Idempotency-Key: {str(uuid4())[:24]}".encode(), b"\r\n\r\n" + body
        whole = f"{head}\r\n".encode()
        return (lambda number: b"%b%012x%b" % (start, number, end)) if body else (lambda _number: whole)

    return make_writer


def postmaster() -> int:
    """Return the process of the PostgreSQL that this connection is to. It must be on this machine."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (pid,) = cursor.fetchone()
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def measure(questions: Sequence[Question], effort: Effort) -> dict[str, Found]:
    """Ask in turns, so that what stands beside each other was measured beside each other in time."""
    database, found = postmaster(), {question.name: Found() for question in questions}
    for question in questions:  # caches, connections, prepared statements
        _ask(question, connections=effort.connections, seconds=min(1.0, effort.seconds))
    for _ in range(effort.rounds):
        for question in questions:
            before = question.server.cpu_seconds(), cpu_seconds(database)
            run = _ask(question, connections=effort.connections, seconds=effort.seconds)
            into = found[question.name]
            into.runs.append(run)
            into.app.append((question.server.cpu_seconds() - before[0]) / run.requests * 1e6)
            into.database.append((cpu_seconds(database) - before[1]) / run.requests * 1e6)
    for question in questions:
        found[question.name].worker_mb = question.server.memory_mb()
        found[question.name].statements = _count_statements(question, effort)
    return found


def _ask(question: Question, *, connections: int, seconds: float) -> Run:
    run = run_load(port=question.server.port, make=question.write(), connections=connections, seconds=seconds)
    assert set(run.statuses) == {question.status}, (question.name, run.statuses)
    return run


def _count_statements(question: Question, effort: Effort) -> float:
    """Return how many transactions a request makes: in autocommit one for each statement.

    A backend tells its counts with the first statement after a second, so each is given one before counting. One that
    was given none tells them late: the middle one of several counts is right.
    """
    marks: list[int] = []
    counts: list[float] = []
    for _ in range(1 + effort.rounds):
        time.sleep(1.1 if effort.rounds > 1 else 0.0)
        requests = _ask(question, connections=effort.connections, seconds=min(0.5, effort.seconds)).requests
        with connection.cursor() as cursor:
            cursor.execute("SELECT sum(xact_commit + xact_rollback) FROM pg_stat_database")
            marks.append(int(cursor.fetchone()[0]))
        if len(marks) > 1:
            counts.append((marks[-1] - marks[-2]) / requests)
    return statistics.median(counts)


_INSERT = """
\\set n random(1, 1000000000)
INSERT INTO plain_lead (id, created_at, customer_name, customer_email, customer_phone, requested_service,
    preferred_date_time_text, notes, source_page, status, metadata)
VALUES (gen_random_uuid(), now(), 'Jane Doe', 'jane.doe@example.com', '+17725550177', 'Haircut', 'Friday after 5',
    'Please call before noon ' || :n, '/', 'new', '{"attribution": {"utm_source": "google", "utm_campaign": "local"}}');
"""


def run_pgbench(url: str, effort: Effort, folder: Path) -> Found:
    """Return what PostgreSQL alone does: the same row by a prepared INSERT, from pgbench."""
    script, database, found = folder / "insert.sql", postmaster(), Found()
    script.write_text(_INSERT)
    parts = {name: str(value) for name, value in conninfo_to_dict(url).items()}
    names = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD", "dbname": "PGDATABASE"}
    command = [str(wheels.postgres_programs() / "pgbench"), "-n", "-M", "prepared", "-c", str(effort.connections),
               "-T", str(max(1, round(effort.seconds))), "-f", str(script)]  # fmt: skip
    for _ in range(effort.rounds):
        before = cpu_seconds(database)
        said = subprocess.run(
            command,
            env={names[name]: value for name, value in parts.items() if name in names},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        count, tps, latency = (
            float(re.search(pattern, said)[1])  # type: ignore[index]  # pgbench always says so
            for pattern in (r"actually processed: (\d+)", r"tps = ([\d.]+)", r"latency average = ([\d.]+)")
        )
        found.runs.append(Run(int(count), count / tps, latency, latency, {}))
        found.app.append(0.0)
        found.database.append((cpu_seconds(database) - before) / count * 1e6)
    found.statements = 1.0
    return found
