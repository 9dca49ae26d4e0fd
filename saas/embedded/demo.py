"""`make demo` once everything is installed: servers, migrations, demo data, then web, worker, beat and drainer.

What others may rely on (browser tests start it beside a running demo):

- HANDOFF_DATA_DIR names the folder for all state; PORT the port. A PORT given and taken ends the start with one line;
  without PORT it is 8000, or the next free one.
- DATABASE_URL and REDIS_URL name servers to use instead of the embedded ones. Every setting of the application is
  taken from the environment first, then from `<data folder>/env`, which is written here.
- The line that starts with `Ready: ` comes when GET /health/ready has answered 200; its second word is the public URL.
- SIGTERM or Ctrl-C ends everything in order with exit code 0; a second one at once. Exit code 1: the start failed.
"""

import http.client
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress

from saas.embedded import ports, processes
from saas.embedded.environment import EMBEDDED, demo_values, update_env_file
from saas.embedded.errors import EmbeddedError, PortTakenError
from saas.embedded.locks import FileLock
from saas.embedded.paths import CHECKOUT, DataPaths
from saas.embedded.progress import Progress
from saas.embedded.services import Services, embedded_services
from saas.embedded.supervisor import Part, Supervisor, end_left_overs

_DEFAULT_PORT = 8000
_READY_SECONDS = 90.0
_DEATHS_BEFORE_READY = 3
_DEMO_TENANTS = ("coastal-cuts", "harbor-wellness", "sunrise-auto")
_DEMO_PASSWORD = "handoff-demo"  # noqa: S105 -- the published password of demo logins


def run_demo(
    paths: DataPaths,
    environ: Mapping[str, str],
    progress: Progress,
    *,
    stop_when: Callable[[], bool] = lambda: False,
) -> int:
    """Run the demo until a signal comes, or `stop_when()` holds, asked once a second. Returns the exit code.

    Raises:
        EmbeddedError: the start failed; the message says why in one line.
    """
    paths.create()
    lock = FileLock(paths.run / "demo.lock")
    try:
        _claim(lock, paths)
        count = end_left_overs(paths)
        if count:
            progress.say(f"Ended {count} processes that an earlier, killed run had left")
        port = choose_port(environ.get("PORT", ""), progress)
        with embedded_services(
            paths,
            postgres=not environ.get("DATABASE_URL"),
            redis=not environ.get("REDIS_URL"),
            progress=progress,
        ) as services:
            return _run_with(services, paths, environ, port, progress=progress, stop_when=stop_when)
    finally:
        lock.close()


def _claim(lock: FileLock, paths: DataPaths) -> None:
    """Be the only demo of the data folder; one that is just stopping is waited for."""
    note = paths.run / "demo.state"
    while not lock.try_alone(2.0):
        said = note.read_text() if note.exists() else ""
        if said != "stopping":
            raise EmbeddedError(f"make demo already runs on {paths.root}{f': {said}' if said else ''}; stop it first.")
    note.write_text("")


def choose_port(asked: str, progress: Progress) -> int:
    """Return the port to listen on.

    Args:
        asked: the value of PORT, "" when it is not set.

    Raises:
        PortTakenError: PORT is set and another program listens there.
        EmbeddedError: PORT is no port number.
    """
    if not asked:
        port = ports.next_free_port(_DEFAULT_PORT)
        if port is None:
            raise PortTakenError(f"The ports from {_DEFAULT_PORT} on are taken: set PORT to a free one.")
        if port != _DEFAULT_PORT:
            progress.say(f"Port {_DEFAULT_PORT} is taken by another program: using {port}")
        return port
    if not asked.isascii() or not asked.isdigit() or not 0 < int(asked) < 65536:
        raise EmbeddedError(f"PORT={asked} is no port number (1 to 65535).")
    if not ports.is_port_free(int(asked)):
        raise PortTakenError(
            f"PORT={asked} is taken by another program: choose another one, as in PORT=9000 make demo."
        )
    return int(asked)


def _run_with(
    services: Services,
    paths: DataPaths,
    environ: Mapping[str, str],
    port: int,
    *,
    progress: Progress,
    stop_when: Callable[[], bool],
) -> int:
    values = demo_values(paths, environ, port) | services.urls
    embedded = ",".join(use.name for use in services.uses)
    update_env_file(paths, values | {EMBEDDED: embedded})
    supervisor = Supervisor(
        paths,
        environ=dict(environ) | values | {"HANDOFF_DATA_DIR": str(paths.root), "PYTHONPATH": str(CHECKOUT)},
        inherited=services.descriptors(),
        say=progress.say,
        each_second=lambda: _keep(services, progress),
        stop_when=stop_when,
    )
    supervisor.catch_signals()
    note = paths.run / "demo.state"
    try:
        code = _bring_up(supervisor, paths, port, progress)
        if code is None:
            note.write_text(public_url(values))
            _print_logins(values)
            supervisor.watch(until=lambda: False)
            code = 0
    finally:
        note.write_text("stopping")
        if supervisor.must_stop:
            progress.say("Stopping; the data stays")
        supervisor.stop(["web"], ["beat", "worker", "drainer"])
    return code


