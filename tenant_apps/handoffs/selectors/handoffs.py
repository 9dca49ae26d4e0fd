"""One handoff, and its timeline."""

from uuid import UUID

from django.utils.translation import gettext_noop as _

from shared_apps.errors import DomainError
from tenant_apps.handoffs.models import BookingHandoff, HandoffEvent


class HandoffNotFoundError(DomainError):
    """The current tenant has no such handoff; whether another has makes no difference to the answer."""

    code = "not_found"
    message = _("There is no such handoff.")


def get_handoff(handoff_id: UUID) -> BookingHandoff:
    """Return the handoff; raises HandoffNotFoundError."""
    handoff = BookingHandoff.objects.filter(pk=handoff_id).first()
    if handoff is None:
        raise HandoffNotFoundError
    return handoff


def list_events(handoff_id: UUID) -> list[HandoffEvent]:
    """Return the timeline, oldest first."""
    return list(HandoffEvent.objects.filter(handoff_id=handoff_id).order_by("id"))
