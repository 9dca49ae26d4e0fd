"""A server between us and PostgreSQL that loses an answer: what was asked is done, and nobody hears of it."""

import socket
import threading
from contextlib import suppress
from typing import Any


def connect_to(settings: dict[str, Any]) -> socket.socket:
    """Return a connection to the PostgreSQL of Django's settings, by its unix socket or by TCP."""
    host, port = str(settings["HOST"]), int(settings["PORT"] or 5432)
    if host.startswith("/"):
        found = socket.socket(socket.AF_UNIX)
        found.connect(f"{host}/.s.PGSQL.{port}")
        return found
    return socket.create_connection((host, port))


class LosingProxy:
    """Passes everything on, until a message holds `marker`: then the server's answer to it is thrown away, and both
    connections are cut. `lost` counts; at most `times` answers are lost.
    """

    def __init__(self, settings: dict[str, Any], *, marker: bytes, times: int = 1) -> None:
        self._settings = settings
        self._marker = marker
        self._left = times
        self.lost = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = connect_to(self._settings)
                is_armed = threading.Event()
                threading.Thread(target=self._ask, args=(client, server, is_armed), daemon=True).start()
                threading.Thread(target=self._answer, args=(server, client, is_armed), daemon=True).start()

    def _ask(self, client: socket.socket, server: socket.socket, armed: threading.Event) -> None:
        with suppress(OSError):
            while data := client.recv(65536):
                if self._left and self._marker in data:
                    self._left -= 1
                    armed.set()
                server.sendall(data)
        server.close()

    def _answer(self, server: socket.socket, client: socket.socket, armed: threading.Event) -> None:
        with suppress(OSError):
            while data := server.recv(65536):
                if armed.is_set():
                    # ReadyForQuery, the last message of an answer, comes after the commit.
                    while b"Z\x00\x00\x00\x05" not in data:
                        data += server.recv(65536)
                    self.lost += 1
                    break
                client.sendall(data)
        for end in (client, server):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def stop(self) -> None:
        self._listener.close()
