"""What a bad input leaves behind, beyond its status: rows, events, files, mails, cells, pages; and what it costs."""

import csv
import html
import io
import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID, uuid4

import pytest

from shared_apps.accounts.enums import Role
from shared_apps.accounts.models import User
from shared_apps.accounts.tokens import make_set_password_token
from shared_apps.outbox.models import Job
from shared_apps.tenants.scope import enter_tenant
from tenant_apps.handoffs.enums import HandoffStatus
from tenant_apps.handoffs.models import BookingHandoff, HandoffEvent
from tests.factories import HandoffFactory, UserFactory
from tests.hostile.conftest import CSRF, LEAD, SETTINGS, Stage
from tests.serving import Answer, fresh_address

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
MEGABYTE = 1024 * 1024


def _at_once(job: Callable[[], Answer], times: int) -> list[Answer]:
    with ThreadPoolExecutor(max_workers=10) as pool:
        return [future.result() for future in [pool.submit(job) for _ in range(times)]]


def _events(stage: Stage, handoff_id: str) -> list[str]:
    with enter_tenant(stage.mine.tenant):
        return list(HandoffEvent.objects.filter(handoff=UUID(handoff_id)).order_by("id").values_list("type", flat=True))


# ---- captures ---------------------------------------------------------------------------------------------------


def test_f43_same_key_and_body_fifty_times_at_once_is_one_handoff(stage: Stage) -> None:
    key = str(uuid4())
    answers = _at_once(
        lambda: stage.send_json("POST", "/api/v1/handoffs", LEAD, headers={"Idempotency-Key": key}), times=50
    )

    assert sorted(answer.status for answer in answers) == [200] * 49 + [201]
    [handoff_id] = {answer.json()["id"] for answer in answers}
    assert _events(stage, handoff_id) == ["created"]


def test_f44_same_key_with_another_body_changes_nothing(stage: Stage) -> None:
    headers = {"Idempotency-Key": str(uuid4())}
    first = stage.send_json("POST", "/api/v1/handoffs", LEAD, headers=headers)
    second = stage.send_json("POST", "/api/v1/handoffs", LEAD | {"notes": "more"}, headers=headers)

    assert (first.status, second.status) == (201, 422)
    assert stage.read(first.json()["id"])["notes"] is None


def test_f46_limit_of_an_address_holds_whatever_is_forwarded(stage: Stage) -> None:
    """Thirty a minute; where a minute ends in between, thirty of each."""
    address, answers = fresh_address(), list[Answer]()
    while len(answers) < 62 and (not answers or answers[-1].status == 201):
        forwarded = f"203.0.113.{len(answers)}"
        headers = {"X-Forwarded-For": forwarded, "Forwarded": f"for={forwarded}"}
        answers.append(stage.send_json("POST", "/api/v1/handoffs", LEAD, source=address, headers=headers))

    limited = answers.pop()
    assert limited.status == 429
    assert 30 <= len(answers) <= 60
    assert 1 <= int(limited.header("Retry-After") or 0) <= 60
    assert limited.json()["booking"]["url"].startswith(SETTINGS["externalBookingUrl"])
    assert stage.send_json("POST", "/api/v1/handoffs", LEAD).status == 201


@pytest.mark.parametrize("change", [{"website": "https://spam.example/"}, {"notes": "http://a.example/ " * 55}])
def test_f39_f40_flagged_lead_is_kept_and_its_mail_goes_to_nobody(change: dict[str, str], stage: Stage) -> None:
    from tenant_apps.handoffs.enums import NEW_HANDOFF

    handoff_id = stage.capture(**change).json()["id"]

    with enter_tenant(stage.mine.tenant):
        assert BookingHandoff.objects.get(pk=handoff_id).metadata["flags"]
        assert not Job.objects.filter(kind=NEW_HANDOFF, payload__handoff=handoff_id).exists()
        plain = stage.capture().json()["id"]
        assert Job.objects.filter(kind=NEW_HANDOFF, payload__handoff=plain).count() == 1


HOSTILE_TEXTS = [
    "<img src=x onerror=alert(1)>",
    '"><script>alert(1)</script>',
    "</textarea></title></script><svg/onload=alert(1)>",
    "' autofocus onfocus='alert(1)",
    "{{7*7}}{% debug %}${7*7}",
    "{event.__init__.__globals__}",
    "%(settings)s %s %n",
    "\u202egnp.exe",
    "&lt;b&gt;&amp;amp;",
    "<!--><script>alert(1)</script>-->",
]


