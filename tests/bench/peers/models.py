"""What both peers store: a handoff's columns, with the three indexes that its list and its sweep would want."""

import uuid

from django.db import models


class AbstractLead(models.Model):
    """One visitor's wish."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    created_at = models.DateTimeField(auto_now_add=True)
    customer_name = models.CharField(max_length=120)
    customer_email = models.CharField(max_length=254, blank=True, default="")
    customer_phone = models.CharField(max_length=16, blank=True, default="")
    requested_service = models.CharField(max_length=120)
    preferred_date_time_text = models.CharField(max_length=200)
    notes = models.CharField(max_length=1000, blank=True, default="")
    source_page = models.CharField(max_length=500, blank=True, default="")
    status = models.CharField(max_length=18, default="new")
    metadata = models.JSONField(default=dict)

    class Meta:
        abstract = True
        indexes = [
            models.Index(fields=["-created_at"]),
            models.Index(fields=["status", "-created_at"]),
        ]
