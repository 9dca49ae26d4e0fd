"""How a business hears of new handoffs."""

from django.db import models


class NewHandoffMail(models.TextChoices):
    """A mail for each, one an hour for all of them, or none."""

    EACH = "each", "Each"
    HOURLY = "hourly", "Hourly"
    OFF = "off", "Off"
