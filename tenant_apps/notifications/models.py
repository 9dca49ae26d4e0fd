"""How this business wants to hear of its handoffs. One row in each tenant's schema, written with the first change."""

from django.db import models
from django.db.models.functions import Now

from tenant_apps.notifications.enums import NewHandoffMail


class NotificationSettings(models.Model):
    """The owner's choices, who asked for no more mail, and what the next hourly mail tells of.

    `digest` holds ids of handoffs, at most `services.MAX_DIGEST`; `digest_more` counts those that came after.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    new_handoff = models.CharField(max_length=6, choices=NewHandoffMail, default=NewHandoffMail.EACH)
    daily_summary = models.BooleanField(default=False)
    unsubscribed = models.JSONField(default=list)  # addresses, as `selectors.normalise_address` writes them
    digest = models.JSONField(default=list)
    digest_more = models.PositiveIntegerField(default=0)
    version = models.PositiveIntegerField(default=1)  # of the owner's choices
    updated_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="notification_settings_one_row")]

    def __str__(self) -> str:
        return f"notification settings, version {self.version}"
