"""The committed description of the API is the API's."""

import json
from pathlib import Path

from saas.api import api

COMMITTED = Path(__file__).resolve().parents[2] / "docs" / "openapi.json"


def test_openapi_document_has_not_drifted() -> None:
    """To renew it: `make openapi`."""
    current = json.loads(json.dumps(api.get_openapi_schema(path_prefix="/api/v1/")))
    assert json.loads(COMMITTED.read_text()) == current


def test_every_operation_says_what_it_does() -> None:
    for path, operations in api.get_openapi_schema(path_prefix="/api/v1/")["paths"].items():
        for method, operation in operations.items():
            assert operation.get("description"), f"{method} {path}"
