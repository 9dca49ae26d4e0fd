"""The env file, and who wins: the environment, then the file, then the defaults."""

import subprocess
from pathlib import Path

import environ
import pytest

from saas.embedded.environment import (
    EMBEDDED,
    POSTGRES_PASSWORD,
    application_values,
    demo_values,
    ensure_secrets,
    mail_url,
    read_env_file,
    update_env_file,
    write_env_file,
)
from saas.embedded.management import management_environment, needs_services
from saas.embedded.paths import DataPaths

_AWKWARD = "a b'c\"d$e`f#g&h?i=j\\k ü"


def test_file_keeps_awkward_values_and_is_private(paths: DataPaths) -> None:
    write_env_file(paths.env_file, {"A": _AWKWARD, "B": ""})
    assert read_env_file(paths.env_file) == {"A": _AWKWARD, "B": ""}
    assert paths.env_file.stat().st_mode & 0o777 == 0o600


def test_file_can_be_read_by_a_shell(paths: DataPaths) -> None:
    write_env_file(paths.env_file, {"A": _AWKWARD})
    done = subprocess.run(
        ["/bin/sh", "-c", f'. "{paths.env_file}"; printf %s "$A"'], capture_output=True, text=True, check=True
    )
    assert done.stdout == _AWKWARD


def test_lines_added_by_hand_are_read(paths: DataPaths) -> None:
    paths.env_file.write_text("# a comment\n\nexport A=1\nB = 'two words'\nC=it's\nnonsense\n")
    assert read_env_file(paths.env_file) == {"A": "1", "B": "two words", "C": "it's"}


def test_secrets_are_made_once(paths: DataPaths) -> None:
    first = ensure_secrets(paths)
    assert len(first["SECRET_KEY"]) >= 50
    assert ensure_secrets(paths) == first


def test_update_keeps_the_other_lines(paths: DataPaths) -> None:
    write_env_file(paths.env_file, {"A": "1", "B": "2"})
    update_env_file(paths, {"B": "3"})
    assert read_env_file(paths.env_file) == {"A": "1", "B": "3"}


def test_servers_passwords_are_no_settings_of_the_application(paths: DataPaths) -> None:
    secrets = ensure_secrets(paths)
    assert set(application_values(secrets | {EMBEDDED: "postgres"})) == {"SECRET_KEY"}


def test_mail_url_names_the_folder_to_django(paths: DataPaths) -> None:
    config = environ.Env.email_url_config(mail_url(paths.mail))
    assert config["EMAIL_BACKEND"] == "django.core.mail.backends.filebased.EmailBackend"
    assert Path(config["EMAIL_FILE_PATH"]) == paths.mail


def test_demo_values_come_from_environment_then_file_then_defaults(paths: DataPaths) -> None:
    ensure_secrets(paths)
    update_env_file(
        paths,
        {
            "SAAS_DOMAIN": "file.example",
            "RATE_LOGIN": "9/m",
            "DATABASE_URL": "postgresql:///of-the-last-run",
            "PORT": "1",
            "EMAIL_URL": mail_url(Path("/where/the/checkout/was")),
        },
    )
    values = demo_values(paths, {"SAAS_DOMAIN": "env.example", "REDIS_URL": "redis://real/0"}, 8123)
    assert values == {
        "SECRET_KEY": ensure_secrets(paths)["SECRET_KEY"],
        "DEBUG": "1",
        "PORT": "8123",
        "SAAS_DOMAIN": "env.example",
        "RATE_LOGIN": "9/m",
        "EMAIL_URL": mail_url(paths.mail),
        "REDIS_URL": "redis://real/0",
    }


# ---- manage.py --------------------------------------------------------------------------------------------------


def test_management_without_env_file_changes_nothing(paths: DataPaths) -> None:
    environment = {"HANDOFF_DATA_DIR": str(paths.root)}
    with management_environment(["manage.py", "migrate_all"], environment):
        assert environment == {"HANDOFF_DATA_DIR": str(paths.root)}
    assert not (paths.run / "postgres.users").exists()


def test_management_fills_in_where_the_environment_is_silent(paths: DataPaths) -> None:
    write_env_file(paths.env_file, {"A": "file", "B": "file", POSTGRES_PASSWORD: "hidden", EMBEDDED: ""})
    environment = {"HANDOFF_DATA_DIR": str(paths.root), "A": "", "C": "environment"}
    with management_environment(["manage.py", "migrate_all"], environment):
        assert environment == {"HANDOFF_DATA_DIR": str(paths.root), "A": "", "B": "file", "C": "environment"}


def test_management_starts_only_servers_of_ours_that_nobody_else_names(paths: DataPaths) -> None:
    ensure_secrets(paths)
    update_env_file(paths, {EMBEDDED: "postgres,redis", "DATABASE_URL": "stale", "REDIS_URL": "stale"})
    environment = {"HANDOFF_DATA_DIR": str(paths.root), "DATABASE_URL": "postgresql://real/db"}
    with management_environment(["manage.py", "shell"], environment):
        assert environment["DATABASE_URL"] == "postgresql://real/db"
        assert environment["REDIS_URL"] == f"unix://{paths.redis_socket}?db=0"
        assert not paths.postgres.exists()
    assert not paths.redis_socket.exists()


@pytest.mark.parametrize("command", ["check", "help", "shell --help", "migrate -h", "--version", ""])
def test_command_that_asks_no_server_starts_none(command: str) -> None:
    assert not needs_services(["manage.py", *command.split()])


@pytest.mark.parametrize("command", ["migrate_all", "create_demo_tenants --history 5", "shell", "makemigrations"])
def test_command_that_may_ask_a_server_gets_it(command: str) -> None:
    assert needs_services(["manage.py", *command.split()])