def _keep(services: Services, progress: Progress) -> None:
    """Start what has lost its guard again; a failure is told and tried again a second later."""
    try:
        services.ensure()
    except EmbeddedError as error:
        progress.say(str(error))


def _bring_up(supervisor: Supervisor, paths: DataPaths, port: int, progress: Progress) -> int | None:
    """Migrate, fill, start the parts and wait. Returns None when all is ready, else the exit code."""
    manage = [sys.executable, str(CHECKOUT / "manage.py")]
    for name, doing, command in (
        ("migrate", "Database: applying migrations", "migrate_all"),
        ("demo-data", "Demo data: the three tenants", "create_demo_tenants"),
    ):
        progress.say(f"{doing} ...")
        code = supervisor.run_once(name, [*manage, command])
        if supervisor.must_stop:
            return 0
        if code != 0:
            raise EmbeddedError(f"`manage.py {command}` failed with exit code {code}.")
    progress.say("Web server, worker, beat and drainer: starting ...")
    supervisor.start(parts(paths, port))
    deadline = time.monotonic() + _READY_SECONDS
    supervisor.watch(until=lambda: is_ready(port) or _is_hopeless(supervisor, deadline))
    if supervisor.must_stop:
        return 0
    if not is_ready(port):
        raise EmbeddedError(
            f"GET /health/ready on port {port} answers {ask_health(port) or 'nothing'}; see {paths.logs}."
            + _last_words(supervisor, paths)
        )
    return None


def parts(paths: DataPaths, port: int) -> list[Part]:
    """Return the processes of the application: the same commands as in compose.yaml, on loopback."""
    web = f"""granian --interface wsgi --host 127.0.0.1 --port {port} --workers 2
        --blocking-threads 4 --blocking-threads-idle-timeout 600 --http 1 --no-ws
        --respawn-failed-workers --respawn-interval 15 --workers-kill-timeout 8
        --log-config saas/granian-log.json saas.wsgi:application"""
    worker = "celery --quiet -A worker.app worker --concurrency 2 --loglevel INFO --without-gossip --without-mingle"
    beat = "celery --quiet -A worker.app beat --loglevel INFO --pidfile= --schedule"
    run = [sys.executable, "-m"]
    return [
        Part("web", [*run, *web.split()]),
        Part("worker", [*run, *worker.split()]),
        Part("beat", [*run, *beat.split(), str(paths.run / "beat-schedule")], stop_seconds=5.0),
        Part("drainer", [sys.executable, str(CHECKOUT / "manage.py"), "drain_journal"]),
    ]


def ask_health(port: int) -> int | None:
    """Return the status of GET /health/ready, None when nobody answers within two seconds."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2.0)
    try:
        connection.request("GET", "/health/ready")
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def is_ready(port: int) -> bool:
    return ask_health(port) == 200


def _is_hopeless(supervisor: Supervisor, deadline: float) -> bool:
    many = any(part.deaths >= _DEATHS_BEFORE_READY for part in supervisor.parts)
    return many or time.monotonic() > deadline


def _last_words(supervisor: Supervisor, paths: DataPaths) -> str:
    """Return the end of the log of the part that keeps dying, else of the web server."""
    part = max(supervisor.parts, key=lambda part: part.deaths)
    log = paths.log(part.name)
    with suppress(OSError):
        lines = log.read_text(errors="replace").splitlines()[-15:]
        return f"\nThe end of {log.name}:\n" + "\n".join(lines)
    return ""


def public_url(values: Mapping[str, str], subdomain: str = "") -> str:
    """Return where the demo is reached, such as `http://coastal-cuts.localhost:8000`."""
    host = f"{subdomain}.{values['SAAS_DOMAIN']}" if subdomain else values["SAAS_DOMAIN"]
    return f"http://{host}" + ("" if values["PORT"] == "80" else f":{values['PORT']}")


def _print_logins(values: Mapping[str, str]) -> None:
    lines = [f"\nReady: {public_url(values)}", ""]
    for tenant in _DEMO_TENANTS:
        url = public_url(values, tenant)
        lines.append(f"  {url}   owner@{tenant}.example, staff@{tenant}.example (login: {url}/login)")
    lines += [
        "",
        f"  Platform admin: admin@platform.example. The password of every demo login: {_DEMO_PASSWORD}",
        "  Ctrl-C stops everything and leaves the data.",
    ]
    print("\n".join(lines), flush=True)


def stop_with_make() -> Callable[[], bool]:
    """Stop, in order, when the `make` that started us is killed without a chance to tell us.

    Returns a question: was that make interrupted? On a terminal Ctrl-C reaches us too, but make passes a SIGINT that
    was sent to it alone on to nobody: it only takes its handler away and waits for us, for ever.
    """
    processes.stop_with_parent(signal.SIGTERM)
    make = os.getppid()
    if make == 1:
        raise EmbeddedError("make is gone already.")
    had_handler = processes.catches(make, signal.SIGINT)
    return lambda: had_handler and not processes.catches(make, signal.SIGINT)
