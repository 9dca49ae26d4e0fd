"""The API does what its own description says: schemathesis sends what fits it and what does not, by a fixed seed.

Held against each answer: its status, content type and body are described, it is no 5xx, and what the description
forbids is refused. What it allows may still be refused by a rule that no schema can say (a number nobody can dial, an
address that is no booking page), so that check is left out.
"""

import copy
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS, load_all_checks

from saas.api import api
from tests.hostile.conftest import Stage

load_all_checks()
LEFT_OUT = CHECKS.get_by_names(["positive_data_acceptance"])


def _describe() -> dict[str, Any]:
    """Return the description without who may call: the tests say that by themselves."""
    described: dict[str, Any] = copy.deepcopy(dict(api.get_openapi_schema(path_prefix="/api/v1/")))
    for operations in described["paths"].values():
        for operation in operations.values():
            operation.pop("security", None)
    return described


WHOLE = api.get_openapi_schema(path_prefix="/api/v1/")
SCHEMA = schemathesis.openapi.from_dict(_describe())
OPERATIONS = [(method.upper(), path) for path, methods in WHOLE["paths"].items() for method in methods]
GUARDED = [(method, path) for method, path in OPERATIONS if "security" in WHOLE["paths"][path][method.lower()]]
OPEN = [operation for operation in OPERATIONS if operation not in GUARDED]
# (method, path, caller, how many): more of what a person may do than of what is refused before anything is read.
PLAN = [
    *((*operation, "nobody", 30) for operation in OPEN),
    *((*operation, "owner", 10) for operation in GUARDED),
    *((*operation, "write", 4) for operation in GUARDED),
    *((*operation, "nobody", 2) for operation in GUARDED),
]


def _modes(method: str, path: str) -> list[GenerationMode]:
    """Both, but where there is nothing to get wrong."""
    operation = WHOLE["paths"][path][method.lower()]
    in_paths = all(parameter["in"] == "path" for parameter in operation.get("parameters", []))  # any text is one
    can_be_wrong = not in_paths or "requestBody" in operation
    return [GenerationMode.POSITIVE, GenerationMode.NEGATIVE] if can_be_wrong else [GenerationMode.POSITIVE]


def test_plan_holds_every_operation_with_and_without_a_login() -> None:
    assert {(method, path) for method, path, _, _ in PLAN} == set(OPERATIONS)
    assert {(method, path) for method, path, caller, _ in PLAN if caller == "owner"} == set(GUARDED)
    assert len(OPEN) == 4


@pytest.mark.parametrize(
    ("method", "path", "caller", "examples"),
    PLAN,
    ids=[f"{method} {path} {caller}" for method, path, caller, _ in PLAN],
)
def test_operation_answers_as_it_is_described(method: str, path: str, caller: str, examples: int, stage: Stage) -> None:
    operation = SCHEMA[path][method]
    headers = {"Host": stage.spare.host} | stage.spare.credentials[caller]
    statuses = set()
    for mode in _modes(method, path):

        @settings(
            max_examples=examples,
            deadline=None,
            derandomize=True,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(generation_mode=mode))
        def run(case: Any) -> None:
            response = case.call_and_validate(
                base_url=f"http://127.0.0.1:{stage.server.port}", headers=headers, excluded_checks=LEFT_OUT
            )
            statuses.add(response.status_code)

        run()
    if caller == "nobody" and (method, path) in GUARDED:
        assert statuses == {401}
    assert statuses
