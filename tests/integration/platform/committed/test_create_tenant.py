"""`manage.py create_tenant`: one real tenant, and a link that works once and only there."""

import subprocess
import sys
from io import StringIO
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.test import Client

from shared_apps.accounts.models import User
from shared_apps.tenants.models import Tenant
from shared_apps.tenants.scope import TenantRef, enter_tenant
from shared_apps.tenants.selectors import find_tenant_by_subdomain
from tests.clients import TenantClient
from tests.isolation.other_process import child_environment

ROOT = Path(__file__).resolve().parents[4]
PASSWORD = "a-long-walk-on-the-beach"


def _create(subdomain: str, **more: str) -> tuple[str, str]:
    """Run the command; return what it wrote to stdout and stderr."""
    out, err = StringIO(), StringIO()
    options = {"name": "Palm Court", "subdomain": subdomain, "owner_email": "Ada@Palm.example"} | more
    call_command("create_tenant", stdout=out, stderr=err, **options)
    return out.getvalue(), err.getvalue()


def _run(*arguments: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "manage.py", "create_tenant", *arguments]
    return subprocess.Popen(
        command, cwd=ROOT, env=child_environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def test_command_prints_the_address_and_the_link(subdomain: str) -> None:
    out, err = _create(subdomain, industry="dental")

    base = f"http://{subdomain}.localhost:{settings.PORT}"
    lines = out.splitlines()
    assert lines[:2] == [
        f"Palm Court answers at {base}/",
        "The owner sets a password, once, within three days, at:",
    ]
    assert lines[2].startswith(f"{base}/set-password/")
    assert len(lines) == 3
    assert err.splitlines() == [
        "  creating the schema ...",
        "  creating the tables ...",
        "  writing the first rows ...",
    ]
    assert settings.PASSWORD_RESET_TIMEOUT == 3 * 24 * 3600


def test_link_works_once_and_at_its_own_tenant_alone(subdomain: str, alpha: TenantRef, beta: TenantRef) -> None:
    out, _ = _create(subdomain)
    path = urlsplit(out.splitlines()[2]).path
    tenant = find_tenant_by_subdomain(subdomain)
    assert tenant is not None
    client = TenantClient(tenant)

    for other in (alpha, beta):
        assert TenantClient(other).get(path).status_code == 400
        assert TenantClient(other).post(path, {"password": PASSWORD}).status_code == 400
    assert client.get(path).status_code == 200
    done = client.post(path, {"password": PASSWORD})
    assert (done.status_code, done["Location"]) == (302, "/dashboard")
    assert client.get("/api/v1/handoffs").status_code == 200

    assert TenantClient(tenant).get(path).status_code == 400
    assert TenantClient(tenant).post(path, {"password": "another-walk-on-the-beach"}).status_code == 400
    login = TenantClient(tenant).post("/login", {"email": "ada@palm.example", "password": PASSWORD})
    assert login.status_code == 302


def test_link_of_the_public_host_does_not_exist(subdomain: str) -> None:
    out, _ = _create(subdomain)

    assert Client().get(urlsplit(out.splitlines()[2]).path, headers={"host": "localhost"}).status_code == 404


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"subdomain": "admin"}, "This subdomain is reserved for the platform. Choose another one."),
        (
            {"subdomain": "AB"},
            "A subdomain has 3 to 63 characters: lower-case letters, digits and inner hyphens, starting with a letter.",
        ),
        ({"subdomain": "alpha"}, "This subdomain is taken. Choose another one."),
        ({"owner_email": "nobody"}, "This is not an e-mail address."),
        ({"name": ""}, "A business name has 1 to 120 characters on one line."),
    ],
)
def test_refusal_is_one_line_and_makes_nothing(given: dict[str, str], message: str, subdomain: str) -> None:
    before = Tenant.objects.count()

    with pytest.raises(CommandError) as caught:
        _create(**{"subdomain": subdomain} | given)

    assert str(caught.value) == message
    assert caught.value.returncode == 1
    assert Tenant.objects.count() == before


def test_unknown_industry_is_refused_with_the_known_ones(subdomain: str) -> None:
    with pytest.raises(CommandError, match=r"^Unknown industry\. Use one of: auto-detailing, .*, tutoring\.$"):
        _create(subdomain, industry="piracy")


@pytest.mark.parametrize(
    ("subdomain", "line"),
    [
        ("alpha", "CommandError: This subdomain is taken. Choose another one."),
        ("www", "CommandError: This subdomain is reserved for the platform. Choose another one."),
    ],
)
def test_taken_or_forbidden_subdomain_exits_1_with_one_line(subdomain: str, line: str, db: None) -> None:
    process = _run("--name", "X", "--subdomain", subdomain, "--owner-email", "a@b.example")
    out, err = process.communicate(timeout=60)

    assert (process.returncode, out, err.splitlines()) == (1, "", [line])


def test_one_of_three_processes_gets_the_subdomain(subdomain: str) -> None:
    processes = [_run("--name", "X", "--subdomain", subdomain, "--owner-email", "a@b.example") for _ in range(3)]
    outputs = [process.communicate(timeout=60) for process in processes]

    assert sorted(process.returncode for process in processes) == [0, 1, 1]
    losers = [err for process, (_, err) in zip(processes, outputs, strict=True) if process.returncode]
    assert [err.splitlines() for err in losers] == [["CommandError: This subdomain is taken. Choose another one."]] * 2
    tenant = find_tenant_by_subdomain(subdomain)
    assert tenant is not None
    with enter_tenant(tenant):
        assert User.objects.count() == 1
