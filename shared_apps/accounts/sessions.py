"""The session engine: Django's own in the database, whose rows also say whose they are, where, and how lately used."""

import json
import re
import zlib
from contextlib import suppress
from datetime import timedelta
from functools import lru_cache
from typing import Any, cast

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as DatabaseSessionStore
from django.core import signing
from django.utils import timezone
from psycopg import sql

from shared_apps.accounts.models import Session, User
from shared_apps.tenants.scope import current_schema, tenant_connection

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


_USER = {field.attname: str(field.column) for field in User._meta.concrete_fields}


@lru_cache(maxsize=4_000)
def _read_sql(schema: str) -> str:
    """The statement for one open session of one schema, and its person: every call of a dashboard begins with it."""
    return (
        sql.SQL(
            "SELECT session.session_data, session.last_seen_at, {columns} FROM {sessions} AS session"
            " LEFT JOIN {users} AS person ON person.id = session.user_id"
            " WHERE session.session_key = %(key)s AND session.expire_date > %(now)s"
        )
        .format(
            columns=sql.SQL(", ").join(sql.Identifier("person", column) for column in _USER.values()),
            sessions=sql.Identifier(schema, Session._meta.db_table),
            users=sql.Identifier(schema, User._meta.db_table),
        )
        .as_string()
    )


@lru_cache(maxsize=1_000)
def _open_sealed(sealed: str, salt: str, secret: str, fallbacks: tuple[str, ...]) -> str:
    """Return what Django sealed, as JSON. The same text always holds the same, under the same secrets."""
    return json.dumps(signing.loads(sealed, key=secret, salt=salt, fallback_keys=list(fallbacks)))


class SessionStore(DatabaseSessionStore):
    """Django's database sessions on our table. `last_seen_at` is written when it is five minutes old.

    `person` is the row's user as it was read with the session, None before that and where there is none. It proves
    nothing yet: `shared_apps.accounts.middleware` does.
    """

    person: User | None = None

    @classmethod
    def get_model_class(cls) -> type[Session]:
        return Session

    def _validate_session_key(self, key: str | None) -> bool:
        """Whether it can be a key. A cookie may hold anything, NUL characters too, on which PostgreSQL would fail."""
        return _KEY.fullmatch(key or "") is not None

    def decode(self, session_data: bytes | str) -> dict[str, Any]:
        """Return what a session's row holds, its seal checked once in this process; {} where that is broken."""
        fallbacks = tuple(settings.SECRET_KEY_FALLBACKS)
        with suppress(signing.BadSignature, ValueError, zlib.error):
            held: dict[str, Any] = json.loads(
                _open_sealed(str(session_data), self.key_salt, settings.SECRET_KEY, fallbacks)
            )
            return held
        return super().decode(session_data)  # says so in the log

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        session = cast(Session, super().create_model_instance(data))
        session.user_id = int(data[SESSION_KEY]) if SESSION_KEY in data else None
        session.device = data.get(DEVICE_KEY, "")
        return session

    def load(self) -> dict[str, Any]:
        """Return what the session holds, having read its person by the same statement; {} where it is not, or over."""
        now, connection = timezone.now(), tenant_connection()
        row = connection.ask(_read_sql(current_schema()), {"key": self.session_key, "now": now}).fetchone()
        if row is None:
            self._session_key = None
            return {}
        session_data, last_seen_at, *of_person = row
        if last_seen_at < now - SEEN_EVERY:
            lately = Session.objects.filter(pk=self.session_key, last_seen_at__lt=now - SEEN_EVERY)
            lately.update(last_seen_at=now)
        if of_person[0] is not None:
            self.person = User.from_db(connection.alias, list(_USER), of_person)
        held: dict[str, Any] = self.decode(session_data)
        return held
