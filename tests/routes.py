"""Every route of both URL maps, and who may call it: the table that `tests/architecture/test_routes.py` holds."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.urls import URLPattern, URLResolver

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
CALLERS = ("nobody", "staff", "owner", "foreign owner")
RANDOM_ID = "0199f0f0-0000-7000-8000-00000000abcd"
FOREIGN_NUMBER = 400_000_001
RANDOM_IDS = {
    "handoff_id": RANDOM_ID,
    "session_id": RANDOM_ID,
    "member_id": str(FOREIGN_NUMBER + 1),
    "key_id": str(FOREIGN_NUMBER + 1),
    "access_id": str(FOREIGN_NUMBER + 1),
}

LEAD = {
    "customerName": "Jane Doe",
    "customerPhone": "772-555-0177",
    "requestedService": "Haircut",
    "preferredDateTimeText": "Friday after 5",
}
SETTINGS = {
    "bookingMode": "external",
    "externalBookingProviderName": "",
    "externalBookingUrl": "https://calendly.com/alpha-studio/other",
    "externalBookingEmbedMode": "redirect",
    "externalBookingDisclaimer": "",
    "externalBookingUtmSource": "treasurecoastai",
    "externalBookingUtmCampaign": "industry-demo",
}
PROFILE: dict[str, Any] = {
    "businessName": "Alpha Renamed",
    "industry": "salon",
    "hours": [{"day": "mon", "opens": "09:00", "closes": "18:00"}],
    "services": ["Haircut"],
    "brandColour": "#123abc",
    "timeZone": "America/New_York",
    "region": "US",
    "language": "en",
    "abandonAfterHours": 24,
    "retentionDays": 365,
    "notificationEmails": ["desk@alpha-studio.example"],
}
NOTIFICATIONS = {"newHandoff": "hourly", "dailySummary": True}
EMBEDDING = {"allowedOrigins": ["https://www.alpha-studio.example"]}
INVITATION = {"email": "newcomer@example.com", "role": "staff"}
NEW_KEY = {"name": "Website", "scope": "read"}
CURRENT_PASSWORD = "correct-horse-battery"
NEW_PASSWORD = {"currentPassword": CURRENT_PASSWORD, "newPassword": "a-long-walk-on-the-beach"}
MESSAGE: dict[str, Any] = {"message": "a haircut on Friday", "slots": {}, "asking": None}
FORGOTTEN = {"email": "invited@example.com"}
PASSWORD = {"password": "a-long-walk-on-the-beach"}


@dataclass(frozen=True)
class Row:
    """What a route answers to nobody, alpha's staff, alpha's owner, beta's owner; by method. Others answer 405.

    A route behind the login sends who is not logged in there by 302. `keys` is what the keys that read and write get,
    where that is not what every call grants them: GETs open to the staff, nothing else.
    """

    route: str
    answers: dict[str, tuple[int, int, int, int]]
    json: dict[str, Any] | None = None
    form: dict[str, str] = field(default_factory=dict)
    query: str = ""
    is_behind_login: bool = False
    keys: dict[str, tuple[int, int]] = field(default_factory=dict)

    def key_answers(self, method: str) -> tuple[int, int]:
        """What keys get of a guarded method: the one that reads, the one that writes."""
        is_read = method == "GET" and self.answers[method][1] == 200
        return self.keys.get(method, (200, 200) if is_read else (403, 403))

    def denies(self, method: str, caller: str) -> bool:
        """Whether the caller gets nothing by that method."""
        status = self.answers[method][CALLERS.index(caller)] if method in self.answers else 405
        return status >= 400 or (self.is_behind_login and caller in ("nobody", "foreign owner"))


def everybody(status: int) -> tuple[int, int, int, int]:
    """The same answer to all four."""
    return (status,) * 4


MEMBERS = (401, 200, 200, 401)
OWNERS = (401, 403, 200, 401)
MEMBERS_204, OWNERS_201, OWNERS_204 = (401, 204, 204, 401), (401, 403, 201, 401), (401, 403, 204, 401)
NO_KEYS, WRITING_KEYS = (403, 403), (403, 200)
PAGE = (302, 200, 200, 302)

TENANT_ROUTES = [
    Row("", {"GET": everybody(200), "HEAD": everybody(200)}),
    Row("book", {"GET": everybody(200), "HEAD": everybody(200), "POST": everybody(303)}, form=LEAD),
    Row("handoff/<str:handoff_id>", {"GET": everybody(200), "HEAD": everybody(200)}),
    Row("go/<str:handoff_id>", {"GET": everybody(303), "HEAD": everybody(303), "POST": everybody(303)}),
    Row("login", {"GET": everybody(200), "HEAD": everybody(200), "POST": everybody(401)}),
    Row("logout", {"POST": everybody(302)}),
    Row("forgot-password", {"GET": everybody(200), "HEAD": everybody(200), "POST": everybody(200)}, form=FORGOTTEN),
    Row(
        "set-password/<str:token>",
        {"GET": everybody(200), "HEAD": everybody(200), "POST": everybody(302)},
        form=PASSWORD,
    ),
    Row("notifications/unsubscribe/<str:subscriber>", dict.fromkeys(("GET", "HEAD", "POST"), everybody(200))),
    Row("dashboard", {"GET": PAGE, "HEAD": PAGE}, is_behind_login=True),
    Row("dashboard/handoffs/<str:handoff_id>", {"GET": PAGE, "HEAD": PAGE}, is_behind_login=True),
    Row("dashboard/insights", {"GET": PAGE, "HEAD": PAGE}, is_behind_login=True),
    Row("dashboard/settings", {"GET": PAGE, "HEAD": PAGE}, is_behind_login=True),
    Row("dashboard/team", {"GET": PAGE, "HEAD": PAGE}, is_behind_login=True),
    Row("dashboard/account", {"GET": PAGE, "HEAD": PAGE}, is_behind_login=True),
    Row("api/v1/", dict.fromkeys(METHODS, everybody(404))),  # ninja's own three, the same to every method
    Row("api/v1/docs", dict.fromkeys(METHODS, everybody(200))),
    Row("api/v1/openapi.json", dict.fromkeys(METHODS, everybody(200))),
    Row("api/v1/booking", {"GET": everybody(200)}),
    Row("api/v1/settings/booking", {"GET": MEMBERS, "PUT": OWNERS}, json=SETTINGS),
    Row("api/v1/settings/booking/preview", {"POST": MEMBERS}, json=SETTINGS),
    Row("api/v1/settings/booking/frame-check", {"POST": (401, 403, 202, 401)}),
    Row("api/v1/settings/profile", {"GET": MEMBERS, "PUT": OWNERS}, json=PROFILE),
    Row("api/v1/settings/notifications", {"GET": MEMBERS, "PUT": OWNERS}, json=NOTIFICATIONS),
    Row("api/v1/settings/embedding", {"GET": MEMBERS, "PUT": OWNERS}, json=EMBEDDING),
    Row("api/v1/assistant/messages", {"POST": everybody(200)}, json=MESSAGE),
    Row("api/v1/handoffs", {"GET": MEMBERS, "POST": everybody(201)}, json=LEAD),
    Row("api/v1/handoffs/summary", {"GET": MEMBERS}),
    Row("api/v1/handoffs/facets", {"GET": MEMBERS}),
    Row("api/v1/handoffs.csv", {"GET": MEMBERS}),
    Row("api/v1/insights/funnel", {"GET": MEMBERS}),
    Row("api/v1/insights/timeline", {"GET": MEMBERS}),
    Row("api/v1/insights/time-to-click", {"GET": MEMBERS}),
    Row("api/v1/insights/breakdown", {"GET": MEMBERS}, query="by=weekday"),
    Row("api/v1/insights/<panel>.csv", {"GET": MEMBERS}),
    Row("api/v1/handoffs/<handoff_id>", {"GET": MEMBERS, "DELETE": (401, 403, 204, 401)}),
    Row("api/v1/handoffs/<handoff_id>/redirect", {"POST": everybody(200)}),
    Row("api/v1/handoffs/<handoff_id>/complete", {"POST": MEMBERS}, keys={"POST": WRITING_KEYS}),
    Row("api/v1/handoffs/<handoff_id>/reopen", {"POST": MEMBERS}, keys={"POST": WRITING_KEYS}),
    Row("api/v1/me", {"GET": MEMBERS}, keys={"GET": NO_KEYS}),
    Row("api/v1/me/password", {"POST": MEMBERS_204}, json=NEW_PASSWORD),
    Row("api/v1/sessions", {"GET": MEMBERS, "DELETE": MEMBERS_204}, keys={"GET": NO_KEYS}),
    Row("api/v1/sessions/<session_id>", {"DELETE": MEMBERS_204}),
    Row("api/v1/team", {"GET": OWNERS, "POST": OWNERS_201}, json=INVITATION),
    Row("api/v1/team/<member_id>", {"PATCH": OWNERS, "DELETE": OWNERS_204}, json={"role": "owner"}),
    Row("api/v1/team/<member_id>/invitation", {"POST": OWNERS_204}),
    Row("api/v1/api-keys", {"GET": OWNERS, "POST": OWNERS_201}, json=NEW_KEY),
    Row("api/v1/api-keys/<key_id>", {"DELETE": OWNERS_204}),
    Row("support/<str:token>", {"GET": everybody(404), "HEAD": everybody(404)}),
    Row("api/v1/support-access", {"GET": OWNERS}),
    Row("api/v1/support-access/<access_id>/raise", {"POST": OWNERS}),
    Row("api/v1/support-access/<access_id>", {"DELETE": OWNERS_204}),
    Row("api/v1/support-session", {"GET": (401, 403, 403, 401)}),
]
PUBLIC_ROUTES = {
    "": {"GET": 200, "HEAD": 200},
    "interest": {"POST": 404},  # switched off by default
    "tls/ask": {"GET": 404, "HEAD": 404},
    "health/live": dict.fromkeys(METHODS, 200),
    "health/ready": dict.fromkeys(METHODS, 200),
    "metrics": {"GET": 200, "HEAD": 200},  # the test client asks from this machine; see test_metrics.py
}
ROW_BY_ROUTE = {row.route: row for row in TENANT_ROUTES}
OBJECT_ROUTES = [row for row in TENANT_ROUTES if re.search(r"<(?:str:)?\w+_id>", row.route)]
GUARDED_CALLS = [
    (row, method)
    for row in TENANT_ROUTES
    for method, answers in row.answers.items()
    if row.route.startswith("api/") and answers[0] == 401
]


def walk_routes(resolver: URLResolver, prefix: str = "") -> Iterator[str]:
    """Every route below `resolver`, as its patterns spell it."""
    for entry in resolver.url_patterns:
        route = prefix + str(entry.pattern)
        if isinstance(entry, URLPattern):
            yield route
        else:
            yield from walk_routes(entry, route)
