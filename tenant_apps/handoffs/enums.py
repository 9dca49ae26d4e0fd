"""The states of a handoff and the kinds of its events."""

from typing import Final

from django.db import models
from django.utils.translation import gettext_lazy as _

NEW_HANDOFF: Final = "handoffs.new_handoff"  # the job that follows a capture; its payload is {"handoff": id}


class HandoffStatus(models.TextChoices):
    """new → redirected → completed_external; new → abandoned; abandoned → redirected when the visitor comes back."""

    NEW = "new", _("New")
    REDIRECTED = "redirected", _("Redirected")
    COMPLETED_EXTERNAL = "completed_external", _("Completed")
    ABANDONED = "abandoned", _("Abandoned")


class EventType(models.TextChoices):
    """One event is written for each change, in the statement's transaction."""

    CREATED = "created", _("Created")
    REDIRECTED = "redirected", _("Sent to the provider")
    COMPLETED = "completed", _("Marked completed")
    REOPENED = "reopened", _("Reopened")
    ABANDONED = "abandoned", _("Abandoned")
    ERASED = "erased", _("Personal data erased")


class Evidence(models.TextChoices):
    """On what an event rests."""

    MANUAL = "manual", _("A person")
    CLICK = "click", _("A click")
    SYSTEM = "system", _("The system")
