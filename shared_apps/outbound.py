"""The one way out to an address that a tenant typed: guarded, by HTTPS, headers only.

A name is resolved once; every address it has must be public, and the connection goes to a checked address itself, so
that a second, private answer (DNS rebinding) is never asked for. Redirects are reported, not followed: who follows one
asks again, guarded again. One deadline holds for all of it, name look-up included. Nothing of the other side's words
reaches a message or a log.
"""

import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlsplit

CONNECT_SECONDS: Final = 3.0
TOTAL_SECONDS: Final = 10.0
MAX_HEADER_BYTES: Final = 64 * 1024

Resolve = Callable[..., Sequence[tuple[Any, ...]]]


class OutboundError(Exception):
    """The address was not asked, or gave no answer that counts.

    `code` is stable: not_https, host_not_public, unreachable, timeout, tls, bad_answer.
    """

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


@dataclass(frozen=True, slots=True)
class Answer:
    """Status and headers of a response, names in lower case, in order, repeated ones kept; the certificate's end."""

    status: int
    headers: tuple[tuple[str, str], ...]
    tls_expires_at: datetime | None = None


# What `is_global` of Python 3.11 lets pass, or what leads to another address: RFC 6890 and its updates.
_SPECIAL = tuple(
    ipaddress.ip_network(network)
    for network in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
        "224.0.0.0/4", "240.0.0.0/4",
        "::/96", "::ffff:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32",
        "2002::/16", "3fff::/20", "5f00::/16", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8",
    )
)  # fmt: skip


def is_public_address(text: str) -> bool:
    """Whether an IP address is one of the open internet: no private, special, mapped or translated one."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    if getattr(address, "scope_id", None) or not address.is_global:
        return False
    return not any(address.version == network.version and address in network for network in _SPECIAL)


class GuardedClient:
    """Asks for the headers of https addresses. The arguments are for tests, which stand on one machine."""

    def __init__(
        self,
        *,
        resolve: Resolve = socket.getaddrinfo,
        is_public: Callable[[str], bool] = is_public_address,
        tls: ssl.SSLContext | None = None,
        port: int = 443,
        connect_seconds: float = CONNECT_SECONDS,
        total_seconds: float = TOTAL_SECONDS,
    ) -> None:
        self._resolve = resolve
        self._is_public = is_public
        self._tls = tls or ssl.create_default_context()
        self._port = port
        self._connect_seconds = connect_seconds
        self._total_seconds = total_seconds

    def fetch_headers(self, url: str) -> Answer:
        """Return status and headers of a canonical `url` (`validators.parse_booking_url`). Raises OutboundError."""
        deadline = time.monotonic() + self._total_seconds
        host, target = _split(url)
        addresses = self._look_up(host, deadline)
        if not addresses or not all(self._is_public(address) for address in addresses):
            raise OutboundError("host_not_public" if addresses else "unreachable")
        raw = self._connect(addresses, deadline)
        with self._tls.wrap_socket(raw, server_hostname=host, do_handshake_on_connect=False) as secure:
            guard = threading.Timer(max(0.0, deadline - time.monotonic()), _shut, [secure])
            guard.daemon = True
            guard.start()
            try:
                secure.do_handshake()
                return _ask(secure, host, target)
            except ssl.SSLError:
                raise OutboundError("timeout" if time.monotonic() >= deadline else "tls") from None
            except TimeoutError:
                raise OutboundError("timeout") from None
            except (OSError, ValueError):
                raise OutboundError("timeout" if time.monotonic() >= deadline else "bad_answer") from None
            finally:
                guard.cancel()

    def _look_up(self, host: str, deadline: float) -> list[str]:
        """The host's addresses. Looking up has no time limit of its own: a thread does it, and is left when late."""
        found: list[str] = []

        def look_up() -> None:
            try:
                entries = self._resolve(host, self._port, type=socket.SOCK_STREAM)
            except (OSError, UnicodeError):
                return
            found.extend(dict.fromkeys(str(entry[4][0]) for entry in entries))

        thread = threading.Thread(target=look_up, name="look-up", daemon=True)
        thread.start()
        thread.join(max(0.0, min(self._connect_seconds, deadline - time.monotonic())))
        if thread.is_alive():
            raise OutboundError("timeout")
        return found

    def _connect(self, addresses: list[str], deadline: float) -> socket.socket:
        for address in addresses:
            seconds = min(self._connect_seconds, deadline - time.monotonic())
            if seconds <= 0:
                break
            try:
                return socket.create_connection((address, self._port), timeout=seconds)
            except OSError:
                continue
        raise OutboundError("timeout" if time.monotonic() >= deadline else "unreachable")


def _ask(secure: ssl.SSLSocket, host: str, target: str) -> Answer:
    secure.sendall(
        f"GET {target} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: booking-handoff/1 (link check)\r\n"
        "Accept: text/html\r\nAccept-Encoding: identity\r\nConnection: close\r\n\r\n".encode("ascii")
    )
    status, headers = _parse(_read_head(secure))
    return Answer(status, headers, _read_expiry(secure))


def _read_expiry(secure: ssl.SSLSocket) -> datetime | None:
    """When the certificate that was just verified ends."""
    ends = (secure.getpeercert() or {}).get("notAfter")
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(ends), UTC) if isinstance(ends, str) else None


def _split(url: str) -> tuple[str, str]:
    """Host and request target of an https address without port and user; raises OutboundError for any other."""
    parts = urlsplit(url)
    if not url.isascii() or any(character <= " " or character == "\x7f" for character in url):
        raise OutboundError("not_https")
    if parts.scheme != "https" or not parts.hostname or parts.netloc != parts.hostname:
        raise OutboundError("not_https")
    return parts.hostname, (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _read_head(stream: socket.socket) -> bytes:
    """What comes before the first empty line, at most 64 KiB of it."""
    head = b""
    while b"\r\n\r\n" not in head and b"\n\n" not in head:
        if len(head) > MAX_HEADER_BYTES:
            raise ValueError("too long")
        received = stream.recv(4096)
        if not received:
            break
        head += received
    return head


def _parse(head: bytes) -> tuple[int, tuple[tuple[str, str], ...]]:
    """Status and headers of a response's head (RFC 9112 sections 4 and 5); raises ValueError for anything else."""
    lines = head.replace(b"\r\n", b"\n").split(b"\n\n", 1)[0].decode("latin-1").split("\n")
    version, _, rest = lines[0].partition(" ")
    status = rest[:3]
    if not version.startswith("HTTP/1.") or not (status.isascii() and status.isdigit()) or len(lines) > 101:
        raise ValueError("no HTTP")
    headers: list[tuple[str, str]] = []
    for line in lines[1:]:
        name, colon, value = line.partition(":")
        if line[:1] in (" ", "\t") and headers:  # a folded line belongs to the one before
            headers[-1] = (headers[-1][0], f"{headers[-1][1]} {line.strip()}")
        elif colon:
            headers.append((name.strip().lower(), value.strip()))
    return int(status), tuple(headers)


def _shut(stream: socket.socket) -> None:
    """Wake whoever waits on a socket: its reads and writes then fail."""
    try:
        socket.socket.shutdown(stream, socket.SHUT_RDWR)  # the plain one: the other end of TLS is not asked
    except OSError:
        return
