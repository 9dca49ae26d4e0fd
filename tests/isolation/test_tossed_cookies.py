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
