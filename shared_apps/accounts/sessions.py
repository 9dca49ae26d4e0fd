"""The session engine: Django's own in the database, whose rows also say whose they are, where, and how lately used."""

import re
from datetime import timedelta
from typing import Any, cast

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as DatabaseSessionStore
from django.utils import timezone

from shared_apps.accounts.models import Session

DEVICE_KEY = "device"
SEEN_EVERY = timedelta(minutes=5)
_KEY = re.compile(r"[a-z0-9]{32}")  # as Django makes them

# The first that the User-Agent holds; browsers name those they descend from as well.
_BROWSERS = {
    "Edg": "Edge",
    "OPR/": "Opera",
    "SamsungBrowser/": "Samsung Internet",
    "Firefox/": "Firefox",
    "FxiOS/": "Firefox",
    "CriOS/": "Chrome",
    "Chrome/": "Chrome",
    "Safari/": "Safari",
}
_SYSTEMS = {
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Android": "Android",
    "CrOS": "ChromeOS",
    "Windows": "Windows",
    "Mac OS X": "macOS",
    "Linux": "Linux",
}


def describe_device(user_agent: str) -> str:
    """Return a browser and its system in a few words of our own, such as "Firefox on Windows"; never what was sent."""
    browser = next((name for mark, name in _BROWSERS.items() if mark in user_agent), "Unknown browser")
    system = next((name for mark, name in _SYSTEMS.items() if mark in user_agent), "")
    return f"{browser} on {system}" if system else browser


class SessionStore(DatabaseSessionStore):
    """Django's database sessions on our table. `last_seen_at` is written when it is five minutes old."""

    @classmethod
    def get_model_class(cls) -> type[Session]:
        return Session

    def _validate_session_key(self, key: str | None) -> bool:
        """Whether it can be a key. A cookie may hold anything, NUL characters too, on which PostgreSQL would fail."""
        return _KEY.fullmatch(key or "") is not None

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        session = cast(Session, super().create_model_instance(data))
        session.user_id = int(data[SESSION_KEY]) if SESSION_KEY in data else None
        session.device = data.get(DEVICE_KEY, "")
        return session

    def _get_session_from_db(self) -> Session | None:
        session: Session | None = super()._get_session_from_db()  # type: ignore[misc]  # unknown to the stubs
        now = timezone.now()
        if session is not None and session.last_seen_at < now - SEEN_EVERY:
            lately = Session.objects.filter(pk=session.pk, last_seen_at__lt=now - SEEN_EVERY)
            lately.update(last_seen_at=now)
        return session
