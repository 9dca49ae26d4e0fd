"""The handoff: who asked, for what and when, and what became of it. The tenant is the schema."""

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models.functions import Now

from tenant_apps.handoffs.enums import EventType, Evidence, HandoffStatus
from tenant_apps.handoffs.expressions import CurrentTransaction, SearchText
from tenant_apps.handoffs.querysets import HandoffQuerySet


class BookingHandoff(models.Model):
    """One visitor's wish, written before any redirect. Holds no payment data.

    `id` is the reference given to the provider (`tca_ref`). `pending_since` is the moment from which the sweep counts:
    that of receipt, or of the last reopening. `erased_at` is when the personal data went for good. `fingerprint` is a
    hash of the posted body: the same idempotency key with another body is an error. `metadata` holds at most 4 KiB:
    attribution, flags, and the visitor's wish to share.
    """

    id = models.UUIDField(primary_key=True)
    created_at = models.DateTimeField()
    source_page = models.CharField(max_length=500, blank=True, default="")
    industry_slug = models.CharField(max_length=50, blank=True, default="")
    customer_name = models.CharField(max_length=120)
    customer_email = models.CharField(max_length=254, blank=True, default="")
    customer_phone = models.CharField(max_length=16, blank=True, default="")  # E.164
    requested_service = models.CharField(max_length=120)
    preferred_date_time_text = models.CharField(max_length=200)
    notes = models.CharField(max_length=1000, blank=True, default="")
    status = models.CharField(max_length=18, choices=HandoffStatus, default=HandoffStatus.NEW)
    redirected_at = models.DateTimeField(null=True, default=None)
    completed_at = models.DateTimeField(null=True, default=None)
    abandoned_at = models.DateTimeField(null=True, default=None)
    external_booking_url_used = models.TextField(blank=True, default="")
    metadata = models.JSONField(default=dict)
    pending_since = models.DateTimeField()
    erased_at = models.DateTimeField(null=True, default=None)
    fingerprint = models.BinaryField(max_length=16, null=True, default=None)

    objects = HandoffQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["-created_at", "-id"], name="handoff_newest"),
            models.Index(fields=["status", "-created_at", "-id"], name="handoff_status_newest"),
            models.Index(fields=["pending_since"], condition=models.Q(status="new"), name="handoff_pending"),
            models.Index(fields=["requested_service", "-created_at", "-id"], name="handoff_service_newest"),
            models.Index(fields=["industry_slug", "source_page"], name="handoff_origin"),
            # A capture that finds the list of pending entries full sorts it in: kept short, that is 10 ms, not 30.
            GinIndex(
                OpClass(SearchText(), name="extensions.gin_trgm_ops"), name="handoff_search", gin_pending_list_limit=512
            ),
        ]
        constraints = [
            models.CheckConstraint(condition=models.Q(status__in=HandoffStatus.values), name="handoff_status_is_known"),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class HandoffEvent(models.Model):
    """One line of a handoff's timeline.

    `actor` is a user's address, `key:` and a key's name, `visitor`, `system` or `support`.
    `transaction` is the number of the transaction that wrote it (None before there was the column): by it a reader
    knows that nothing has changed since, see `tenant_apps.handoffs.selectors.changes`.
    """

    handoff = models.ForeignKey(BookingHandoff, on_delete=models.CASCADE, related_name="events", db_index=False)
    type = models.CharField(max_length=10, choices=EventType)
    at = models.DateTimeField(db_default=Now())
    actor = models.CharField(max_length=254)
    evidence = models.CharField(max_length=8, choices=Evidence)
    detail = models.CharField(max_length=200, blank=True, default="")
    transaction = models.BigIntegerField(null=True, db_default=CurrentTransaction())

    class Meta:
        indexes = [
            models.Index(fields=["handoff", "id"], name="handoff_event_timeline"),
            models.Index(fields=["transaction"], name="handoff_event_transaction"),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.handoff_id}"


class HandoffTally(models.Model):
    """How many handoffs of one day were in each state at the `TallyHorizon`. Can be made anew from the handoffs."""

    day = models.DateField(primary_key=True)
    new = models.IntegerField()
    redirected = models.IntegerField()
    completed_external = models.IntegerField()
    abandoned = models.IntegerField()

    def __str__(self) -> str:
        return str(self.day)


class TallyHorizon(models.Model):
    """What the tallies hold: all that transactions below `horizon` did, by days of `time_zone`. One row, or none."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    horizon = models.BigIntegerField()
    time_zone = models.CharField(max_length=64)
    built_at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="tally_horizon_one_row")]

    def __str__(self) -> str:
        return str(self.horizon)
