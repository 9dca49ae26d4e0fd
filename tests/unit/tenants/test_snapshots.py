"""What is kept of a tenant for when the database is away: signed, private, in one piece, and not for ever."""

import os
import time
from pathlib import Path
from typing import Any

import pytest

from shared_apps import quick_redis
from shared_apps.tenants.snapshots import SnapshotStore
from tests.faults.conftest import dead_port

STORE = SnapshotStore("things")
FILE = "t_somewhere"
VALUE = {"name": "Ana", "services": ["Cut", "Colour"], "hours": 24}


@pytest.fixture(autouse=True)
def own_folder(settings: Any, tmp_path: Path) -> Path:
    settings.STATE_DIR = tmp_path
    settings.REDIS_URL = f"redis://127.0.0.1:{dead_port()}/0"
    return tmp_path / "snapshots" / "things"


def test_value_comes_back_as_it_was() -> None:
    assert STORE.recall(FILE) is None
    STORE.keep(FILE, VALUE)
    recalled = STORE.recall(FILE)
    assert recalled is not None
    assert recalled.value == VALUE
    assert recalled.age < 5


def test_file_is_private_and_nothing_is_left_beside_it(own_folder: Path) -> None:
    STORE.keep(FILE, VALUE)
    STORE.keep(FILE, VALUE | {"name": "Another"})
    assert os.listdir(own_folder) == [FILE]  # noqa: PTH208 - names alone
    assert (own_folder / FILE).stat().st_mode & 0o777 == 0o600
    assert own_folder.stat().st_mode & 0o777 == 0o700


def test_same_value_is_confirmed_and_not_written_again(own_folder: Path) -> None:
    STORE.keep(FILE, VALUE)
    before = (own_folder / FILE).stat()
    os.utime(own_folder / FILE, (1, 1))
    STORE.keep(FILE, VALUE)
    after = (own_folder / FILE).stat()
    assert after.st_ino == before.st_ino
    assert after.st_mtime >= before.st_mtime


def test_what_the_database_did_not_confirm_for_a_day_is_nothing(own_folder: Path) -> None:
    STORE.keep(FILE, VALUE)
    day_ago = time.time() - 24 * 3600
    os.utime(own_folder / FILE, (day_ago - 10, day_ago - 10))
    assert STORE.recall(FILE) is None
    os.utime(own_folder / FILE, (day_ago + 60, day_ago + 60))
    assert STORE.recall(FILE) is not None


def test_changed_file_and_file_of_another_key_are_nothing(own_folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    STORE.keep(FILE, VALUE)
    signed = (own_folder / FILE).read_text()
    (own_folder / "t_other").write_text(signed)
    (own_folder / FILE).write_text(signed[:-1] + ("A" if signed[-1] != "A" else "B"))
    (own_folder / "t_empty").write_bytes(b"\xff\x00")
    assert [STORE.recall(key) for key in (FILE, "t_other", "t_empty")] == [None] * 3
    assert "Ana" not in caplog.text


def test_file_of_another_kind_is_nothing(own_folder: Path) -> None:
    STORE.keep(FILE, VALUE)
    own_folder.rename(own_folder.with_name("others"))
    assert SnapshotStore("others").recall(FILE) is None


def test_another_secret_signs_nothing_of_ours(settings: Any) -> None:
    STORE.keep(FILE, VALUE)
    settings.SECRET_KEY = "another" * 10
    assert STORE.recall(FILE) is None


def test_dropped_key_is_forgotten() -> None:
    STORE.keep(FILE, VALUE)
    STORE.keep("t_stays", VALUE)
    assert STORE.list_keys() == {FILE, "t_stays"}
    STORE.drop(FILE)
    STORE.drop("t_never")
    assert STORE.recall(FILE) is None
    assert STORE.list_keys() == {"t_stays"}


def test_disk_that_cannot_be_written_fails_nobody(own_folder: Path, settings: Any, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    settings.STATE_DIR = tmp_path / "file"
    STORE.keep(FILE, VALUE)
    assert STORE.recall(FILE) is None


def test_what_is_not_on_the_disk_does_not_count_and_leaves_nothing(
    own_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(descriptor: int) -> None:
        raise OSError("input/output error")

    monkeypatch.setattr(os, "fsync", fail)
    STORE.keep(FILE, VALUE)
    assert list(own_folder.iterdir()) == []


def test_file_that_is_being_written_is_no_key(own_folder: Path) -> None:
    STORE.keep(FILE, VALUE)
    (own_folder / ".4711.1").write_text("")
    assert STORE.list_keys() == {FILE}


def test_copy_in_redis_serves_a_host_without_the_file(own_folder: Path, settings: Any) -> None:
    settings.REDIS_URL = os.environ["REDIS_URL"]  # of this test run; the fixture above takes it away
    STORE.keep(FILE, VALUE)
    (own_folder / FILE).unlink()
    recalled = STORE.recall(FILE)
    assert recalled is not None
    assert recalled.value == VALUE
    assert 86_000 < quick_redis.quick_redis().call("TTL", "snapshot:things:t_somewhere") <= 86_400
    STORE.drop(FILE)
    assert STORE.recall(FILE) is None


def test_copy_in_redis_lives_as_long_as_the_value_is_confirmed(
    own_folder: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.REDIS_URL = os.environ["REDIS_URL"]
    ask, copy = quick_redis.quick_redis().call, "snapshot:things:t_somewhere"
    STORE.keep(FILE, VALUE)
    ask("EXPIRE", copy, 60)

    assert STORE.confirm(FILE)
    STORE.keep(FILE, VALUE)
    assert ask("TTL", copy) <= 60  # not every time: a confirmation costs no round trip

    monkeypatch.setattr("shared_apps.tenants.snapshots.RENEW_SECONDS", 0.0)
    assert STORE.confirm(FILE)
    assert ask("TTL", copy) > 86_000
    STORE.drop(FILE)
    assert not STORE.confirm(FILE)
    assert ask("EXISTS", copy) == 0
