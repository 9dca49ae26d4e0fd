"""What may be a subdomain, and how a host is written."""

import pytest
from django.core.exceptions import ValidationError

from shared_apps.tenants.models import Tenant, new_schema_name
from shared_apps.tenants.selectors import domain_key
from shared_apps.tenants.validators import (
    RESERVED_SUBDOMAINS,
    InvalidSubdomainError,
    ReservedSubdomainError,
    check_subdomain,
    normalise_host,
)


@pytest.mark.parametrize("subdomain", ["abc", "coastal-cuts", "a1b2", "x" * 63, "a-b-c", "salon24", "other"])
def test_subdomain_is_accepted(subdomain: str) -> None:
    assert check_subdomain(subdomain) == subdomain


@pytest.mark.parametrize(
    "subdomain",
    [
        "", "a", "ab", "x" * 64, "-abc", "abc-", "ALPHA", "Alpha", "alp ha", " alpha", "alpha ", "alpha\n", "al_pha",
        "pg_x", "alpha.beta", "alpha.", "älpha", "\u03b1lpha", "\u0430lpha", "al\u200bpha", "1alpha", "123",
        "xn--80ak6aa92e", "ab--cd", "a/b", "alpha'--", "alpha;drop", "../etc", "%61lpha", "alpha@beta", "a:1", "\0abc",
        "\uff21\uff22\uff23", "a²c",
    ],
)  # fmt: skip
def test_subdomain_is_refused(subdomain: str) -> None:
    with pytest.raises(InvalidSubdomainError) as caught:
        check_subdomain(subdomain)

    assert caught.value.code == "subdomain_invalid"
    assert caught.value.field == "subdomain"


@pytest.mark.parametrize(
    "subdomain",
    ["admin", "public", "www", "api", "static", "health", "localhost", "mail", "support", "pg-toast", "t-abc", "login"],
)
def test_subdomain_is_reserved(subdomain: str) -> None:
    with pytest.raises(ReservedSubdomainError) as caught:
        check_subdomain(subdomain)

    assert caught.value.code == "subdomain_reserved"


def test_no_reserved_subdomain_is_accepted() -> None:
    accepted = []
    for subdomain in RESERVED_SUBDOMAINS:
        try:
            accepted.append(check_subdomain(subdomain))
        except InvalidSubdomainError:
            continue

    assert accepted == []


@pytest.mark.parametrize(
    ("raw", "host"),
    [
        ("alpha.localhost", "alpha.localhost"),
        ("ALPHA.LocalHost", "alpha.localhost"),
        ("alpha.localhost.", "alpha.localhost"),
        ("alpha.localhost:8000", "alpha.localhost"),
        ("Alpha.localhost.:8000", "alpha.localhost"),
        ("localhost", "localhost"),
        ("127.0.0.1:80", "127.0.0.1"),
        ("xn--lpha-5qa.localhost", "xn--lpha-5qa.localhost"),
    ],
)
def test_host_is_written_one_way(raw: str, host: str) -> None:
    assert normalise_host(raw) == host


@pytest.mark.parametrize(
    "raw",
    [
        "", " ", ".", "..", "alpha..localhost", "alpha.localhost..", ".alpha.localhost", "alpha.localhost:x",
        "alpha.localhost:8000:1", "alpha.localhost:x@evil", "alpha.localhost:\uff180", "user@alpha.localhost", "[::1]",
        "[::1]:8000", "al_pha.localhost", "älpha.localhost", "alpha' or 1=1--", "alpha localhost", "alpha.localhost\n",
        "alpha.localhost,beta.localhost", "alpha.localhost/", "-alpha.localhost", "alpha-.localhost", "*.localhost",
        f"{'x' * 64}.localhost", ".".join(["x" * 50] * 6), "x" * 3000, "alpha.localhost\0",
    ],
)  # fmt: skip
def test_host_that_is_no_name_is_none(raw: str) -> None:
    assert normalise_host(raw) is None


@pytest.mark.parametrize(
    ("host", "key"),
    [
        ("alpha.localhost", "alpha"),
        ("book.example.com", "book.example.com"),
        ("x.alpha.localhost", "x.alpha.localhost"),
        ("alpha.localhost.evil.example", "alpha.localhost.evil.example"),
        ("alphalocalhost", None),
        ("alpha", None),
    ],
)
def test_key_of_a_host(host: str, key: str | None) -> None:
    assert domain_key(host) == key


@pytest.mark.parametrize("name", ["public", "t_short", 't_abcdefgh"', "t_ABCDEFGH", "t_abcdefgh;", "pg_abcdefgh"])
def test_schema_of_another_form_is_no_tenants(name: str) -> None:
    with pytest.raises(ValidationError):
        Tenant._meta.get_field("schema_name").run_validators(name)


def test_schema_names_are_opaque_and_never_quoted() -> None:
    names = {new_schema_name() for _ in range(200)}

    assert len(names) == 200
    assert all(name.startswith("t_") and len(name) == 18 and name[2:].isalnum() and name.islower() for name in names)
