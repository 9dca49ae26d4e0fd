"""The business's card: what its page says about it. One row in each tenant's schema."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import Now

from tenant_apps.business.validators import (
    check_address,
    check_colour,
    check_email,
    check_emails,
    check_hours,
    check_name,
    check_origins,
    check_phone,
    check_region,
    check_services,
    check_time_zone,
)


class BusinessProfile(models.Model):
    """Name, contact, hours, services, colour, language and thresholds of the tenant's business."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    name = models.CharField(max_length=120, validators=[check_name])
    industry = models.CharField(max_length=40)
    phone = models.CharField(max_length=16, blank=True, default="", validators=[check_phone])
    email = models.CharField(max_length=254, blank=True, default="", validators=[check_email])
    address = models.CharField(max_length=300, blank=True, default="", validators=[check_address])
    hours = models.JSONField(default=list, blank=True, validators=[check_hours])
    services = models.JSONField(default=list, blank=True, validators=[check_services])
    brand_colour = models.CharField(max_length=7, validators=[check_colour])
    time_zone = models.CharField(max_length=64, default="America/New_York", validators=[check_time_zone])
    region = models.CharField(max_length=2, default="US", validators=[check_region])
    language = models.CharField(max_length=5, default="en", choices=[("en", "English"), ("es", "Español")])
    abandon_after_hours = models.PositiveSmallIntegerField(
        default=24, validators=[MinValueValidator(1), MaxValueValidator(24 * 90)]
    )
    retention_days = models.PositiveSmallIntegerField(
        default=365, validators=[MinValueValidator(7), MaxValueValidator(3650)]
    )
    erased_until = models.DateTimeField(null=True, blank=True, editable=False)  # of what came before, nothing is left
    notification_emails = models.JSONField(default=list, blank=True, validators=[check_emails])
    frame_origins = models.JSONField(default=list, db_default=[], blank=True, validators=[check_origins])
    version = models.PositiveIntegerField(default=1)  # of all but frame_origins, which are saved by themselves
    updated_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="business_profile_one_row")]

    def __str__(self) -> str:
        return self.name
