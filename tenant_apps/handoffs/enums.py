"""The states of a handoff and the kinds of its events."""

from django.db import models


class HandoffStatus(models.TextChoices):
    """new → redirected → completed_external; new → abandoned; abandoned → redirected when the visitor comes back."""

    NEW = "new", "New"
    REDIRECTED = "redirected", "Redirected"
    COMPLETED_EXTERNAL = "completed_external", "Completed"
    ABANDONED = "abandoned", "Abandoned"


class EventType(models.TextChoices):
    """One event is written for each change, in the statement's transaction."""

    CREATED = "created", "Created"
    REDIRECTED = "redirected", "Sent to the provider"
    COMPLETED = "completed", "Marked completed"
    REOPENED = "reopened", "Reopened"
    ABANDONED = "abandoned", "Abandoned"
    ERASED = "erased", "Personal data erased"


class Evidence(models.TextChoices):
    """On what an event rests."""

    MANUAL = "manual", "A person"
    CLICK = "click", "A click"
    SYSTEM = "system", "The system"
