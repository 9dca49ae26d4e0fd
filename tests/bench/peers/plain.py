"""`c`, the measure: one tenant, plain Django with the middleware that `startproject` gives, ninja, one ORM INSERT.

Its list is the ORM's rows through a response schema, for anybody and for who is logged in, and its page a template of
the form alone. The connection stays. Run as a program it makes its tables and a session, whose key it prints.
"""

import os
import sys
from datetime import datetime
from typing import Any
from uuid import UUID

import django
from django.conf import settings

from tests.bench.peers import read_database

settings.configure(
    SECRET_KEY="peer",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    USE_TZ=True,
    INSTALLED_APPS=[
        "django.contrib.contenttypes",
        "django.contrib.auth",
        "django.contrib.sessions",
        "django.contrib.messages",
    ],
    MIDDLEWARE=[
        "django.middleware.security.SecurityMiddleware",
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
        "django.middleware.clickjacking.XFrameOptionsMiddleware",
    ],
    TEMPLATES=[
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "DIRS": [os.path.join(os.path.dirname(__file__), "templates")],
            "OPTIONS": {"context_processors": ["django.template.context_processors.request"]},
        }
    ],
    DATABASES={"default": {**read_database(), "CONN_MAX_AGE": 600}},
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
)
django.setup()

from django.contrib.auth.models import User
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.test import Client
from django.urls import path
from ninja import NinjaAPI, Schema, Status
from ninja.security import django_auth

from tests.bench.peers.models import AbstractLead


class Lead(AbstractLead):
    class Meta(AbstractLead.Meta):
        app_label = "plain"


class LeadIn(Schema):
    """A visitor's wish; so checked, and no further."""

    customerName: str
    customerEmail: str | None = None
    customerPhone: str | None = None
    requestedService: str
    preferredDateTimeText: str
    notes: str | None = None
    sourcePage: str | None = None
    attribution: dict[str, str] | None = None


class LeadOut(Schema):
    id: UUID
    status: str
    created_at: datetime


class ItemOut(LeadOut):
    customer_name: str
    customer_email: str
    customer_phone: str
    requested_service: str
    preferred_date_time_text: str
    notes: str
    source_page: str
    metadata: dict[str, Any]


api = NinjaAPI()


def to_columns(lead: LeadIn) -> dict[str, Any]:
    return {
        "customer_name": lead.customerName,
        "customer_email": lead.customerEmail or "",
        "customer_phone": lead.customerPhone or "",
        "requested_service": lead.requestedService,
        "preferred_date_time_text": lead.preferredDateTimeText,
        "notes": lead.notes or "",
        "source_page": lead.sourcePage or "",
        "metadata": {"attribution": lead.attribution or {}},
    }


@api.post("/handoffs", response={201: LeadOut})
def create(request: HttpRequest, lead: LeadIn) -> Status[Lead]:
    """Store a lead by one INSERT."""
    return Status(201, Lead.objects.create(**to_columns(lead)))


@api.get("/handoffs", response=list[ItemOut])
def list_all(request: HttpRequest) -> Any:
    """The newest fifty."""
    return Lead.objects.order_by("-created_at")[:50]


@api.get("/members/handoffs", response=list[ItemOut], auth=django_auth)
def list_for_members(request: HttpRequest) -> Any:
    """The same, for who is logged in."""
    return Lead.objects.order_by("-created_at")[:50]


def page(request: HttpRequest) -> HttpResponse:
    """A form, from a template, with its CSRF token."""
    return render(request, "form.html", {"name": "Coastal Cuts", "services": ["Haircut", "Colour", "Beard trim"]})


urlpatterns = [path("", page), path("api/v1/", api.urls)]
application = get_wsgi_application()


def make_tables() -> None:
    """Make the one table and Django's own, in the database that is named."""
    from django.db import connection

    call_command("migrate", verbosity=0)
    with connection.schema_editor() as editor:
        editor.create_model(Lead)


def log_in() -> str:
    """Make a person and a session of theirs; return its key."""
    client = Client()
    client.force_login(User.objects.create_user("member"))
    return client.cookies["sessionid"].value


if __name__ == "__main__":
    make_tables()
    sys.stdout.write(log_in())
