"""What `make demo` decides before and after its servers run: the port, who else runs, what is ready."""

import http.server
import io
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from saas.embedded import demo, ports
from saas.embedded.__main__ import main
from saas.embedded.errors import EmbeddedError, PortTakenError
from saas.embedded.locks import FileLock
from saas.embedded.paths import DataPaths
from saas.embedded.progress import Progress

pytestmark = pytest.mark.enable_socket


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen(1)
        yield other.getsockname()[1]


def test_port_that_was_asked_for_is_used() -> None:
    port = ports.free_port()
    assert demo.choose_port(str(port), Progress(io.StringIO())) == port


def test_port_that_was_asked_for_and_is_taken_is_one_line_naming_port(taken_port: int) -> None:
    with pytest.raises(PortTakenError) as caught:
        demo.choose_port(str(taken_port), Progress(io.StringIO()))
    assert f"PORT={taken_port}" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("asked", ["0", "65536", "-1", "http", "8000.0", "٨٠٠٠", " "])
def test_port_that_is_no_port_is_refused(asked: str) -> None:
    with pytest.raises(EmbeddedError, match="no port number"):
        demo.choose_port(asked, Progress(io.StringIO()))


def test_default_port_that_is_taken_gives_the_next_and_says_so(
    taken_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo, "_DEFAULT_PORT", taken_port)
    told = io.StringIO()
    chosen = demo.choose_port("", Progress(told))
    assert chosen > taken_port
    assert f"Port {taken_port} is taken by another program: using {chosen}" in told.getvalue()


@pytest.mark.parametrize(("family", "address"), [(socket.AF_INET, "0.0.0.0"), (socket.AF_INET6, "::1")])
def test_port_is_taken_by_a_listener_on_any_loopback_address(family: socket.AddressFamily, address: str) -> None:
    with socket.socket(family) as other:
        try:
            other.bind((address, 0))
        except OSError:
            pytest.skip("this machine has no such address")
        other.listen(1)
        assert not ports.is_port_free(other.getsockname()[1])


def test_second_demo_on_the_same_folder_says_where_the_first_one_is(paths: DataPaths) -> None:
    first = FileLock(paths.run / "demo.lock")
    assert first.try_alone()
    (paths.run / "demo.state").write_text("http://localhost:8000")
    with pytest.raises(EmbeddedError, match=r"already runs .*: http://localhost:8000"):
        demo._claim(FileLock(paths.run / "demo.lock"), paths)
    first.close()


def test_demo_that_is_just_stopping_is_waited_for(paths: DataPaths) -> None:
    first, second = FileLock(paths.run / "demo.lock"), FileLock(paths.run / "demo.lock")
    assert first.try_alone()
    (paths.run / "demo.state").write_text("stopping")
    timer = threading.Timer(0.3, first.close)
    timer.start()
    demo._claim(second, paths)
    timer.join()
    second.close()


def test_taken_port_ends_the_command_with_one_line_and_starts_nothing(
    paths: DataPaths, taken_port: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HANDOFF_DATA_DIR", str(paths.root))
    monkeypatch.setenv("PORT", str(taken_port))
    assert main(["demo"]) == 1
    assert capsys.readouterr().err.count("\n") == 1
    assert not paths.postgres.exists()


class _Health(http.server.BaseHTTPRequestHandler):
    status = 503

    def do_GET(self) -> None:
        assert self.path == "/health/ready"
        self.send_response(self.status)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the base class's name
        return


@pytest.mark.parametrize(("status", "ready"), [(200, True), (503, False), (302, False)])
def test_ready_means_that_the_health_page_says_so(monkeypatch: pytest.MonkeyPatch, status: int, ready: bool) -> None:
    monkeypatch.setattr(_Health, "status", status)
    with http.server.HTTPServer(("127.0.0.1", 0), _Health) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        assert demo.is_ready(server.server_port) is ready
        thread.join()


def test_nobody_listening_is_not_ready() -> None:
    assert demo.ask_health(ports.free_port()) is None


def test_urls_name_the_port_unless_it_is_the_usual_one() -> None:
    assert demo.public_url({"SAAS_DOMAIN": "localhost", "PORT": "9000"}) == "http://localhost:9000"
    assert demo.public_url({"SAAS_DOMAIN": "localhost", "PORT": "80"}, "a") == "http://a.localhost"


def test_parts_are_the_three_of_the_contract() -> None:
    parts = demo.parts(DataPaths(Path("/data")), 9000)
    assert [part.name for part in parts] == ["web", "worker", "beat", "drainer"]
    assert " --host 127.0.0.1 --port 9000 --workers 2 --blocking-threads 4 " in " ".join(parts[0].command)
