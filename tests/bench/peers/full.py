"""`c` with more of what a capture does here, each by the usual means: limits, checks, an event, a job, a receipt.

It has no journal, writes no line in a log and keeps no index for search. Run as a program it makes its tables.
"""

import json
import os

from tests.bench.peers.plain import LeadIn, LeadOut, settings, to_columns  # isort: skip - it sets Django up

settings.ROOT_URLCONF = __name__
settings.CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": os.environ["PEER_REDIS"],
        "KEY_PREFIX": "peer",
    }
}

import phonenumbers
from django.core.cache import cache
from django.core.wsgi import get_wsgi_application
from django.db import connection, models, transaction
from django.http import HttpRequest, HttpResponse
from django.urls import path
from ninja import NinjaAPI, Status
from ninja.errors import HttpError
from pydantic import EmailStr

from tests.bench.peers.models import AbstractLead


class FullLead(AbstractLead):
    """One that a repeated request does not make twice."""

    idempotency_key = models.CharField(max_length=64, unique=True)

    class Meta(AbstractLead.Meta):
        app_label = "full"


class Event(models.Model):
    """A step in a lead's timeline."""

    lead = models.ForeignKey(FullLead, models.CASCADE)
    type = models.CharField(max_length=20)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        app_label = "full"


class Job(models.Model):
    """A mail that is to be sent."""

    lead = models.ForeignKey(FullLead, models.CASCADE)
    due_at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        app_label = "full"


class FullLeadIn(LeadIn):
    customerEmail: EmailStr | None = None


api = NinjaAPI()


@api.post("/handoffs", response={201: LeadOut})
def create(request: HttpRequest, response: HttpResponse, lead: FullLeadIn) -> Status[FullLead]:
    """Count, check, store in one transaction, and give a receipt."""
    for key in (f"address:{request.META['REMOTE_ADDR']}", "all"):
        cache.add(key, 0, timeout=60)
        if cache.incr(key) > 100_000_000:
            raise HttpError(429, "Later, please.")
    given = to_columns(lead)
    try:
        number = phonenumbers.parse(given["customer_phone"], "US")
    except phonenumbers.NumberParseException:
        raise HttpError(422, "Check this phone number.") from None
    given["customer_phone"] = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    with transaction.atomic():
        stored = FullLead.objects.create(**given, idempotency_key=request.META["HTTP_IDEMPOTENCY_KEY"])
        Event.objects.create(lead=stored, type="created")
        Job.objects.create(lead=stored)
    receipt = [given[name] for name in ("customer_name", "requested_service", "preferred_date_time_text")]
    response.set_signed_cookie("receipt", json.dumps(receipt), max_age=86_400, httponly=True, samesite="Lax")
    return Status(201, stored)


urlpatterns = [path("api/v1/", api.urls)]
application = get_wsgi_application()

if __name__ == "__main__":
    with connection.schema_editor() as editor:
        for model in (FullLead, Event, Job):
            editor.create_model(model)
