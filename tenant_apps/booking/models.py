"""Where a tenant's visitors are sent. One row in each tenant's schema."""

from django.db import models
from django.db.models.functions import Now

from tenant_apps.booking.enums import BookingMode, EmbedMode, FrameCheck, LinkResult

DEFAULT_UTM_SOURCE = "treasurecoastai"
DEFAULT_UTM_CAMPAIGN = "industry-demo"


class BookingSettings(models.Model):
    """Booking mode and provider.

    A tenant is made external and without a URL, that is, not ready. That external mode is never *saved* without a
    valid URL is a rule of `services.update_settings`, not of the table.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    booking_mode = models.CharField(max_length=8, choices=BookingMode, default=BookingMode.EXTERNAL)
    external_booking_provider_name = models.CharField(max_length=80, blank=True, default="")
    external_booking_url = models.CharField(max_length=2048, blank=True, default="")
    external_booking_embed_mode = models.CharField(max_length=8, choices=EmbedMode, default=EmbedMode.REDIRECT)
    external_booking_disclaimer = models.CharField(max_length=500, blank=True, default="")
    external_booking_utm_source = models.CharField(max_length=100, default=DEFAULT_UTM_SOURCE)
    external_booking_utm_campaign = models.CharField(max_length=100, default=DEFAULT_UTM_CAMPAIGN)
    frame_check = models.CharField(
        max_length=8, choices=FrameCheck, default=FrameCheck.UNKNOWN, db_default=FrameCheck.UNKNOWN
    )
    frame_check_reason = models.CharField(
        max_length=24, blank=True, default="", db_default=""
    )  # a code, such as headers
    frame_checked_at = models.DateTimeField(null=True, blank=True)  # null: nobody has looked at this URL yet
    frame_check_requested_at = models.DateTimeField(null=True, blank=True)  # when somebody last asked for a new look
    frame_changed_at = models.DateTimeField(null=True, blank=True)  # when the page last changed its mind
    link_result = models.CharField(
        max_length=8, choices=LinkResult, default=LinkResult.UNKNOWN, db_default=LinkResult.UNKNOWN
    )
    link_reason = models.CharField(max_length=24, blank=True, default="", db_default="")  # a code, such as not_found
    link_status_class = models.PositiveSmallIntegerField(null=True, blank=True)  # 2 for 200 to 299
    link_redirects_to = models.CharField(max_length=253, blank=True, default="", db_default="")  # another host
    link_tls_expires_at = models.DateTimeField(null=True, blank=True)
    link_checked_at = models.DateTimeField(null=True, blank=True)
    link_due_at = models.DateTimeField(null=True, blank=True)  # null: now
    link_failures = models.PositiveSmallIntegerField(default=0, db_default=0)  # in a row
    link_failing_since = models.DateTimeField(null=True, blank=True)  # the first of them
    link_told_at = models.DateTimeField(null=True, blank=True)  # when the owner was told, until it works again
    version = models.PositiveIntegerField(default=1)
    updated_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="booking_settings_one_row")]

    def __str__(self) -> str:
        return f"booking settings, version {self.version}"
