"""A sign-up of interest. It lives in public and is of no tenant."""

from django.db import models
from django.db.models.functions import Now


class Interest(models.Model):
    """One business that would like to hear from us; deleted in the admin when it was answered or asks for it."""

    email = models.CharField(max_length=254)
    business_name = models.CharField(max_length=120)
    language = models.CharField(max_length=8)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["email"], name="interest_email_unique")]
        verbose_name = "sign-up of interest"
        verbose_name_plural = "sign-ups of interest"

    def __str__(self) -> str:
        return self.business_name
