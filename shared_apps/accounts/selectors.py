"""Reads of people, sessions and keys of the schema that is entered."""

from django.db.models import QuerySet
from django.utils import timezone

from shared_apps.accounts.models import ApiKey, Session, User

MAX_SESSIONS_SHOWN = 100


def list_members() -> QuerySet[User]:
    """Return the tenant's people, in the order they joined."""
    return User.objects.order_by("id")


def list_sessions(*, user: User) -> QuerySet[Session]:
    """Return the user's open sessions, the one used last first, at most 100."""
    open_ones = Session.objects.filter(user=user, expire_date__gt=timezone.now())
    return open_ones.order_by("-last_seen_at", "-created_at").defer("session_data")[:MAX_SESSIONS_SHOWN]


def list_api_keys() -> QuerySet[ApiKey]:
    """Return the tenant's keys, oldest first."""
    return ApiKey.objects.order_by("id")
