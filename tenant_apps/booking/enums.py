"""How a tenant's visitors get to its booking."""

from django.db import models


class BookingMode(models.TextChoices):
    """`internal` keeps the lead and tells the visitor that the business will get in touch; there is no engine here."""

    INTERNAL = "internal", "Internal"
    EXTERNAL = "external", "External"


class EmbedMode(models.TextChoices):
    """Whether the provider's page takes the place of ours or opens in a frame on it."""

    REDIRECT = "redirect", "Redirect"
    IFRAME = "iframe", "In a frame"


class FrameCheck(models.TextChoices):
    """What the provider's page said when it was last asked whether it may be framed by ours."""

    UNKNOWN = "unknown", "Unknown"
    ALLOWED = "allowed", "Allowed"
    REFUSED = "refused", "Refused"


class LinkResult(models.TextChoices):
    """What came of the last look at the booking page; `unknown` where it would not show itself to a program."""

    UNKNOWN = "unknown", "Unknown"
    WORKING = "working", "Working"
    FAILING = "failing", "Failing"
