"""Production settings, in a process of their own: what is missing stops the start, and cookies are locked down."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
COMPLETE = {
    "SECRET_KEY": "k" * 20 + "0123456789" * 5,
    "SAAS_DOMAIN": "handoff.example.com",
    "DATABASE_URL": "postgresql://saas:x@127.0.0.1:1/saas",
    "REDIS_URL": "redis://127.0.0.1:1/0",
    "EMAIL_URL": "smtp+tls://user:password@127.0.0.1:1",
    "TRUSTED_PROXIES": "10.0.0.0/8",
}


def _run(environment: dict[str, str], code: str) -> subprocess.CompletedProcess[str]:
    base = {"PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": "saas.settings", "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        env=base | environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("name", COMPLETE)
@pytest.mark.parametrize("value", [None, ""])
def test_missing_setting_stops_the_start_with_one_line(name: str, value: str | None) -> None:
    environment = {key: given for key, given in COMPLETE.items() if key != name} | (
        {} if value is None else {name: value}
    )
    done = _run(environment, "import saas.settings")

    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith(f"{name} is not set. Set it to ")


def test_production_cookies_are_host_only_and_secure() -> None:
    code = (
        "from django.conf import settings as s;"
        "print(s.SESSION_COOKIE_NAME, s.CSRF_COOKIE_NAME, s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE,"
        " s.SESSION_COOKIE_DOMAIN, s.SESSION_COOKIE_HTTPONLY, s.DEBUG)"
    )
    done = _run(COMPLETE, code)
    assert done.stdout.split() == ["__Host-sessionid", "__Host-csrftoken", "True", "True", "None", "True", "False"]


def test_debug_relaxes_what_must_be_set_and_shows_no_debug_pages() -> None:
    done = _run({"DEBUG": "1"}, "from django.conf import settings as s; print(s.DEBUG, s.SESSION_COOKIE_NAME)")
    assert done.stdout.split() == ["False", "sessionid"]


def test_web_process_bounds_its_waits_and_hears_of_changes_from_its_start() -> None:
    code = (
        "import threading, saas.wsgi; from shared_apps.tenants.backend.guard import GUARD;"
        "print(GUARD.statement_seconds, *(thread.name for thread in threading.enumerate()))"
    )
    done = _run(COMPLETE, code)
    assert {"3.0", "tenant-watcher", "journal-keeper"} <= set(done.stdout.split())


def test_name_of_the_platform_is_read_as_browsers_send_it() -> None:
    done = _run(
        COMPLETE | {"SAAS_DOMAIN": "Handoff.Example.COM."}, "from saas import settings as s; print(s.SAAS_DOMAIN)"
    )
    assert done.stdout.split() == ["handoff.example.com"]


def test_links_of_production_are_https_whatever_port_it_listens_on() -> None:
    code = "import django; django.setup(); from shared_apps.tenants.selectors import platform_url as p; print(p('/x'))"
    done = _run(COMPLETE | {"PORT": "9000"}, code)
    assert done.stdout.split() == ["https://handoff.example.com/x"]
