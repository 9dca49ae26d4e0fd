"""Work that must follow a change: written in the change's own transaction, done by the worker after the commit."""

from uuid import uuid4

from django.db import models
from django.db.models.functions import Now

from shared_apps.outbox.querysets import JobQuerySet


class Job(models.Model):
    """One thing to do for this tenant. Finished ones are deleted, those given up are kept with `failed_at`.

    `payload` holds ids only, never personal data. `due_at` is when to try next; while a worker is at it, when its
    lease ends. `attempts` counts the tries begun and is the lease's token: who finishes names the number it began.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    kind = models.CharField(max_length=64)
    payload = models.JSONField(default=dict)
    created_at = models.DateTimeField(db_default=Now())
    due_at = models.DateTimeField(db_default=Now())
    attempts = models.PositiveSmallIntegerField(default=0, db_default=0)
    failed_at = models.DateTimeField(null=True, default=None)
    last_error = models.CharField(max_length=80, blank=True, default="", db_default="")  # class and SQLSTATE

    objects = JobQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["due_at"], condition=models.Q(failed_at=None), name="outbox_job_due")]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"
