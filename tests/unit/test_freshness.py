"""The check for newer patch releases, against an index of our own: it says what is behind, and fails when blind."""

import threading
import zipfile
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from packaging.version import Version

from tests.freshness import ROOT, LookUpFailedError, find_newer_patches, list_direct, read_pins


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        return None


def _publish(folder: Path, name: str, version: str) -> None:
    """Put an empty wheel into the index."""
    place = folder / name
    place.mkdir(exist_ok=True)
    wheel = f"{name}-{version}-py3-none-any.whl"
    info = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(place / wheel, "w") as archive:
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
    links = "".join(f'<a href="{each.name}">{each.name}</a>' for each in sorted(place.glob("*.whl")))
    (place / "index.html").write_text(f"<!doctype html><body>{links}</body>")


@pytest.fixture
def index(tmp_path: Path) -> Iterator[tuple[Path, list[str]]]:
    """A package index on this machine, and how uv is told to use nothing else."""
    folder = tmp_path / "index"
    folder.mkdir()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_address[1]}/"
    yield folder, ["--default-index", address, "--cache-dir", str(tmp_path / "cache"), "--no-config"]
    server.shutdown()
    server.server_close()


def test_newer_patch_is_found_and_a_newer_minor_is_not(index: tuple[Path, list[str]]) -> None:
    folder, options = index
    for name, version in [
        ("ahead", "1.2.3"),
        ("ahead", "1.2.10"),
        ("ahead", "1.3.0"),
        ("still", "2.0"),
        ("still", "3.0"),
    ]:
        _publish(folder, name, version)

    found = find_newer_patches({"ahead": Version("1.2.3"), "still": Version("2.0")}, options=options)

    assert found == {"ahead": Version("1.2.10")}


def test_release_candidate_is_no_newer_release(index: tuple[Path, list[str]]) -> None:
    folder, options = index
    for version in ("1.2.3", "1.2.4rc1"):
        _publish(folder, "ahead", version)

    assert find_newer_patches({"ahead": Version("1.2.3")}, options=options) == {}


def test_package_the_index_lacks_fails_the_check(index: tuple[Path, list[str]]) -> None:
    folder, options = index
    _publish(folder, "still", "2.0")

    with pytest.raises(LookUpFailedError):
        find_newer_patches({"still": Version("2.0"), "gone": Version("1.0")}, options=options)


def test_index_that_is_away_fails_the_check(index: tuple[Path, list[str]]) -> None:
    folder, options = index
    _publish(folder, "still", "2.0")
    assert find_newer_patches({"still": Version("2.0")}, options=options) == {}

    away = [option.replace("127.0.0.1", "127.0.0.1:1/") if "http" in option else option for option in options]
    with pytest.raises(LookUpFailedError):
        find_newer_patches({"still": Version("2.0")}, options=away)


def test_every_direct_dependency_is_locked() -> None:
    pins = read_pins((ROOT / "requirements" / "dev.txt").read_text(encoding="utf-8"))
    direct = list_direct((ROOT / "pyproject.toml").read_text(encoding="utf-8"))

    assert direct - pins.keys() == set()
    assert {"django", "uv", "pyyaml"} <= direct
