"""The committed description of the API is the API's."""

import json
from pathlib import Path

import pytest

from saas.api import api
from shared_apps.tenants.scope import TenantRef
from tests.clients import TenantClient

COMMITTED = Path(__file__).resolve().parents[2] / "docs" / "openapi.json"


def test_openapi_document_has_not_drifted() -> None:
    """To renew it: `make openapi`."""
    current = json.loads(json.dumps(api.get_openapi_schema(path_prefix="/api/v1/")))
    assert json.loads(COMMITTED.read_text()) == current


def test_every_operation_says_what_it_does() -> None:
    for path, operations in api.get_openapi_schema(path_prefix="/api/v1/")["paths"].items():
        for method, operation in operations.items():
            assert operation.get("description"), f"{method} {path}"


def _writes_of_settings() -> dict[str, bool]:
    """Return the addresses that PUT writes, and whether the description says that a stale If-Match is 412."""
    paths = api.get_openapi_schema(path_prefix="/api/v1/")["paths"]
    return {path: 412 in methods["put"]["responses"] for path, methods in paths.items() if "put" in methods}


@pytest.mark.parametrize(("path", "is_conditional"), _writes_of_settings().items())
def test_if_match_counts_where_the_description_says_so(
    path: str, is_conditional: bool, ready: TenantRef, owner: TenantClient
) -> None:
    answer = owner.get(path)
    stale = owner.put_json(path, answer.json(), if_match='"999"')

    assert ("ETag" in answer) == is_conditional
    assert stale.status_code == (412 if is_conditional else 200)


def test_support_that_is_over_is_a_conflict_in_the_description_too() -> None:
    paths = api.get_openapi_schema(path_prefix="/api/v1/")["paths"]
    assert 409 in paths["/api/v1/support-access/{access_id}/raise"]["post"]["responses"]
