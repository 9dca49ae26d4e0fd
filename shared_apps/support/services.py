"""Writes of support sessions: opened by a link, raised and ended by an owner, over after half an hour."""

from datetime import timedelta
from typing import Final

from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext_noop as _

from shared_apps.errors import DomainError
from shared_apps.platform.grants import Opened
from shared_apps.support.models import SupportAccess
from shared_apps.support.selectors import Entry, list_entries

LASTS: Final = timedelta(minutes=30)
KEPT: Final = timedelta(days=365)


class AccessNotFoundError(DomainError):
    """No such support session here."""

    code = "not_found"
    message = _("There is nothing here by that id.")


class AccessOverError(DomainError):
    """The support session has ended."""

    code = "support_over"
    message = _("This support session is over. Support can open a new one.")


def begin_access(*, opened: Opened) -> SupportAccess:
    """Write down that support is here from now on, for half an hour at most; forgets what is a year old."""
    forget_old_accesses()
    return SupportAccess.objects.create(grant_id=opened.grant_id, email=opened.email, ends_at=Now() + LASTS)


def raise_access(*, access_id: int, by: str) -> Entry:
    """Let an open support session write, until it ends. A repeat changes nothing.

    Raises AccessNotFoundError, AccessOverError.
    """
    open_one = SupportAccess.objects.filter(pk=access_id, ended_at=None, ends_at__gt=Now())
    with transaction.atomic():
        open_one.filter(raised_at=None).update(raised_at=Now(), raised_by=by)
        entry = _get_entry(access_id)
        if entry.ended_at is not None:
            raise AccessOverError
    return entry


def end_access(*, access_id: int, by: str) -> None:
    """End a support session at once; one that is over stays as it ended. Raises AccessNotFoundError."""
    open_one = SupportAccess.objects.filter(pk=access_id, ended_at=None)
    if not open_one.filter(ends_at__gt=Now()).update(ended_at=Now(), ended_by=by):
        _get_entry(access_id)


def forget_old_accesses() -> int:
    """Delete the log's lines that are a year old, of the schema that is entered; return how many."""
    return SupportAccess.objects.filter(opened_at__lt=Now() - KEPT).delete()[0]


def _get_entry(access_id: int) -> Entry:
    for entry in list_entries():
        if entry.access.pk == access_id:
            return entry
    raise AccessNotFoundError
