"""Which host leads where, and that a host which leads nowhere learns nothing."""

from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from shared_apps.platform.lifecycle import RESUME, SUSPEND, take_step
from shared_apps.tenants.models import Domain, Tenant
from shared_apps.tenants.scope import TenantRef
from tests.clients import TenantClient

NAMES = ("alpha", "beta", "Alpha", "Beta", "Studio")


def _get(host: str, path: str = "/", **headers: str) -> Any:
    return Client(raise_request_exception=False).get(path, headers={"host": host, **headers})


# ---- unknown ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "host",
    [
        "nope.localhost", "evil.example", "alpha.localhost.evil.example", "alpha.localhost:x@evil", "alpha' or 1=1--",
        "älpha.localhost", "al_pha.localhost", "alpha localhost", " ", "", "x.alpha.localhost", "127.0.0.1", "[::1]",
        "10.0.0.1:8000", "x" * 3000, f"{'x' * 64}.localhost", "alpha", "ALPHA", "alpha.", "alpha..localhost",
        "alpha.localhost..", "www.nope.localhost", "www.", "www", "www.www.alpha.localhost", "localhost.localhost",
        "alpha.localhost,beta.localhost", "alpha.localhost, beta.localhost", "public.localhost", "%61lpha.localhost",
        "alpha.localhost%00", "alpha.localhost/beta",
    ],
)  # fmt: skip
def test_unknown_host_is_a_plain_404_that_names_no_tenant(host: str, alpha: TenantRef, beta: TenantRef) -> None:
    response = _get(host)

    assert response.status_code == 404
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    assert response.content == b"Not found\n"
    assert not response.cookies
    assert not any(name in str(response.headers) for name in NAMES)


@pytest.mark.parametrize(
    "path", ["/book", "/dashboard", "/login", "/api/v1/booking", "/api/v1/openapi.json", "/admin/"]
)
def test_unknown_host_has_no_pages(path: str, db: None) -> None:
    assert _get("nope.localhost", path).content == b"Not found\n"


def test_tenants_schema_name_is_no_host(alpha: TenantRef) -> None:
    assert _get(f"{alpha.schema_name}.localhost").status_code == 404


def test_unknown_host_may_post_nothing(alpha: TenantRef) -> None:
    response = Client().post("/login", {"email": "a@b.example", "password": "x"}, headers={"host": "evil.example"})

    assert (response.status_code, response.content) == (404, b"Not found\n")


# ---- the same tenant --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "host",
    [
        "alpha.localhost", "ALPHA.localhost", "Alpha.LOCALHOST", "alpha.localhost.", "alpha.localhost:8000",
        "ALPHA.localhost.:8000", "alpha.localhost:80", "alpha.localhost:65535",
    ],
)  # fmt: skip
def test_case_dot_and_port_lead_to_the_same_tenant(host: str, alpha: TenantRef) -> None:
    response = _get(host)

    assert response.status_code == 200
    assert "Alpha Studio" in response.content.decode()


def test_form_can_be_posted_on_a_host_with_case_dot_and_port(alpha: TenantRef, lead: dict[str, Any]) -> None:
    response = Client().post(
        "/api/v1/handoffs",
        lead,
        content_type="application/json",
        headers={"host": "ALPHA.localhost.:8000", "origin": "http://alpha.localhost.:8000"},
    )

    assert response.status_code == 201


def test_tenants_own_domain_leads_to_it(alpha: TenantRef) -> None:
    Domain.objects.create(domain="book.alpha.example", tenant_id=alpha.id, is_primary=False)

    assert "Alpha Studio" in _get("Book.Alpha.example:443").content.decode()


@pytest.mark.parametrize(
    ("host", "path", "location"),
    [
        ("www.alpha.localhost", "/", "http://alpha.localhost/"),
        ("WWW.Alpha.localhost:8000", "/book?service=Cut&utm_source=x%26y", "http://alpha.localhost:8000/book?service=Cut&utm_source=x%26y"),
        ("www.alpha.localhost.:81", "/handoff/%C3%A4?a=1&a=2", "http://alpha.localhost:81/handoff/%C3%A4?a=1&a=2"),
        ("www.localhost:8000", "/?x=1", "http://localhost:8000/?x=1"),
    ],
)  # fmt: skip
def test_www_goes_to_the_canonical_host_with_path_and_query(
    host: str, path: str, location: str, alpha: TenantRef
) -> None:
    response = _get(host, path)

    assert response.status_code == 301
    assert response["Location"] == location


def test_www_with_a_path_like_a_host_stays_on_the_canonical_host(alpha: TenantRef) -> None:
    response = Client().get("/", PATH_INFO="//evil.example/x", headers={"host": "www.alpha.localhost"})

    assert response["Location"] == "http://alpha.localhost//evil.example/x"


def test_www_of_a_secondary_domain_goes_to_the_primary_one(alpha: TenantRef) -> None:
    Domain.objects.create(domain="book.alpha.example", tenant_id=alpha.id, is_primary=False)

    assert _get("www.book.alpha.example", "/book")["Location"] == "http://alpha.localhost/book"


