"""T6, H15: a cookie tossed by a sibling host makes nobody somebody else."""

from collections.abc import Callable

import pytest

from shared_apps.tenants.scope import TenantRef
from tests.clients import TenantClient


@pytest.mark.parametrize("order", ["{mine}; sessionid=tossed", "sessionid=tossed; {mine}"])
def test_session_cookie_that_came_twice_is_believed_in_neither(
    order: str, alpha: TenantRef, login: Callable[..., TenantClient]
) -> None:
    owner = login(alpha)
    mine = f"sessionid={owner.cookies['sessionid'].value}"
    fresh = TenantClient(alpha)

    assert fresh.get("/dashboard", headers={"cookie": mine}).status_code == 200
    tossed = fresh.get("/dashboard", headers={"cookie": order.format(mine=mine)})
    assert (tossed.status_code, tossed["Location"]) == (302, "/login?next=/dashboard")


@pytest.mark.parametrize("order", ["csrftoken=own{o}; csrftoken={tossed}", "csrftoken={tossed}; csrftoken=own{o}"])
def test_csrf_cookie_that_came_twice_is_believed_in_neither(order: str, alpha: TenantRef) -> None:
    """Else whoever tossed one knows the token of a form of their own, and logs a visitor in as somebody else."""
    tossed = "t" * 32
    form = {"email": "owner@alpha.example", "password": "x", "csrfmiddlewaretoken": tossed}
    twice = order.format(tossed=tossed, o="n" * 29)

    answers = [
        TenantClient(alpha, enforce_csrf_checks=True).post("/login", form, headers={"cookie": cookie})
        for cookie in (f"csrftoken={tossed}", twice)
    ]

    assert [answer.status_code for answer in answers] == [401, 403]
