"""Which sites may show the form in a frame: saved by the owner, held by the page's policy."""

from typing import Any

import pytest

from shared_apps.tenants.scope import TenantRef
from tests.clients import TenantClient

PATH = "/api/v1/settings/embedding"
SITES = ["https://www.alpha-studio.example", "https://alpha.example:8443"]


def test_list_is_saved_and_holds_at_once(
    ready: TenantRef, owner: TenantClient, visitor: TenantClient, django_capture_on_commit_callbacks: Any
) -> None:
    assert owner.get(PATH).json() == {"allowedOrigins": []}
    assert "frame-ancestors 'self'" in visitor.get("/book?embed=1")["Content-Security-Policy"]
    with django_capture_on_commit_callbacks(execute=True):
        assert owner.put_json(PATH, {"allowedOrigins": SITES}).json() == {"allowedOrigins": SITES}
    response = visitor.get("/book?embed=1")
    assert f"frame-ancestors 'self' {' '.join(SITES)}" in response["Content-Security-Policy"]
    assert "X-Frame-Options" not in response
    assert f'data-frame-origins="{" ".join(SITES)}"' in response.content.decode()
    for address in ("/book", "/book?embed=yes"):
        assert "frame-ancestors 'none'" in visitor.get(address)["Content-Security-Policy"]


@pytest.mark.parametrize(
    "origins",
    [
        ["https://a.example:1", "https://a.example:65535"],
        ["https://my-site.xn--p1ai", f"https://{'a' * 63}.example"],
        [f"https://a{n}.example" for n in range(20)],
    ],
)
def test_exact_origins_are_kept_as_many_as_there_may_be(
    origins: list[str], ready: TenantRef, owner: TenantClient
) -> None:
    assert owner.put_json(PATH, {"allowedOrigins": origins}).status_code == 200
    assert owner.get(PATH).json() == {"allowedOrigins": origins}


@pytest.mark.parametrize(
    "origins",
    [
        ["http://www.alpha-studio.example"],
        ["https://www.alpha-studio.example/"],
        ["https://*.alpha-studio.example"],
        ["*"],
        ["null"],
        ["https://"],
        ["https://intranet"],
        ["https://127.0.0.1"],
        ["https://-a.example"],
        ["https://a-.example"],
        ["https://a.example:0"],
        ["https://a.example:65536"],
        ["https://a.example; script-src *"],
        ["https://a.example https://b.example"],
        ["https://a.example\n"],
        ["https://a.example", "https://a.example"],
        [f"https://a{n}.example" for n in range(21)],
    ],
)
def test_what_is_no_exact_origin_is_refused(origins: list[str], ready: TenantRef, owner: TenantClient) -> None:
    response = owner.put_json(PATH, {"allowedOrigins": origins})
    assert response.status_code == 422
    assert [error["field"] for error in response.json()["errors"]] == ["allowedOrigins"]
    assert owner.get(PATH).json() == {"allowedOrigins": []}


def test_own_machine_may_show_the_form_in_development_alone(
    ready: TenantRef, owner: TenantClient, settings: Any
) -> None:
    local = {"allowedOrigins": ["http://localhost:3000", "http://site.localhost", "http://127.0.0.1:8080"]}
    settings.IS_DEVELOPMENT = False
    assert owner.put_json(PATH, local).status_code == 422
    settings.IS_DEVELOPMENT = True
    assert owner.put_json(PATH, local).status_code == 200
    assert owner.put_json(PATH, {"allowedOrigins": ["http://localhost.evil.example"]}).status_code == 422
