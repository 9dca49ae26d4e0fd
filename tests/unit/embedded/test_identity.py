"""Who PostgreSQL runs as. Root's ways are tried only as root; the others everywhere."""

import os
import stat
from pathlib import Path

import pytest

from saas.embedded import identity
from saas.embedded.errors import EmbeddedError, UnreachableByUserError
from saas.embedded.identity import RunAs, choose_identity
from saas.embedded.paths import DataPaths
from saas.embedded.postgres import PostgresServer
from saas.embedded.wheels import postgres_programs
from tests.unit.embedded.conftest import query, running

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root has to become somebody else")


def test_ordinary_user_runs_as_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1234)
    monkeypatch.setattr(os, "getegid", lambda: 1235)
    chosen = choose_identity(tmp_path / "postgres", tmp_path)
    assert chosen == RunAs(1234, 1235)
    assert chosen.options() == {}
    assert chosen.prefix == ()


def test_root_without_any_way_names_the_variable_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(identity, "_can_run", lambda *_: False)
    with pytest.raises(UnreachableByUserError) as caught:
        choose_identity(tmp_path / "postgres", tmp_path)
    assert "DATABASE_URL" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_data_of_another_user_is_refused_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1234)
    with pytest.raises(EmbeddedError, match="belongs to user"):
        RunAs(1234, 1234).own(tmp_path)


def _modes(folder: Path) -> dict[Path, int]:
    return {parent: stat.S_IMODE(parent.stat().st_mode) for parent in (folder, *folder.parents)}


def _program() -> Path:
    return postgres_programs() / "postgres"


@as_root
def test_root_uses_a_namespace_below_a_private_folder_and_opens_nothing(short_folder: Path) -> None:
    private = short_folder / "home"
    private.mkdir(mode=0o700)
    paths = DataPaths(private / ".data")
    paths.create()
    before = _modes(private)
    assert choose_identity(_program(), paths.root).prefix[1] == "--user"
    server = PostgresServer(paths, password="p", fast=True)
    with running(server):
        assert query(server, "SELECT 1") == [(1,)]
    assert _modes(private) == before


@as_root
def test_cluster_moves_between_the_ways_of_root(short_folder: Path) -> None:
    """A checkout made where everybody may pass, then moved below a private home, then back."""
    first = DataPaths(short_folder / ".data")
    first.create()
    way = choose_identity(_program(), first.root)
    if not way.drop:
        pytest.skip("the programs of the wheel lie below a private folder here: there is no second way")
    private = short_folder / "home"
    private.mkdir(mode=0o700)
    for step, (paths, owner) in enumerate(
        ((first, way.uid), (DataPaths(private / ".data"), 0), (first, way.uid)), start=1
    ):
        if step > 1:
            (first.root if first.root.exists() else private / ".data").rename(paths.root)
        server = PostgresServer(paths, password="p", fast=True)
        with running(server):
            query(server, f"CREATE TABLE step_{step} ()")
            assert query(server, "SELECT count(*) FROM pg_tables WHERE tablename LIKE 'step%'") == [(step,)]
            assert paths.postgres.stat().st_uid == owner