@pytest.mark.parametrize("text", HOSTILE_TEXTS)
def test_f24_f26_f27_text_is_shown_as_text_and_isolated(text: str, stage: Stage) -> None:
    """As the visitor sees it: on the hand-over page after sending, and in the form that comes back with an error."""
    captured = stage.capture(customerName=text, preferredDateTimeText=text)
    receipt = (captured.header("Set-Cookie") or "").partition(";")[0]
    page = stage.ask("GET", f"/handoff/{captured.json()['id']}", headers={"Cookie": receipt})
    again = stage.ask(
        "POST", "/book", headers=FORM, body=_form({"customerName": text, "notes": text, "requestedService": text})
    )

    assert (captured.status, page.status, again.status) == (201, 200, 422)
    for answer in (page, again):
        shown = answer.body.encode("latin-1").decode()
        assert html.escape(text) in shown
        if "<" in text:
            assert text not in shown
    assert f"<bdi>{html.escape(text)}</bdi>" in page.body.encode("latin-1").decode()


def _form(fields: dict[str, str]) -> bytes:
    from urllib.parse import urlencode

    return urlencode(fields).encode()


def test_f25_formula_is_a_text_in_the_file(stage: Stage) -> None:
    texts = ['=HYPERLINK("http://evil","x")', "@SUM(A1)", "+1+1", "-1+1", "\uff1d1+1"]
    for text in texts:
        assert stage.capture(customerName=text, notes=f"\t{text}", preferredDateTimeText=f" {text}").status == 201

    answer = stage.ask("GET", "/api/v1/handoffs.csv", caller="owner", headers={"Accept-Encoding": "identity"})
    rows = list(csv.reader(io.StringIO(_unchunk(answer).lstrip("\ufeff"))))
    cells = [cell for row in rows for cell in row]

    for text in texts:
        assert f"'{text}" in cells
        assert f"' {text}" in cells
    assert [cell for cell in cells if cell.lstrip(" \t\r\n\0")[:1] in "=+-@\uff1d" and cell.strip(" \t\r\n\0")] == []


def _unchunk(answer: Answer) -> str:
    """Return the text of a streamed answer."""
    raw, text = answer.body.encode("latin-1"), b""
    if answer.header("Transfer-Encoding") != "chunked":
        return raw.decode()
    while raw:
        size, _, raw = raw.partition(b"\r\n")
        length = int(size, 16)
        text, raw = text + raw[:length], raw[length + 2 :]
    return text.decode()


# ---- clicks -----------------------------------------------------------------------------------------------------


def test_c4_fifty_clicks_at_once_are_one_redirect(stage: Stage) -> None:
    handoff_id = stage.capture().json()["id"]
    answers = _at_once(lambda: stage.ask("POST", f"/go/{handoff_id}"), times=50)

    assert {answer.status for answer in answers} == {303}
    assert len({answer.header("Location") for answer in answers}) == 1
    assert _events(stage, handoff_id) == ["created", "redirected"]


@pytest.mark.parametrize(
    ("before", "after"), [("completed_external", "completed_external"), ("abandoned", "redirected")]
)
def test_c5_click_on_what_is_over_leads_on(before: str, after: str, stage: Stage) -> None:
    with enter_tenant(stage.mine.tenant):
        key = HandoffFactory.create().pk
        BookingHandoff.objects.filter(pk=key).update(status=HandoffStatus(before))

    assert stage.ask("POST", f"/go/{key}").status == 303
    assert stage.read(str(key))["status"] == after


def test_c3_foreign_id_is_answered_like_a_random_one(stage: Stage) -> None:
    foreign, unknown = stage.other.handoff_id, str(uuid4())
    for method, path in [
        ("POST", "/go/{}"),
        ("GET", "/handoff/{}"),
        ("POST", "/api/v1/handoffs/{}/redirect"),
        ("GET", "/api/v1/handoffs/{}"),
        ("POST", "/api/v1/handoffs/{}/complete"),
        ("DELETE", "/api/v1/handoffs/{}"),
    ]:
        answers = []
        for one in (foreign, unknown):
            answer = stage.ask(method, path.format(one), caller="nobody" if "redirect" in path else "owner")
            body = answer.body.replace(one, "")
            nonce = (answer.header("Content-Security-Policy") or "").partition("'nonce-")[2].partition("'")[0]
            answers.append((answer.status, body.replace(nonce, "") if nonce else body))

        assert answers[0] == answers[1]
        assert answers[0][0] == 404


# ---- credentials ------------------------------------------------------------------------------------------------


def test_h17_key_of_one_business_is_nobody_at_another(stage: Stage) -> None:
    for scope in ("read", "write"):
        assert stage.ask("GET", "/api/v1/handoffs", caller=scope).status == 200
        assert stage.ask("GET", "/api/v1/handoffs", caller=f"other {scope}").status == 401


