"""The pages that are kept rendered: nobody can tell them from those that are not."""

import gzip
import re
from typing import Any

import pytest

from shared_apps.tenants.scope import TenantRef
from tests.clients import TenantClient

PATHS = ("/", "/book")
_VARYING = re.compile(r'(?<=nonce=")[^"]+|(?<=name="idempotencyKey" value=")[^"]+')


def _read(response: Any) -> str:
    assert response["Content-Encoding"] == "gzip"
    return gzip.decompress(response.content).decode()


def _visit(tenant: TenantRef, path: str, **headers: str) -> Any:
    return TenantClient(tenant).get(path, headers={"accept-encoding": "gzip"} | headers)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("language", ["en", "es"])
def test_kept_page_is_the_page(path: str, language: str, ready: TenantRef) -> None:
    plain = TenantClient(ready).get(path, headers={"accept-language": language}).content.decode()

    for _ in range(2):  # made, then kept
        response = _visit(ready, path, **{"accept-language": language})
        assert _VARYING.sub("", _read(response)) == _VARYING.sub("", plain)
        assert response["Content-Length"] == str(len(response.content))
        assert response["Content-Language"] == language
        assert {"Accept-Encoding", "Accept-Language"} <= set(response["Vary"].split(", "))
        assert response["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", PATHS)
def test_each_visit_has_its_own_nonce_and_key(path: str, ready: TenantRef) -> None:
    seen = set()
    for _ in range(3):
        response = _visit(ready, path)
        found = set(_VARYING.findall(_read(response)))
        assert len(found) == 2  # the nonce, in all its places, and the key
        assert any(f"'nonce-{each}'" in response["Content-Security-Policy"] for each in found)
        seen |= found

    assert len(seen) == 6


def test_referrer_is_kept_for_this_visit_alone_and_escaped(ready: TenantRef) -> None:
    for number in (1, 2):
        page = _read(_visit(ready, "/", referer=f'https://search.example/"><b>{number}'))
        assert f'name="referrer" value="https://search.example/&quot;&gt;&lt;b&gt;{number}"' in page
    assert 'name="referrer"' not in _read(_visit(ready, "/"))


def test_page_with_a_query_is_rendered_for_it(ready: TenantRef) -> None:
    page = _read(_visit(ready, "/?service=Massage&utm_source=flyer"))

    assert 'value="Massage"' in page
    assert 'name="utm_source" value="flyer"' in page
    assert "flyer" not in _read(_visit(ready, "/"))


def test_change_is_on_the_next_kept_page(
    ready: TenantRef, owner: TenantClient, django_capture_on_commit_callbacks: Any
) -> None:
    assert "Fuchsia Studio" not in _read(_visit(ready, "/"))
    profile = owner.get("/api/v1/settings/profile").json()

    with django_capture_on_commit_callbacks(execute=True):
        changed = owner.put_json("/api/v1/settings/profile", profile | {"businessName": "Fuchsia Studio"})
    assert changed.status_code == 200

    assert "Fuchsia Studio" in _read(_visit(ready, "/"))


def test_kept_pages_of_two_tenants_are_two(ready: TenantRef, beta: TenantRef) -> None:
    for _ in range(2):
        assert "Alpha Studio" in _read(_visit(ready, "/"))
        page = _read(_visit(beta, "/"))
        assert "Beta Studio" in page
        assert "Alpha" not in page


def test_kept_page_costs_no_statement(ready: TenantRef, django_assert_num_queries: Any) -> None:
    _visit(ready, "/")
    with django_assert_num_queries(0):
        _visit(ready, "/")
