"""The API's description: what ninja derives from the operations, and the errors and headers it cannot see.

Which errors an operation has follows from what it is: guarded, a visitor's, with an id in its path, with a body. What
follows from nothing is in the tables here. `tests/hostile/test_described_api.py` holds all of it against the server.
"""

from http import HTTPStatus
from typing import Any, Final

from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema

from shared_apps.errors import FieldProblem

PROBLEM: Final = "application/problem+json"

_CONDITIONAL_READS: Final = (
    "/handoffs", "/handoffs/summary", "/insights/funnel", "/insights/timeline", "/insights/time-to-click",
    "/insights/breakdown",
)  # fmt: skip
_CONDITIONAL_WRITES: Final = ("/settings/booking", "/settings/profile", "/settings/notifications")
_CONFLICTS: Final = {
    ("post", "/handoffs/{handoff_id}/redirect"),
    ("post", "/settings/booking/frame-check"),
    ("post", "/team"),
    ("patch", "/team/{member_id}"),
    ("delete", "/team/{member_id}"),
    ("post", "/team/{member_id}/invitation"),
    ("post", "/api-keys"),
    ("post", "/support-access/{access_id}/raise"),
}
_LIMITED: Final = {("post", "/handoffs"), ("post", "/assistant/messages")}  # and all that is guarded
_FROM_OUR_PAGES: Final = _LIMITED | {("post", "/handoffs/{handoff_id}/redirect")}  # a foreign Origin is refused

_TEXT: Final = {"type": "string"}
_PROBLEM_SCHEMA: Final[dict[str, Any]] = {
    "title": "Problem",
    "description": "What went wrong, by RFC 9457. `type` is stable; with 422, `errors` names each field.",
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": _TEXT,
        "title": _TEXT,
        "status": {"type": "integer"},
        "detail": _TEXT,
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": list(FieldProblem._fields),
                "properties": dict.fromkeys(FieldProblem._fields, _TEXT),
            },
        },
        "booking": {
            "description": "For a visitor who cannot be served: where to go on, where that is known.",
            "anyOf": [
                {"type": "object", "properties": {"providerName": _TEXT, "url": _TEXT}, "required": ["url"]},
                {"type": "null"},
            ],
        },
        "contact": {
            "type": "object",
            "properties": {name: {"anyOf": [_TEXT, {"type": "null"}]} for name in ("phone", "email")},
        },
    },
}


class DescribedAPI(NinjaAPI):
    """An API whose description is whole."""

    def get_openapi_schema(self, **given: Any) -> OpenAPISchema:
        """Return ninja's description with errors and headers added."""
        described = super().get_openapi_schema(**given)
        described["components"]["schemas"]["Problem"] = _PROBLEM_SCHEMA
        for path, operations in described["paths"].items():
            for method, operation in operations.items():
                _complete(operation, method=method, path=f"/{path.partition('/api/v1/')[2]}")
        return described


def _complete(operation: dict[str, Any], *, method: str, path: str) -> None:
    key, is_guarded, has_body = (method, path), "security" in operation, "requestBody" in operation
    names = [parameter["name"] for parameter in operation.get("parameters", []) if parameter["in"] == "path"]
    is_read, reads_query = method == "get", method == "get" or path.endswith("/redirect")
    statuses = {
        HTTPStatus.NOT_MODIFIED: is_read and path in _CONDITIONAL_READS,
        HTTPStatus.BAD_REQUEST: True,  # a query or a body that cannot be read
        HTTPStatus.UNAUTHORIZED: is_guarded,
        HTTPStatus.FORBIDDEN: is_guarded or key in _FROM_OUR_PAGES,
        HTTPStatus.NOT_FOUND: bool(names),
        HTTPStatus.CONFLICT: key in _CONFLICTS,
        HTTPStatus.PRECONDITION_FAILED: method == "put" and path in _CONDITIONAL_WRITES,
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE: not is_read,
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE: has_body,
        HTTPStatus.UNPROCESSABLE_ENTITY: has_body or reads_query,
        HTTPStatus.TOO_MANY_REQUESTS: is_guarded or key in _LIMITED,
        HTTPStatus.SERVICE_UNAVAILABLE: True,
    }
    for status in (status for status, occurs in statuses.items() if occurs):
        operation["responses"][int(status)] = _describe(status)
    headers = [
        ("If-None-Match", statuses[HTTPStatus.NOT_MODIFIED], "The ETag of an earlier answer.", {}),
        ("If-Match", statuses[HTTPStatus.PRECONDITION_FAILED], "The ETag that GET gave.", {}),
        ("Idempotency-Key", key == ("post", "/handoffs"), "Makes a retry safe.", {"format": "uuid"}),
    ]
    for name, is_read_here, description, more in headers:
        if is_read_here:
            operation["parameters"].append(
                {"in": "header", "name": name, "required": False, "description": description, "schema": _TEXT | more}
            )


def _describe(status: HTTPStatus) -> dict[str, Any]:
    if status == HTTPStatus.NOT_MODIFIED:
        return {"description": status.phrase}
    answer: dict[str, Any] = {
        "description": status.phrase,
        "content": {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    if status in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE):
        answer["headers"] = {"Retry-After": {"description": "In seconds.", "schema": {"type": "integer"}}}
    return answer
