"""On the wire: TLS that fails is an error and never plain text, and a silent server costs no more than its time."""

import smtplib
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme

from shared_apps import mail
from shared_apps.mail import send_mail
from shared_apps.tenants.scope import TenantRef
from tests.smtp import MailServer, get_part

Send = Callable[[], None]


@pytest.fixture
def send(alpha: TenantRef, settings: Any) -> Iterator[Send]:
    """Return a function that sends a mail by SMTP with STARTTLS, as a production does."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_USE_TLS, settings.EMAIL_USE_SSL = "127.0.0.1", True, False
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    mail.server_rest.end()
    yield lambda: send_mail(
        to=["a@alpha.example"],
        template="summary",
        context={"counts": {"captured": 2}, "url": "http://x", "unsubscribe_url": "http://y"},
        tenant=alpha,
        language="en",
    )
    mail.server_rest.end()


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def tls(authority: trustme.CA) -> ssl.SSLContext:
    """What a server at 127.0.0.1 shows."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context


def test_server_without_starttls_gets_nothing(send: Send, settings: Any) -> None:
    with MailServer() as server:
        settings.EMAIL_PORT = server.port
        with pytest.raises(smtplib.SMTPNotSupportedError):
            send()
    assert server.messages == []


def test_server_nobody_vouches_for_gets_nothing(send: Send, settings: Any, tls: ssl.SSLContext) -> None:
    with MailServer(tls=tls) as server:
        settings.EMAIL_PORT = server.port
        with pytest.raises(ssl.SSLCertVerificationError):
            send()
    assert server.messages == []


def test_server_with_a_good_certificate_gets_it(
    send: Send,
    settings: Any,
    tls: ssl.SSLContext,
    authority: trustme.CA,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    with MailServer(tls=tls) as server:
        settings.EMAIL_PORT = server.port
        send()
    (message,) = server.messages
    assert "Received: 2" in get_part(message, "plain")


def test_silent_server_costs_its_time_and_is_then_left_alone(send: Send, settings: Any) -> None:
    settings.EMAIL_TIMEOUT = 0.5
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(8)
        settings.EMAIL_PORT = silent.getsockname()[1]
        began = time.monotonic()
        with pytest.raises(smtplib.SMTPServerDisconnected):
            send()
        assert time.monotonic() - began < 5.0
        with pytest.raises(mail.MailServerAwayError):
            send()
