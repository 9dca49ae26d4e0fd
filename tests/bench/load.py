"""Sends requests over connections that stay open, from one thread, and says how long each took.

It costs about 20 microseconds a request, which no figure of a server's CPU holds.
"""

import selectors
import socket
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

MakeRequest = Callable[[int], bytes]


@dataclass(frozen=True, slots=True)
class Run:
    """What came of one run. Milliseconds; `statuses` counts answers by status."""

    requests: int
    seconds: float
    p50: float
    p99: float
    statuses: dict[int, int]

    @property
    def per_second(self) -> float:
        return self.requests / self.seconds


class _Connection:
    """One open connection with at most one request on its way."""

    def __init__(self, port: int, make: MakeRequest) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._port, self._make = port, make
        self._answer, self._whole = b"", 0
        self.sent_at = 0.0

    def send(self, number: int) -> None:
        request = self._make(number)
        self._answer, self._whole, self.sent_at = b"", 0, time.perf_counter()
        self.socket.sendall(request)

    def receive(self) -> int | None:
        """Take in what has come; returns the status once the answer is whole."""
        piece = self.socket.recv(65536)
        self._answer += piece
        if not piece:
            raise ConnectionError(f"the server hung up: {self._answer[:200]!r}")
        if not self._whole:
            head, end, _ = self._answer.partition(b"\r\n\r\n")
            if not end:
                return None
            self._whole = len(head) + 4 + _length(head)
        return int(self._answer[9:12]) if len(self._answer) >= self._whole else None


def _length(head: bytes) -> int:
    at = head.lower().find(b"content-length:")
    if at < 0:
        raise ValueError(f"an answer without Content-Length: {head!r}")
    return int(head[at + 15 :].split(b"\r\n", 1)[0])


def run_load(*, port: int, make: MakeRequest, connections: int, seconds: float) -> Run:
    """Keep `connections` requests on their way for `seconds`; the n-th is `make(n)`."""
    taken: list[float] = []
    statuses: dict[int, int] = {}
    with selectors.DefaultSelector() as selector:
        opened = [_Connection(port, make) for _ in range(connections)]
        for number, connection in enumerate(opened):
            selector.register(connection.socket, selectors.EVENT_READ, connection)
            connection.send(number)
        number, began = connections, time.perf_counter()
        ends, waiting = began + seconds, connections
        while waiting:
            ready = selector.select(10)
            if not ready:
                raise TimeoutError(f"no answer within ten seconds, {waiting} on their way")
            for key, _ in ready:
                connection = key.data
                status = connection.receive()
                if status is None:
                    continue
                now = time.perf_counter()
                taken.append((now - connection.sent_at) * 1000)
                statuses[status] = statuses.get(status, 0) + 1
                if now < ends:
                    connection.send(number)
                    number += 1
                else:
                    waiting -= 1
        spent = time.perf_counter() - began
        for connection in opened:
            connection.socket.close()
    taken.sort()
    return Run(len(taken), spent, statistics.median(taken), taken[int(len(taken) * 0.99)], statuses)


def fetch(*, port: int, request: bytes) -> tuple[int, bytes]:
    """Send one request; return the status and the whole answer as it came over the wire."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as link:
        link.sendall(request)
        answer = b""
        while piece := link.recv(65536):
            answer += piece
            head, end, body = answer.partition(b"\r\n\r\n")
            if end and len(body) >= _length(head):
                break
    return int(answer[9:12]), answer
