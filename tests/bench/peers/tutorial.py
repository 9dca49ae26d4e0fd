"""The tutorial stack: django-tenants as its documentation sets it up, Django REST framework, a settings row a request.

PEER_CONN_MAX_AGE says how long a connection is kept: 0, Django's default and what the tutorials leave it at, or 600.
"""

import os
import sys
from typing import Any

import django
from django.conf import settings

from tests.bench.peers import read_database

_APPS = ["django.contrib.contenttypes", "django.contrib.auth", "django.contrib.sessions", "django.contrib.messages"]
settings.configure(
    SECRET_KEY="peer",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    USE_TZ=True,
    SHARED_APPS=["django_tenants", "tests.bench.peers", *_APPS],
    TENANT_APPS=_APPS,
    INSTALLED_APPS=["django_tenants", "tests.bench.peers", *_APPS, "rest_framework"],
    TENANT_MODEL="peers.Client",
    TENANT_DOMAIN_MODEL="peers.Domain",
    DATABASE_ROUTERS=["django_tenants.routers.TenantSyncRouter"],
    MIDDLEWARE=[
        "django_tenants.middleware.main.TenantMainMiddleware",
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
            "OPTIONS": {"context_processors": ["django.template.context_processors.request"]},
        }
    ],
    DATABASES={
        "default": {
            **read_database(),
            "ENGINE": "django_tenants.postgresql_backend",
            "CONN_MAX_AGE": int(os.environ.get("PEER_CONN_MAX_AGE", "0")),
        }
    },
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
)
django.setup()

from django.core.wsgi import get_wsgi_application
from django.db import connection, models
from django.urls import path
from django_tenants.models import DomainMixin, TenantMixin
from rest_framework import generics, serializers

from tests.bench.peers.models import AbstractLead


class Client(TenantMixin):
    name = models.CharField(max_length=100)

    class Meta:
        app_label = "peers"


class Domain(DomainMixin):
    class Meta:
        app_label = "peers"


class Lead(AbstractLead):
    class Meta(AbstractLead.Meta):
        app_label = "leads"


class BookingSettings(models.Model):
    """The tenant's one row of settings."""

    provider_name = models.CharField(max_length=80)
    url = models.URLField()

    class Meta:
        app_label = "leads"


class LeadSerializer(serializers.ModelSerializer[Lead]):
    class Meta:
        model = Lead
        exclude = ["metadata"]


class CreateLead(generics.CreateAPIView[Lead]):
    """Store a lead, answer with it and the link to the provider."""

    queryset = Lead.objects.all()
    serializer_class = LeadSerializer

    def create(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        booking = BookingSettings.objects.get()
        response = super().create(request, *args, **kwargs)
        response.data["url"] = f"{booking.url}?tca_ref={response.data['id']}"
        return response


urlpatterns = [path("handoffs", CreateLead.as_view())]
application = get_wsgi_application()


def make_tables(schema: str, host: str) -> None:
    """Make the tables that a request touches, in public and in one tenant's schema, and that tenant."""
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE SCHEMA {schema}")
    with connection.schema_editor() as editor:
        editor.create_model(Client)
        editor.create_model(Domain)
    Client.auto_create_schema = False
    tenant = Client.objects.create(schema_name=schema, name="One")
    Domain.objects.create(domain=host, tenant=tenant, is_primary=True)
    connection.set_tenant(tenant)
    with connection.schema_editor() as editor:
        editor.create_model(Lead)
        editor.create_model(BookingSettings)
    BookingSettings.objects.create(provider_name="Calendly", url="https://calendly.com/bench/visit")


if __name__ == "__main__":
    make_tables("one", sys.argv[1])
