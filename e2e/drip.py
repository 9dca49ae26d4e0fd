"""A bad line: the page comes a few hundred bytes at a time, and the browser draws what it has."""

import http.client
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

_SLICE = 300  # bytes
_PAUSE = 0.02  # seconds between two slices, longer than the browser takes to draw a frame


@contextmanager
def drip(port: int) -> Iterator[int]:
    """Serve what listens on `port`, drop by drop; yields the port to visit."""

    class _Drip(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:  # the name is BaseHTTPRequestHandler's
            host = self.headers["Host"].partition(":")[0]
            connection = http.client.HTTPConnection("127.0.0.1", port)
            connection.request("GET", self.path, headers={"Host": f"{host}:{port}", "Accept-Language": "en"})
            answer = connection.getresponse()
            body = answer.read()
            connection.close()
            self.send_response(answer.status)
            for name in ("Content-Type", "Content-Security-Policy"):
                if answer.getheader(name):
                    self.send_header(name, str(answer.getheader(name)))
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            start = max(body.find(b"<body"), 0)
            self.wfile.write(body[:start])
            for at in range(start, len(body), _SLICE):
                self.wfile.write(body[at : at + _SLICE])
                self.wfile.flush()
                time.sleep(_PAUSE)

        def log_message(self, *arguments: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), _Drip)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield int(server.server_address[1])
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