def test_h18_asking_for_a_new_password_at_a_strange_host_mails_nobody(stage: Stage) -> None:
    tenant = stage.mine.tenant
    with enter_tenant(tenant):
        email = UserFactory.create(role=Role.OWNER, password="correct-horse-battery").email
        before = Job.objects.count()
    body = _form({"email": email, "csrfmiddlewaretoken": CSRF})
    headers = FORM | {"Cookie": f"csrftoken={CSRF}"}

    for host in ("evil.example", f"{stage.mine.host}.evil.example", f"evil.{stage.mine.host}"):
        assert stage.ask("POST", "/forgot-password", host=host, headers=headers, body=body).status == 404
    with enter_tenant(tenant):
        assert Job.objects.count() == before

    assert stage.ask("POST", "/forgot-password", headers=headers, body=body).status == 200
    with enter_tenant(tenant):
        assert Job.objects.count() == before + 1


def test_h19_link_of_one_business_is_no_link_at_another(stage: Stage) -> None:
    with enter_tenant(stage.mine.tenant):
        user = UserFactory.create(password="correct-horse-battery")
        path = f"/set-password/{make_set_password_token(user)}"
    with enter_tenant(stage.other.tenant):
        User.objects.filter(pk=user.pk).delete()

    assert stage.ask("GET", path).status == 200
    assert stage.ask("GET", path, place=stage.other).status == 400


# ---- what it costs (T33) ----------------------------------------------------------------------------------------


def _json(text: str) -> dict[str, Any]:
    return {"method": "POST", "target": "/api/v1/handoffs", "type": "application/json", "body": text.encode()}


def _multipart(body: bytes) -> dict[str, Any]:
    return {"method": "POST", "target": "/book", "type": "multipart/form-data; boundary=X", "body": body}


_PART = b'--X\r\nContent-Disposition: form-data; name="a"\r\n'
HEAVY: dict[str, dict[str, Any]] = {
    "60,000 brackets": _json("[" * 60_000),
    "deep objects": _json('{"a":' * 10_000),
    "a number of 60,000 digits": _json("1" * 60_000),
    "60,000 escapes": _json('"' + "\\u0000" * 10_000 + '"'),
    "20,000 names": _json("{" + ",".join(f'"{number}":1' for number in range(6_000)) + "}"),
    "3 MB": _json("x" * 3_000_000),
    "base64 with blanks": _multipart(_PART + b"Content-Transfer-Encoding: base64\r\n\r\n" + b"QQ \t" * 14_000),
    "many parts": _multipart(b"".join(_PART + b"\r\n1\r\n" for _ in range(1_000))),
    "a header without an end": _multipart(b"--X\r\n" + b"a" * 60_000),
    "semicolons in quotes": _multipart(b'--X\r\nContent-Disposition: form-data; name="' + b";" * 60_000 + b'"\r\n\r\n'),
    "60,000 ampersands": {"method": "POST", "target": "/book", "type": FORM["Content-Type"], "body": b"&" * 60_000},
    "percent signs": {"method": "POST", "target": "/book", "type": FORM["Content-Type"], "body": b"a=" + b"%" * 60_000},
    "password of 60,000": {
        "method": "POST",
        "target": "/login",
        "type": FORM["Content-Type"],
        "body": b"email=a%40b.example&csrfmiddlewaretoken=" + CSRF.encode() + b"&password=" + b"x" * 60_000,
    },
    "an assistant's message that matches nothing": {
        "method": "POST",
        "target": "/api/v1/assistant/messages",
        "type": "application/json",
        "body": json.dumps({"message": "a1 " * 666, "slots": {}, "asking": None}).encode(),
    },
    "query of 6,000": {"method": "GET", "target": "/book?service=" + "%41" * 2_000, "type": "", "body": b""},
}


def test_t33_what_is_hard_to_parse_costs_neither_time_nor_memory(stage: Stage) -> None:
    def send(given: dict[str, Any]) -> Answer:
        headers = {"Content-Type": given["type"], "Cookie": f"csrftoken={CSRF}"}
        return stage.ask(given["method"], given["target"], headers=headers, body=given["body"])

    for given in [*HEAVY.values()] * 6:  # every thread has met the worst; its memory is the allocator's from then on
        send(given)
    before, slow = stage.server.memory(), {}
    for name, given in HEAVY.items():
        for _ in range(4):
            started = time.monotonic()
            answer = send(given)
            seconds = time.monotonic() - started

            assert answer.status in (200, 400, 401, 413, 422, 429), (name, answer.status)
            if seconds > 5.0:  # 100 ms on a machine of its own; what grows with the square takes minutes
                slow[name] = seconds

    assert slow == {}
    assert stage.server.memory() - before < 64 * MEGABYTE


def test_t33_body_that_never_comes_holds_nobody_else_up(stage: Stage) -> None:
    import socket

    links = []
    try:
        for _ in range(40):
            link = socket.create_connection(("127.0.0.1", stage.server.port), timeout=5)
            link.sendall(f"POST /api/v1/handoffs HTTP/1.1\r\nHost: {stage.mine.host}\r\nContent-Ty".encode())
            links.append(link)
        started = time.monotonic()

        assert stage.capture().status == 201
        assert time.monotonic() - started < 5.0
    finally:
        for link in links:
            link.close()
