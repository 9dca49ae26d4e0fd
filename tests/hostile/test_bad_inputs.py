"""Every bad input gets its status, on a running server, over a real socket; none is a 500 and none takes long."""

import json
import time
from typing import Any
from urllib.parse import urlencode

import pytest

from shared_apps.tenants.scope import enter_tenant
from tenant_apps.handoffs.models import BookingHandoff
from tests.factories import HandoffFactory, UserFactory
from tests.hostile.cases import Case, fill, kind_of, label, load_cases
from tests.hostile.conftest import CSRF, LEAD, LEAD_MARKS, SETTINGS, Stage
from tests.serving import ROOT, Answer

# The rows of the threat list's section 3; each has at least one case here or a test named beside it.
ROWS = {
    "F": "1 2 5 6 9 10 14 16 17 18 19 20 22 24 25 26 27 28 30 31 32 38 39 40 42 43 44 45 46 47",
    "U": "2 3 4 5 7 9 10 11 12 13 14 15 16 17 20 21 22 24 25 26 31",
    "Q": "1 3 5 6 7 9 10 12 13 14 15 16",
    "H": "1 2 3 4 6 7 8 9 12 13 14 15 17 18 19 21 24",
    "C": "3 4 5 6 7 9",
}
ELSEWHERE = {
    "F43": "tests/hostile/test_answers.py",
    "F44": "tests/hostile/test_answers.py",
    "F46": "tests/hostile/test_answers.py",
    "U16": "tests/integration/test_frame_check.py",
    "U17": "tests/integration/test_frame_check.py",
    "H17": "tests/hostile/test_answers.py",
    "H18": "tests/hostile/test_answers.py",
    "H19": "tests/hostile/test_answers.py",
    "C4": "tests/hostile/test_answers.py",
    "C5": "tests/hostile/test_answers.py",
}
TELLTALES = ("Traceback", "django.", "psycopg", "SELECT ", "INSERT ", "pydantic", 'File "', "relation ", "search_path")
SLOW = 20.0  # generous: the machine may be busy; what costs by the square of its length takes minutes


def _ids(kind: str) -> dict[str, Any]:
    cases = load_cases(kind)
    return {"argvalues": cases, "ids": [label(case) for case in cases]}


def _expected(case: Case) -> list[int]:
    status = case["status"]
    return status if isinstance(status, list) else [status]


def _names(stage: Stage) -> dict[str, str]:
    mine, other = stage.mine, stage.other
    return {
        "host": mine.host,
        "HOST": mine.host.upper(),
        "sub": mine.tenant.client_id,
        "own": "localhost",
        "other": other.host,
        "handoff": mine.handoff_id,
        "other handoff": other.handoff_id,
    }


def _check(answer: Answer, case: Case, started: float) -> None:
    """Hold what holds for every answer: its status, no word of the inside, and an answer while one waits."""
    assert answer.status in _expected(case), answer.body[:300]
    assert time.monotonic() - started < SLOW
    for telltale in TELLTALES:
        assert telltale not in answer.body


def _check_problem(answer: Answer) -> None:
    """Hold what holds for every error of the API: a problem document that repeats nothing of what was sent."""
    assert answer.header("Content-Type") == "application/problem+json"
    problem = answer.json()
    assert set(problem) >= {"type", "title", "status", "detail"}
    assert problem["status"] == answer.status
    if answer.status == 422:
        assert problem["errors"]
        assert all(set(error) == {"field", "message", "code"} and error["message"] for error in problem["errors"])
    for mark in LEAD_MARKS:
        assert mark not in answer.body


def test_every_row_of_the_threat_list_has_a_case_or_a_test() -> None:
    ids = {case["id"] for case in load_cases()}

    rows = {f"{family}{number}" for family, numbers in ROWS.items() for number in numbers.split()}

    assert rows - ids == set(ELSEWHERE)
    assert all((ROOT / path).exists() for path in ELSEWHERE.values())


def test_every_case_is_of_one_kind_and_named_once() -> None:
    cases = load_cases()

    assert all(kind_of(case) for case in cases)
    assert len({label(case) for case in cases}) == len(cases)


@pytest.mark.parametrize("case", **_ids("lead"))
def test_lead_gets_its_status(case: Case, stage: Stage) -> None:
    started = time.monotonic()
    headers = {name: fill(value, _names(stage)) for name, value in case.get("headers", {}).items()}
    answer = stage.send_json("POST", "/api/v1/handoffs", LEAD | case["lead"], headers=headers)

    _check(answer, case, started)
    if answer.status >= 400:
        _check_problem(answer)
        if "field" in case:
            assert case["field"] in [error["field"] for error in answer.json()["errors"]]
        return
    item = stage.read(answer.json()["id"])
    for name, value in case.get("stored", {}).items():
        assert item[name] == value
    if "flags" in case:
        assert item["metadata"].get("flags", []) == case["flags"]


def _as_form(case: Case) -> dict[str, str] | None:
    """Return the lead as a page posts it; None where a form cannot say it."""
    lead = LEAD | case["lead"]
    if "Idempotency-Key" in case.get("headers", {}) or not set(lead) <= set(LEAD) | {
        "customerEmail",
        "notes",
        "sourcePage",
        "website",
    }:
        return None
    if not all(isinstance(value, str) for value in lead.values()):
        return None
    return None if any("\ud800" <= character <= "\udfff" for value in lead.values() for character in value) else lead


_FORMS = [case for case in load_cases("lead") if _as_form(case) is not None]


