"""Two tenants with one of everything, and all who call at a route."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.utils import timezone

from shared_apps.accounts.enums import Role, Scope
from shared_apps.accounts.models import ApiKey, Session, User
from shared_apps.accounts.services import create_api_key
from shared_apps.accounts.tokens import make_set_password_token
from shared_apps.tenants.scope import TenantRef, enter_tenant
from tenant_apps.notifications.selectors import make_unsubscribe_url
from tests.clients import TenantClient
from tests.factories import HandoffFactory, UserFactory, open_support
from tests.isolation.helpers import read_everything
from tests.routes import CURRENT_PASSWORD, FOREIGN_NUMBER, Row


@dataclass
class House:
    """Alpha, ready and with one of everything; beta with one; and the four callers at alpha's host.

    `own` and `foreign` are ids, by their name in routes; of sessions the staff's and the owner's own differ.
    """

    alpha: TenantRef
    beta: TenantRef
    own: dict[str, str]
    own_sessions: dict[str, str]
    foreign: dict[str, str]
    token: str
    subscriber: str
    callers: dict[str, TenantClient]
    api_keys: dict[str, str]

    def call(
        self, caller: str, method: str, row: Row, ids: dict[str, str] | None = None, client: TenantClient | None = None
    ) -> Any:
        """Ask for a route of alpha's host, and there for alpha's objects unless `ids` says which."""
        own = self.own | {"session_id": self.own_sessions.get(caller, self.own["session_id"])}
        own |= {"token": self.token, "subscriber": self.subscriber, "action": "complete", "panel": "funnel"}
        path = row.route.replace("<str:", "<")
        for name, value in (own | (ids or {})).items():
            path = path.replace(f"<{name}>", value)
        path += f"?{row.query}" if row.query else ""
        client = client or self.callers[caller]
        if row.json is not None or row.route.startswith("api/"):
            body = json.dumps(row.json) if row.json is not None and method not in ("GET", "HEAD") else ""
            return client.generic(method, f"/{path}", body, content_type="application/json")
        if method == "POST":
            return client.post(f"/{path}", row.form)
        return client.generic(method, f"/{path}")

    def read(self) -> dict[str, str]:
        return read_everything(self.alpha.schema_name, self.beta.schema_name)


def furnish(ready: TenantRef, beta: TenantRef, login: Callable[..., TenantClient]) -> House:
    """Return the house, before anybody calls."""
    with enter_tenant(beta):
        User.objects.filter(pk=UserFactory.create(email="of.beta@example.com").pk).update(id=FOREIGN_NUMBER)
        foreign_key, foreign_secret = create_api_key(name="Person Of Beta", scope=Scope.WRITE)
        ApiKey.objects.filter(pk=foreign_key.pk).update(id=FOREIGN_NUMBER)
        foreign = {
            "handoff_id": str(HandoffFactory.create(customer_name="Person Of Beta").pk),
            "member_id": str(FOREIGN_NUMBER),
            "key_id": str(FOREIGN_NUMBER),
            "session_id": _add_session(User.objects.get(pk=FOREIGN_NUMBER)),
        }
    foreign["access_id"] = str(open_support(beta, access_id=FOREIGN_NUMBER).pk)
    access = open_support(ready)
    callers = {"staff": login(ready, Role.STAFF), "owner": login(ready, Role.OWNER)}
    with enter_tenant(ready):
        for client in callers.values():
            client.user.set_password(CURRENT_PASSWORD)
            client.user.save()
            client.force_login(client.user, backend="django.contrib.auth.backends.ModelBackend")
        invited = UserFactory.create(email="invited@example.com")
        own = {
            "handoff_id": str(HandoffFactory.create().pk),
            "member_id": str(invited.pk),
            "key_id": str(create_api_key(name="Spare", scope=Scope.READ)[0].pk),
            "session_id": _add_session(invited),
            "access_id": str(access.pk),
        }
        own_sessions = {name: _add_session(client.user) for name, client in callers.items()}
        token = make_set_password_token(invited)
        api_keys = {scope: create_api_key(name=f"A {scope} key", scope=scope)[1] for scope in Scope}
        ApiKey.objects.update(last_used_at=timezone.now())  # a first use would be written down
    stranger = TenantClient(ready)
    stranger.cookies["sessionid"] = login(beta, Role.OWNER).cookies["sessionid"].value
    return House(
        alpha=ready,
        beta=beta,
        own=own,
        own_sessions=own_sessions,
        foreign=foreign,
        token=token,
        subscriber=make_unsubscribe_url(ready, "owner@alpha.example").rpartition("/")[2],
        callers={"nobody": TenantClient(ready), **callers, "foreign owner": stranger},
        api_keys=api_keys | {"foreign": foreign_secret},
    )


def _add_session(user: User) -> str:
    session = Session.objects.create(
        session_key=uuid4().hex, session_data="", expire_date=timezone.now() + timedelta(days=1), user=user
    )
    return str(session.public_id)


def all_of(response: Any, ids: dict[str, str]) -> tuple[int, str, str]:
    """Return status, headers and body, with the id that was asked for left out."""
    told = sorted(item for item in response.items() if item[0] != "X-Request-Id")  # new for every request
    headers, body = str(told), response.content.decode()
    for one in ids.values():
        headers, body = headers.replace(one, ""), body.replace(one, "")
    return response.status_code, headers, body
