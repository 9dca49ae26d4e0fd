"""Starts the product and its peers: each with its own database on the one PostgreSQL, all at once."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from django.conf import settings
from psycopg import sql
from psycopg.conninfo import make_conninfo

from tests.bench.processes import ROOT, WebServer, granian, gunicorn
from tests.isolation.other_process import child_environment, database_url

HOST = "bench.localhost"
_PEERS = "tests.bench.peers"
NO_LIMITS = dict.fromkeys(("RATE_CAPTURE_PER_IP", "RATE_CAPTURE_PER_TENANT", "RATE_API"), "100000000/m")


@dataclass(frozen=True, slots=True)
class Contenders:
    """The servers; `plain` is the measure `c`, `plain_url` its database, `plain_session` the key of a session in it.

    `full` is `c` with more of what a capture of ours does, in the same database.
    """

    product: WebServer
    plain: WebServer
    full: WebServer
    tutorial: WebServer
    tutorial_kept: WebServer
    bare: WebServer
    plain_url: str
    plain_session: str


@contextmanager
def started(folder: Path) -> Iterator[Contenders]:
    """Run the body with all of them up."""
    ours = child_environment(**NO_LIMITS, HANDOFF_DATA_DIR=str(folder / ".data"))
    with ExitStack() as stack:
        plain_url = stack.enter_context(_database("bench_plain"))
        tutorial_url = stack.enter_context(_database("bench_tutorial"))
        plain = _peer_environment(plain_url)
        tutorial = _peer_environment(tutorial_url)
        plain_session = _prepare("plain", plain)
        _prepare("full", plain)
        _prepare("tutorial", tutorial, HOST)
        kept = tutorial | {"PEER_CONN_MAX_AGE": "600"}
        yield Contenders(
            product=stack.enter_context(
                granian("saas.wsgi:application", threads=4, environment=ours, log=folder / "product.log")
            ),
            plain=stack.enter_context(
                granian(f"{_PEERS}.plain:application", threads=1, environment=plain, log=folder / "plain.log")
            ),
            full=stack.enter_context(
                granian(f"{_PEERS}.full:application", threads=1, environment=plain, log=folder / "full.log")
            ),
            tutorial=stack.enter_context(
                gunicorn(f"{_PEERS}.tutorial:application", threads=4, environment=tutorial, log=folder / "drf.log")
            ),
            tutorial_kept=stack.enter_context(
                gunicorn(f"{_PEERS}.tutorial:application", threads=4, environment=kept, log=folder / "drf-kept.log")
            ),
            bare=stack.enter_context(
                granian(f"{_PEERS}.bare:application", threads=1, environment=plain, log=folder / "bare.log")
            ),
            plain_url=plain_url,
            plain_session=plain_session,
        )


@contextmanager
def _database(name: str) -> Iterator[str]:
    """A database for a peer, and its address; dropped at the end."""
    drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
    with psycopg.connect(database_url(), autocommit=True) as owner:
        owner.execute(drop)
        owner.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    try:
        yield make_conninfo(database_url(), dbname=name)
    finally:
        with psycopg.connect(database_url(), autocommit=True) as owner:
            owner.execute(drop)


def _peer_environment(url: str) -> dict[str, str]:
    """The peers know nothing of our settings."""
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG", "VIRTUAL_ENV")}
    return kept | {"PEER_DATABASE": url, "PEER_REDIS": settings.REDIS_URL, "PYTHONPATH": str(ROOT)}


def _prepare(peer: str, environment: Mapping[str, str], *arguments: str) -> str:
    """Run a peer as a program; return what it says."""
    command = [sys.executable, "-m", f"{_PEERS}.{peer}", *arguments]
    done = subprocess.run(command, cwd=ROOT, env=dict(environment), capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"the peer {peer} could not be prepared: {done.stderr[-2000:]}")
    return done.stdout