def test_tenant_is_known_by_its_primary_domain_however_old_the_others_are(alpha: TenantRef) -> None:
    Domain.objects.create(domain="book.alpha.example", tenant_id=alpha.id, is_primary=False)
    Domain.objects.get(domain="alpha").delete()
    Domain.objects.create(domain="alpha", tenant_id=alpha.id)

    assert _get("www.book.alpha.example")["Location"] == "http://alpha.localhost/"


# ---- suspended and deleted --------------------------------------------------------------------------------------


@pytest.fixture
def suspended(alpha: TenantRef, django_capture_on_commit_callbacks: Any) -> TenantRef:
    """Alpha, suspended after it had been served."""
    assert TenantClient(alpha).get("/").status_code == 200
    with django_capture_on_commit_callbacks(execute=True):
        take_step(tenant=alpha, step=SUSPEND)
    return alpha


@pytest.mark.parametrize("path", ["/", "/book", "/api/v1/booking", "/api/v1/handoffs", "/login", "/dashboard", "/x"])
def test_suspended_tenant_is_a_plain_503_without_data(path: str, suspended: TenantRef) -> None:
    response = TenantClient(suspended).get(path)

    assert response.status_code == 503
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    assert (response["Cache-Control"], response["Retry-After"]) == ("no-store", "30")
    assert response.content == b"This page is not available at the moment.\n"


def test_suspended_tenant_takes_no_posts(suspended: TenantRef, lead: dict[str, Any]) -> None:
    assert TenantClient(suspended).post_json("/api/v1/handoffs", lead).status_code == 503


def test_suspended_tenant_resumes(suspended: TenantRef, django_capture_on_commit_callbacks: Any) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        take_step(tenant=suspended, step=RESUME)

    assert TenantClient(suspended).get("/").status_code == 200


@pytest.mark.parametrize("status", ["deleted", "creating", "dropped"])
def test_tenant_not_yet_or_no_longer_there_is_an_unknown_host(status: str, alpha: TenantRef) -> None:
    Tenant.objects.filter(pk=alpha.id).update(status=status)

    assert _get("alpha.localhost").content == b"Not found\n"
    assert _get("www.alpha.localhost").content == b"Not found\n"


# ---- what is believed -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["x-forwarded-host", "x-host", "forwarded", "x-original-host", "x-forwarded-server"])
def test_other_host_headers_are_ignored(name: str, alpha: TenantRef, beta: TenantRef) -> None:
    value = "host=beta.localhost" if name == "forwarded" else "beta.localhost"

    page = _get("alpha.localhost", **{name: value}).content.decode()

    assert "Alpha Studio" in page
    assert "Beta Studio" not in page
    assert _get("nope.localhost", **{name: value}).status_code == 404


def test_server_name_is_not_taken_for_a_host(alpha: TenantRef) -> None:
    """H7: no Host header at all; a front server answers 400 before us."""
    response = Client(SERVER_NAME="alpha.localhost").get("/")

    assert response.wsgi_request.META.get("HTTP_HOST") is None
    assert response.status_code == 404


# ---- the hosts' own routes --------------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["nope.localhost", "localhost", "alpha.localhost", "10.0.0.7:8000", "evil.example"])
def test_health_answers_on_any_host(host: str, alpha: TenantRef) -> None:
    assert _get(host, "/health/live").json() == {"status": "ok"}
    assert _get(host, "/health/ready").status_code == 200


def test_health_names_no_tenant(alpha: TenantRef) -> None:
    assert not any(name in _get("localhost", "/health/ready").content.decode() for name in NAMES)


@pytest.mark.parametrize("host", ["nope.localhost", "localhost", "alpha.localhost", "10.0.0.7:8000"])
def test_static_files_answer_on_any_host(host: str, db: None) -> None:
    response = _get(host, f"{settings.STATIC_URL}icon.svg")

    assert response.status_code == 200
    assert response["Content-Type"] == "image/svg+xml"
    assert response.getvalue().startswith(b"<svg")
    response.close()


@pytest.mark.parametrize(
    "path",
    ["/book", "/handoff/x", "/go/x", "/login", "/logout", "/dashboard", "/api/v1/booking", "/api/v1/openapi.json"],
)
def test_public_host_serves_no_tenant_routes(path: str, db: None) -> None:
    assert _get("localhost", path).status_code == 404


def test_public_host_serves_its_own_page(db: None) -> None:
    response = _get("LOCALHOST.:8000")

    assert response.status_code == 200
    assert "Alpha Studio" not in response.content.decode()  # no demo


@pytest.mark.parametrize("path", ["/admin/", "/admin/login/", "/metrics", "/health", "/health/", "/health/x"])
def test_tenant_host_serves_no_public_routes(path: str, alpha: TenantRef) -> None:
    assert _get("alpha.localhost", path).status_code == 404


@pytest.mark.parametrize(
    "path", ["/..%2f..%2fetc/passwd", "/.git/HEAD", "/x%00", "/static/..%2f..%2fmanage.py", "/%2e%2e/", "/static/%00"]
)
def test_odd_paths_are_404(path: str, alpha: TenantRef) -> None:
    assert _get("alpha.localhost", path).status_code == 404


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "PATCH", "DELETE", "PUT", "BREW"])
def test_methods_nobody_serves_are_405(method: str, alpha: TenantRef) -> None:
    assert TenantClient(alpha).generic(method, "/").status_code == 405
