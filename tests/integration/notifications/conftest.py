"""Mail goes over SMTP to a real server on loopback."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from shared_apps import mail
from shared_apps.tenants.scope import TenantRef
from tests.jobs import deliver
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
    return deliver
