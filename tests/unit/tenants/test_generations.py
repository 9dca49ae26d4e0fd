"""Counters in a file that all processes of a host share."""

import fcntl
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from shared_apps.tenants.generations import ROUTING_SLOT, Generations, tenant_slot


def test_counters_start_at_zero_and_count(tmp_path: Path) -> None:
    counters = Generations(tmp_path / "generations")

    assert [counters.read(5), counters.read(6)] == [0, 0]
    counters.bump(5)
    counters.bump(5)

    assert [counters.read(5), counters.read(6)] == [2, 0]


def test_two_mappings_of_one_file_are_one(tmp_path: Path) -> None:
    first, second = Generations(tmp_path / "generations"), Generations(tmp_path / "generations")

    first.bump(7)
    second.bump(7)

    assert (first.read(7), second.read(7)) == (2, 2)


def test_counters_outlive_their_process(tmp_path: Path) -> None:
    Generations(tmp_path / "generations").bump(3)

    assert Generations(tmp_path / "generations").read(3) == 1


def test_file_is_for_its_owner_alone_and_of_fixed_size(tmp_path: Path) -> None:
    path = tmp_path / "state" / "generations"

    Generations(path)

    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert path.stat().st_size == 65_536


def test_no_bump_is_lost_between_threads(tmp_path: Path) -> None:
    counters = Generations(tmp_path / "generations")

    def bump_often() -> None:
        for _ in range(200):
            counters.bump(1)

    threads = [threading.Thread(target=bump_often) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert counters.read(1) == 800


def test_no_bump_is_lost_between_forks(tmp_path: Path) -> None:
    script = """
import os, sys
from pathlib import Path
from shared_apps.tenants.generations import Generations

counters = Generations(Path(sys.argv[1]))
for _ in range(2):
    os.fork()
for _ in range(200):
    counters.bump(1)
"""
    path = tmp_path / "generations"

    with subprocess.Popen([sys.executable, "-c", script, str(path)], stdout=subprocess.PIPE) as process:
        process.communicate(timeout=30)  # until the last of the four has closed its end

    assert process.returncode == 0
    assert Generations(path).read(1) == 800


def test_bump_waits_while_another_process_bumps(tmp_path: Path) -> None:
    path = tmp_path / "generations"
    counters = Generations(path)
    bumping = threading.Thread(target=counters.bump, args=(1,))

    with path.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        bumping.start()
        bumping.join(0.1)
        assert counters.read(1) == 0
    bumping.join()

    assert counters.read(1) == 1


@pytest.mark.parametrize(("tenant_id", "slot"), [(0, 1), (1, 2), (8190, 8191), (8191, 1), (2**40, 1 + 2**40 % 8191)])
def test_tenant_never_has_the_slot_of_host_names(tenant_id: int, slot: int) -> None:
    assert tenant_slot(tenant_id) == slot
    assert slot != ROUTING_SLOT


def test_last_slot_can_be_bumped(tmp_path: Path) -> None:
    counters = Generations(tmp_path / "generations")

    counters.bump(tenant_slot(8190))

    assert counters.read(8191) == 1
