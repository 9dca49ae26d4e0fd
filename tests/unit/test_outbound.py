"""The guarded way out: which addresses are public, what is asked, what counts as an answer. Real TLS on loopback."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import trustme

from shared_apps.outbound import GuardedClient, OutboundError, is_public_address

HOST = "book.provider.example"
Serve = Callable[[bytes | Callable[[ssl.SSLSocket], None]], int]


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def asked() -> list[bytes]:
    """The heads of the requests that arrived."""
    return []


@pytest.fixture
def serve(authority: trustme.CA, asked: list[bytes]) -> Iterator[Serve]:
    """Return a function that starts a TLS server for HOST, giving one raw answer; returns its port."""
    listeners: list[socket.socket] = []

    def start(answer: bytes | Callable[[ssl.SSLSocket], None]) -> int:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(HOST).configure_cert(context)
        listener = socket.create_server(("127.0.0.1", 0))
        listeners.append(listener)

        def run() -> None:
            with contextlib.suppress(OSError):
                raw, _ = listener.accept()
                with context.wrap_socket(raw, server_side=True) as stream:
                    asked.append(stream.recv(65536))
                    if callable(answer):
                        answer(stream)
                    else:
                        stream.sendall(answer)

        threading.Thread(target=run, daemon=True).start()
        port: int = listener.getsockname()[1]
        return port

    yield start
    for listener in listeners:
        listener.close()


@pytest.fixture
def client(authority: trustme.CA) -> Callable[..., GuardedClient]:
    """Return a function that makes a client which finds HOST on this machine and counts loopback as public."""

    def make(port: int, **options: Any) -> GuardedClient:
        tls = ssl.create_default_context()
        authority.configure_trust(tls)
        given: dict[str, Any] = {"resolve": lambda *_args, **_kwargs: [(0, 0, 0, "", ("127.0.0.1", port))]}
        return GuardedClient(**(given | {"is_public": lambda _address: True, "tls": tls, "port": port} | options))

    return make


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "0.0.0.0", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254",
        "100.64.0.1", "192.0.0.8", "192.0.2.1", "192.88.99.1", "198.18.0.1", "203.0.113.9", "224.0.0.1", "240.0.0.1",
        "255.255.255.255", "::", "::1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "64:ff9b::7f00:1", "2002:7f00:1::",
        "2001::1", "fc00::1", "fd12::1", "fe80::1", "fe80::1%eth0", "ff02::1", "2001:db8::1", "localhost", "", "127.1",
        "::7f00:1", "64:ff9b:1::1", "2001:1::1", "3fff::1", "5f00::1", "fec0::1", "2606:4700:4700::1111%1",
    ],
)  # fmt: skip
def test_address_that_is_not_public(address: str) -> None:
    assert not is_public_address(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "172.32.0.1", "2606:4700:4700::1111", "2a00:1450::1"])
def test_address_that_is_public(address: str) -> None:
    assert is_public_address(address)


def test_status_and_headers_in_order(serve: Serve, client: Callable[..., GuardedClient], asked: list[bytes]) -> None:
    port = serve(b"HTTP/1.1 200 OK\r\nX-Frame-Options: DENY\r\nSet-Cookie: a=1\r\nset-cookie: b=2\r\n\r\n<h1>x</h1>")
    answer = client(port).fetch_headers(f"https://{HOST}/a/b?c=d")

    assert answer.status == 200
    assert answer.headers == (("x-frame-options", "DENY"), ("set-cookie", "a=1"), ("set-cookie", "b=2"))
    assert asked[0].startswith(b"GET /a/b?c=d HTTP/1.1\r\nHost: book.provider.example\r\n")
    assert b"cookie" not in asked[0].lower()


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "bad_answer"),
        (b"nonsense\r\n\r\n", "bad_answer"),
        (b"HTTP/1.1 abc\r\n\r\n", "bad_answer"),
        (b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 200 + b"\r\n", "bad_answer"),
        (b"HTTP/1.1 200 OK\r\nA: " + b"x" * 100_000 + b"\r\n\r\n", "bad_answer"),
    ],
    ids=["nothing", "no http", "no status", "many headers", "long header"],
)
def test_answer_that_is_none(raw: bytes, code: str, serve: Serve, client: Callable[..., GuardedClient]) -> None:
    with pytest.raises(OutboundError) as caught:
        client(serve(raw)).fetch_headers(f"https://{HOST}/")
    assert caught.value.code == code


def test_folded_header_and_bare_line_feeds(serve: Serve, client: Callable[..., GuardedClient]) -> None:
    port = serve(b"HTTP/1.1 200 OK\nContent-Security-Policy: frame-ancestors\n 'none'\n\n")
    assert client(port).fetch_headers(f"https://{HOST}/").headers == (
        ("content-security-policy", "frame-ancestors 'none'"),
    )


def test_slow_answer_ends_at_the_deadline(serve: Serve, client: Callable[..., GuardedClient]) -> None:
    def drip(stream: ssl.SSLSocket) -> None:
        stop = threading.Event()
        with contextlib.suppress(OSError):
            stream.sendall(b"HTTP/1.1 204 No Content\r\nX: ")
            for _ in range(30):
                stream.sendall(b"x")
                stop.wait(0.05)
            stream.sendall(b"\r\n\r\n")  # complete, and too late

    with pytest.raises(OutboundError) as caught:
        client(serve(drip), total_seconds=0.4).fetch_headers(f"https://{HOST}/")
    assert caught.value.code == "timeout"


@pytest.mark.parametrize(
    "url",
    [
        "http://book.provider.example/",
        "https://book.provider.example:8443/",
        "https://user@book.provider.example/",
        "https:///nowhere",
        "https://book.provider.example/\r\nHost: evil",
        "https://book.provider.example/é",
        "ftp://book.provider.example/",
    ],
)
def test_address_that_is_not_asked(url: str, client: Callable[..., GuardedClient]) -> None:
    def never(*_args: Any, **_kwargs: Any) -> Any:
        raise AssertionError("looked up")

    with pytest.raises(OutboundError) as caught:
        client(1, resolve=never).fetch_headers(url)
    assert caught.value.code == "not_https"


def test_one_private_address_among_many_is_enough(client: Callable[..., GuardedClient]) -> None:
    entries = [(0, 0, 0, "", ("93.184.216.34", 443)), (0, 0, 0, "", ("10.0.0.1", 443))]
    with pytest.raises(OutboundError) as caught:
        client(1, resolve=lambda *_a, **_k: entries, is_public=is_public_address).fetch_headers(f"https://{HOST}/")
    assert caught.value.code == "host_not_public"


def test_address_that_refuses_gives_way_to_the_next(serve: Serve, client: Callable[..., GuardedClient]) -> None:
    port = serve(b"HTTP/1.1 204 No Content\r\n\r\n")
    entries = [(0, 0, 0, "", ("::1", port)), (0, 0, 0, "", ("127.0.0.1", port))]

    assert client(port, resolve=lambda *_a, **_k: entries).fetch_headers(f"https://{HOST}/").status == 204


def test_the_address_that_was_checked_is_the_one_that_is_asked(
    serve: Serve, client: Callable[..., GuardedClient]
) -> None:
    port = serve(b"HTTP/1.1 204 No Content\r\n\r\n")
    lookups: list[str] = []

    def rebind(host: str, *_args: Any, **_kwargs: Any) -> list[tuple[Any, ...]]:
        lookups.append(host)
        return [(0, 0, 0, "", ("127.0.0.1" if len(lookups) == 1 else "169.254.169.254", port))]

    assert client(port, resolve=rebind).fetch_headers(f"https://{HOST}/").status == 204
    assert lookups == [HOST]


def test_name_that_resolves_to_nothing_or_not_in_time(client: Callable[..., GuardedClient]) -> None:
    def fail(*_args: Any, **_kwargs: Any) -> Any:
        raise socket.gaierror

    resolvers: list[Any] = [fail, lambda *_a, **_k: []]
    for resolve in resolvers:
        with pytest.raises(OutboundError) as caught:
            client(1, resolve=resolve).fetch_headers(f"https://{HOST}/")
        assert caught.value.code == "unreachable"

    done = threading.Event()
    with pytest.raises(OutboundError) as late:
        client(1, resolve=lambda *_a, **_k: done.wait(5) and [], total_seconds=0.1).fetch_headers(f"https://{HOST}/")
    done.set()
    assert late.value.code == "timeout"


def test_certificate_of_another_name_or_authority(serve: Serve, client: Callable[..., GuardedClient]) -> None:
    with pytest.raises(OutboundError) as name:
        client(serve(b"")).fetch_headers("https://other.provider.example/")
    assert name.value.code == "tls"

    with pytest.raises(OutboundError) as unknown:
        client(serve(b""), tls=ssl.create_default_context()).fetch_headers(f"https://{HOST}/")
    assert unknown.value.code == "tls"


def test_nobody_listens(client: Callable[..., GuardedClient]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    with pytest.raises(OutboundError) as caught:
        client(port).fetch_headers(f"https://{HOST}/")
    assert caught.value.code == "unreachable"
