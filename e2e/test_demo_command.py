"""The demo keeps what it was given: stop it, start it again, and the lead is there."""

import http.cookiejar
import re
import time
from pathlib import Path

from e2e.stack import Stack
from e2e.steps import PASSWORD

LEAD = {
    "customerName": "Cold Start",
    "customerEmail": "cold.start@example.com",
    "requestedService": "Haircut",
    "preferredDateTimeText": "Friday after 5",
}


def test_lead_of_a_cold_start_survives_stop_and_start(tmp_path: Path) -> None:
    stack = Stack(data_dir=tmp_path)
    stack.start()
    answer = stack.ask("POST", "/api/v1/handoffs", host="coastal-cuts.localhost", json_body=LEAD)
    stack.stop()
    assert answer.status == 201
    assert not (tmp_path / "postgres" / "postmaster.pid").exists()

    began = time.monotonic()
    stack.start()
    try:
        assert time.monotonic() - began < 60
        cookies = _log_in(stack)
        items = stack.ask("GET", "/api/v1/handoffs", host="coastal-cuts.localhost", cookies=cookies).body["items"]
        assert [item["id"] for item in items] == [answer.body["id"]]
    finally:
        stack.stop()


def _log_in(stack: Stack) -> http.cookiejar.CookieJar:
    """Log in as the form does; the cookies are kept by hand, since the host is given by header."""
    page = stack.ask("GET", "/login", host="coastal-cuts.localhost")
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
    assert token is not None
    cookie = page.headers["Set-Cookie"].split(";")[0]
    form = {"email": "owner@coastal-cuts.example", "password": PASSWORD, "csrfmiddlewaretoken": token[1]}
    done = stack.ask("POST", "/login", host="coastal-cuts.localhost", form=form, headers={"Cookie": cookie})
    assert done.status == 302
    session = re.search(r"sessionid=([^;]+)", str(done.headers))
    assert session is not None
    jar = http.cookiejar.CookieJar()
    jar.set_cookie(
        http.cookiejar.Cookie(
            0,
            "sessionid",
            session[1],
            None,
            False,
            "127.0.0.1",
            True,
            False,
            "/",
            True,
            False,
            None,
            False,
            None,
            None,
            {},
        )
    )
    return jar
