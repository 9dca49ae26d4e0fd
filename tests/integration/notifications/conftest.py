"""Mail goes over SMTP to a real server on loopback."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from shared_apps import mail
from shared_apps.outbox.models import Job
from shared_apps.outbox.services import relay_jobs
from shared_apps.tenants.models import DueWork
from shared_apps.tenants.scope import TenantRef, enter_tenant, public_scope
from tests.smtp import MailServer


@pytest.fixture
def inbox(settings: Any) -> Iterator[MailServer]:
    """A mail server, and settings that send there."""
    with MailServer() as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
        settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
        mail.server_rest.end()
        yield server
        mail.server_rest.end()


@pytest.fixture
def wait() -> Callable[[TenantRef], None]:
    """Return a function that lets all the time pass that a tenant's jobs wait for, and relays them."""

    def pass_time(tenant: TenantRef) -> None:
        past = timezone.now() - timedelta(seconds=1)
        with enter_tenant(tenant):
            Job.objects.filter(failed_at=None).update(due_at=past)
        with public_scope():
            DueWork.objects.filter(tenant_id=tenant.id, kind="outbox").update(due_at=past, lease_until=None)
        relay_jobs()

    return pass_time
