"""The Caddy of production in front of a web server of ours: its own Caddyfile, with certificates it signs itself."""

import http.client
import json
import os
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from tests.faults.conftest import dead_port
from tests.faults.processes import ROOT, kill, wait_for
from tests.faults.web import Web

DOMAIN = "handoff.test"
_CADDYFILE = ROOT / "docs" / "deployment" / "Caddyfile"


class Answer(NamedTuple):
    """A response as a browser gets it."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


class _Connection(http.client.HTTPConnection):
    """A connection to this machine, by TLS, to the server of that name."""

    def __init__(self, host: str, port: int, context: ssl.SSLContext) -> None:
        super().__init__(host, timeout=40)
        self._port, self._context = port, context

    def connect(self) -> None:
        plain = socket.create_connection(("127.0.0.1", self._port), timeout=self.timeout)
        self.sock = self._context.wrap_socket(plain, server_hostname=self.host)


class Caddy:
    """A Caddy that runs, and what asks it as a browser does: by name, with its certificates checked."""

    def __init__(self, folder: Path, web: Web) -> None:
        self._folder = folder
        self.port, self.plain_port = dead_port(), dead_port()
        (folder / "Caddyfile").write_text(self._adapt(_CADDYFILE.read_text(), web))
        with (folder / "caddy.log").open("wb") as log:
            self.process = subprocess.Popen(
                [Path(sys.executable).with_name("caddy"), "run", "--config", folder / "Caddyfile"],
                env=os.environ | {"SAAS_DOMAIN": DOMAIN, "ACME_EMAIL": "a@b.example", "HOME": str(folder)},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        root = folder / "pki" / "authorities" / "local" / "root.crt"
        wait_for(root.is_file)
        self._context = ssl.create_default_context(cafile=root)
        wait_for(lambda: all(map(self._has_certificate, (DOMAIN, f"any.{DOMAIN}"))))

    def _has_certificate(self, host: str) -> bool:
        connection = self.connect(host)
        try:
            connection.connect()
        except OSError:
            return False
        finally:
            connection.close()
        return True

    def _adapt(self, text: str, web: Web) -> str:
        """Return the Caddyfile with what is of the machine replaced, and nothing else."""
        own = (
            f"default_bind 127.0.0.1\n http_port {self.plain_port}\n https_port {self.port}\n admin off\n"
            f" skip_install_trust\n storage file_system {self._folder}"
        )
        for old, new, times in (
            ("email {$ACME_EMAIL}", own, 1),
            ("web:8000", f"127.0.0.1:{web.port}", 2),
            ("dns cloudflare {$CLOUDFLARE_API_TOKEN}", "issuer internal", 1),
            ("\t\ton_demand\n", "\t\ton_demand\n\t\tissuer internal\n", 1),
        ):
            assert text.count(old) == times, old
            text = text.replace(old, new)
        return text

    def read_log(self) -> str:
        return (self._folder / "caddy.log").read_text()

    def connect(self, host: str) -> _Connection:
        """Return a connection that is made when it is used."""
        return _Connection(host, self.port, self._context)

    def ask(
        self, host: str, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Send one request; bytes as they are, anything else as JSON, an iterator in chunks without a length."""
        connection = self.connect(host)
        try:
            if isinstance(body, dict):
                body, headers = json.dumps(body).encode(), {"Content-Type": "application/json"} | dict(headers or {})
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return Answer(answer.status, answer.headers, answer.read())
        finally:
            connection.close()


@contextmanager
def caddy(folder: Path, web: Web) -> Iterator[Caddy]:
    """Run the body with a Caddy in front of a web server."""
    front = Caddy(folder, web)
    try:
        yield front
    finally:
        kill(front.process)
        sys.stdout.write(front.read_log())  # pytest shows it with a failure
