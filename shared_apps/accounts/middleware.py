"""Who is logged in, told from what was read with the session."""

from typing import cast

from django.conf import settings
from django.contrib import auth
from django.contrib.auth import middleware
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare
from django.utils.functional import SimpleLazyObject

from shared_apps.accounts.models import User
from shared_apps.accounts.sessions import SessionStore


class AuthenticationMiddleware(middleware.AuthenticationMiddleware):
    """Django's own, but that a session's person is not read again where session and person agree."""

    def process_request(self, request: HttpRequest) -> None:
        super().process_request(request)
        request.user = cast(User, SimpleLazyObject(lambda: _find_user(request)))


def _find_user(request: HttpRequest) -> User | AnonymousUser:
    """Return who a request comes from. Whatever is in doubt is left to Django, which asks the table anew."""
    person = _find_person(cast(SessionStore, request.session))
    return auth.get_user(request) if person is None else person


def _find_person(session: SessionStore) -> User | None:
    """Return the person read with the session, if that is whom it was given to, with the password of then.

    The conditions are those of `django.contrib.auth.get_user` and `ModelBackend.get_user`, with today's key alone.
    """
    user_id, seal = session.get(auth.SESSION_KEY), session.get(auth.HASH_SESSION_KEY)  # reads the session
    person = session.person
    is_known = (
        person is not None
        and user_id == str(person.pk)
        and person.is_active
        and session.get(auth.BACKEND_SESSION_KEY) in settings.AUTHENTICATION_BACKENDS
        and isinstance(seal, str)
        and constant_time_compare(seal, person.get_session_auth_hash())
    )
    return person if is_known else None
