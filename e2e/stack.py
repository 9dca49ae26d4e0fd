"""Starts and stops the product by its own command, and asks it questions from outside."""

import http.cookiejar
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
# The subdomains that `create_demo_tenants --all-industries` adds.
INDUSTRIES = [
    "salon",
    "barbershop",
    "med-spa",
    "dental",
    "fitness",
    "massage",
    "auto-detailing",
    "home-services",
    "pet-grooming",
    "photography",
    "tutoring",
    "restaurant",
]
_SETTINGS = ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "SAAS_DOMAIN", "EMAIL_URL", "DJANGO_SETTINGS_MODULE")


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


class Answer:
    """What a server said. `body` is parsed when it is JSON."""

    def __init__(self, status: int, headers: Any, raw: bytes) -> None:
        self.status = status
        self.headers = headers
        self.text = raw.decode()
        self.body: Any = json.loads(raw) if "json" in headers.get("Content-Type", "") else None


class _StayHere(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        return None


class Stack:
    """The demo, in a data folder and on a port of its own."""

    def __init__(self, *, data_dir: Path) -> None:
        self.data_dir = data_dir
        self.port = _free_port()
        self._process: subprocess.Popen[bytes] | None = None

    def _environment(self) -> dict[str, str]:
        environment = {name: value for name, value in os.environ.items() if name not in _SETTINGS}
        return environment | {
            "HANDOFF_DATA_DIR": str(self.data_dir),
            "PORT": str(self.port),
            "RATE_CAPTURE_PER_IP": "100000/m",
            "RATE_CAPTURE_PER_TENANT": "100000/m",
            "RATE_ASSISTANT": "10000/m",
        }

    def manage(self, *arguments: str) -> str:
        """Run a management command beside it; returns what it printed."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self._environment(),
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
        )
        return done.stdout

    def start(self, *, seconds: float = 120) -> None:
        """Start it and wait until GET /health/ready is 200."""
        environment = self._environment()
        with (self.data_dir / "demo.log").open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "saas.embedded", "demo"], cwd=ROOT, env=environment, stdout=log, stderr=log
            )
        deadline = time.monotonic() + seconds
        while not self._is_ready():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"the demo did not start:\n{(self.data_dir / 'demo.log').read_text()[-4000:]}")
            time.sleep(0.2)

    def _is_ready(self) -> bool:
        try:
            return self.ask("GET", "/health/ready", host="localhost").status == 200
        except OSError:
            return False

    def stop(self) -> None:
        """Stop it as Ctrl-C does, and wait."""
        assert self._process is not None
        self._process.send_signal(signal.SIGINT)
        self._process.wait(timeout=60)

    def url(self, subdomain: str, path: str = "/") -> str:
        """Return a tenant's address as a visitor types it."""
        return f"http://{subdomain}.localhost:{self.port}{path}"

    def ask(
        self,
        method: str,
        path: str,
        *,
        host: str,
        json_body: Any = None,
        form: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
        cookies: http.cookiejar.CookieJar | None = None,
    ) -> Answer:
        """Send one request, follow nothing."""
        sent = {"Host": f"{host}:{self.port}"} | (headers or {})
        data = None
        if json_body is not None:
            data, sent["Content-Type"] = json.dumps(json_body).encode(), "application/json"
        elif form is not None:
            data, sent["Content-Type"] = urllib.parse.urlencode(form).encode(), "application/x-www-form-urlencoded"
        elif method == "POST":
            data = b""
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", data=data, headers=sent, method=method)
        opener = urllib.request.build_opener(_StayHere, urllib.request.HTTPCookieProcessor(cookies))
        try:
            with opener.open(request, timeout=15) as response:
                return Answer(response.status, response.headers, response.read())
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, error.headers, error.read())