@pytest.mark.parametrize("case", _FORMS, ids=[label(case) for case in _FORMS])
def test_lead_gets_its_status_as_a_form(case: Case, stage: Stage) -> None:
    started = time.monotonic()
    headers = {name: fill(value, _names(stage)) for name, value in case.get("headers", {}).items()}
    answer = stage.ask(
        "POST",
        "/book",
        body=urlencode(_as_form(case) or {}).encode(),
        headers={"Content-Type": "application/x-www-form-urlencoded"} | headers,
    )

    expected = {201: 303}.get(case["status"], case["status"])
    _check(answer, case | {"status": expected}, started)
    if answer.status == 422 and not {"sourcePage", "website"} & set(case["lead"]):  # these two are hidden
        assert 'data-testid="field-error"' in answer.body


@pytest.mark.parametrize("case", **_ids("settings"))
def test_settings_get_their_status(case: Case, stage: Stage) -> None:
    started = time.monotonic()
    body = SETTINGS | {
        name: fill(value, _names(stage)) if name == "externalBookingUrl" and isinstance(value, str) else value
        for name, value in case["settings"].items()
    }
    before = stage.ask("GET", "/api/v1/settings/booking", caller="owner").header("ETag")
    answer = stage.send_json("PUT", "/api/v1/settings/booking", body, caller="owner")

    _check(answer, case, started)
    if answer.status >= 400:
        _check_problem(answer)
        if "field" in case:
            assert case["field"] in [error["field"] for error in answer.json()["errors"]]
        assert stage.ask("GET", "/api/v1/settings/booking", caller="owner").header("ETag") == before
        return
    for name, value in case.get("saved", {}).items():
        assert answer.json()[name] == value
    assert stage.send_json("PUT", "/api/v1/settings/booking", SETTINGS, caller="owner").status == 200


@pytest.mark.parametrize("case", **_ids("query"))
def test_query_gets_its_status(case: Case, stage: Stage) -> None:
    started = time.monotonic()
    only_list = ("limit=", "cursor=", "offset=")
    paths = ["/api/v1/handoffs"]
    if case["status"] == 422 or not case["query"].startswith(only_list):
        paths += ["/api/v1/handoffs/summary", "/api/v1/handoffs.csv"]
    for path in paths:
        answer = stage.ask("GET", f"{path}?{case['query']}", caller="owner")

        _check(answer, case, started)
        if answer.status >= 400:
            _check_problem(answer)


@pytest.mark.parametrize("case", **_ids("login_next"))
def test_login_leads_to_this_host_only(case: Case, stage: Stage) -> None:
    started = time.monotonic()
    with enter_tenant(stage.mine.tenant):
        user = UserFactory.create(password="correct-horse-battery")
    form = {
        "email": user.email,
        "password": "correct-horse-battery",
        "next": case["login_next"],
        "csrfmiddlewaretoken": CSRF,
    }
    answer = stage.ask(
        "POST",
        "/login",
        body=urlencode(form).encode(),
        headers={"Content-Type": "application/x-www-form-urlencoded", "Cookie": f"csrftoken={CSRF}"},
    )

    _check(answer, case, started)
    assert answer.header("Location") == case["location"]


@pytest.mark.parametrize("case", **_ids("click"))
def test_click_leads_where_the_settings_say(case: Case, stage: Stage) -> None:
    with enter_tenant(stage.mine.tenant):
        handoff_id = str(HandoffFactory.create().pk)
    started = time.monotonic()
    headers = {name: fill(value, _names(stage)) for name, value in case.get("headers", {}).items()}
    answer = stage.ask("POST", f"/go/{handoff_id}?{case['click']}", headers=headers)

    _check(answer, case, started)
    location = answer.header("Location") or ""
    assert location.startswith(f"{SETTINGS['externalBookingUrl']}?utm_source=treasurecoastai&")
    assert f"tca_ref={handoff_id}&" in location
    assert "evil" not in location
    assert stage.read(handoff_id)["status"] == "redirected"


@pytest.mark.parametrize("case", **_ids("request"))
def test_request_gets_its_status(case: Case, stage: Stage) -> None:
    given, names = case["request"], _names(stage)
    json_body = SETTINGS if given.get("json") == "$settings" else given.get("json")
    body = given.get("body", "").encode(given.get("encoding", "utf-8"))
    before = _read_own_handoff(stage) if case.get("unchanged") else None
    started = time.monotonic()
    answer = stage.ask(
        given["method"],
        fill(given["target"], names),
        caller=given.get("caller", "nobody"),
        headers=given.get("headers"),
        body=json.dumps(json_body).encode() if json_body is not None else body,
    )

    _check(answer, case, started)
    if given["target"].startswith("/api/") and answer.status >= 400:
        _check_problem(answer)
    if "location" in case:
        assert answer.header("Location") == fill(case["location"], names)
    if before is not None:
        assert _read_own_handoff(stage) == before


def _read_own_handoff(stage: Stage) -> dict[str, Any]:
    with enter_tenant(stage.mine.tenant):
        return dict(BookingHandoff.objects.filter(pk=stage.mine.handoff_id).values().get())


@pytest.mark.parametrize("case", **_ids("raw"))
def test_raw_request_gets_its_status(case: Case, stage: Stage) -> None:
    lines = [fill(line, _names(stage)) for line in case["raw"]]
    head = "\r\n".join([*lines, "Connection: close", "", ""]).encode("latin-1")
    started = time.monotonic()
    answer = stage.server.exchange(head + case.get("body", "").encode("latin-1"), seconds=SLOW)

    _check(answer, case, started)
    names_other = stage.other.tenant.client_id in answer.body + answer.head
    assert not names_other or stage.other.tenant.client_id in "".join(lines)
    if case.get("foreign"):
        assert "Hostile Studio" not in answer.body
    if case.get("mine"):
        assert "Hostile Studio" in answer.body
    if "location" in case:
        assert answer.header("Location") == case["location"]
