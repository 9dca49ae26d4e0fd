"""The one way mail leaves: a subject, a plain and an HTML part from templates, to one address at a time.

Nothing here is called while somebody waits for a page: jobs of the outbox send, and are tried again when this raises.
Errors of a mail server hold addresses in their text; they are logged by class only (`saas.logs`).
"""

import re
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from email.utils import formataddr, make_msgid, parseaddr
from smtplib import SMTPException
from typing import Any, Final

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.template import Context
from django.template.backends.django import Template
from django.template.loader import get_template
from django.utils import translation

from shared_apps.counters import Counter
from shared_apps.tenants.scope import TenantRef
from shared_apps.tenants.selectors import tenant_url

_MAX_SUBJECT: Final = 150
_REST_SECONDS: Final = 15.0

MAILS: Final = Counter("handoff_mails_total", "Mails by whether the server took them.", outcome=("sent", "failed"))

# What mail programs make a link of without being asked: a dot between two words, an @, the slashes of an address.
_LINKABLE = re.compile(r"(?<=\w)([.@])(?=\w)|(?<=:)(//)")
_ZERO_WIDTH = "\u200b"


class MailServerAwayError(Exception):
    """The mail server did not take a connection a moment ago; it is left alone for a while."""


class _Rest:
    """Remembers, for this process, that the server is away, so that jobs do not each wait for its time-out."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._until = 0.0

    def check(self) -> None:
        with self._lock:
            if time.monotonic() < self._until:
                raise MailServerAwayError

    def begin(self) -> None:
        with self._lock:
            self._until = time.monotonic() + _REST_SECONDS

    def end(self) -> None:
        with self._lock:
            self._until = 0.0


server_rest = _Rest()


def unlink_text(text: str) -> str:
    """Return somebody's text so that no mail program makes a link of it: invisible gaps stand at dots and slashes."""
    return _LINKABLE.sub(lambda found: _ZERO_WIDTH + found[0], text)


def send_mail(
    *,
    to: Sequence[str],
    template: str,
    context: Mapping[str, Any],
    tenant: TenantRef,
    language: str,
    reply_to: Sequence[str] = (),
    headers: Mapping[str, str] | None = None,
) -> None:
    """Send `mail/<template>` (`.subject.txt`, `.txt`, `.html`) in `language` to each address by itself.

    It comes from the platform's address under the business's name. Templates get `context`, `business_name` and
    `business_url`; HTML is escaped, text is not. Call from a job only: it waits for the mail server, EMAIL_TIMEOUT
    seconds at each step. Raises OSError, SMTPException (STARTTLS that was refused, a refused address) or
    MailServerAwayError; then some of several addresses may have been served.
    """
    values = {"business_name": tenant.name, "business_url": tenant_url(tenant), "language": language, **context}
    with translation.override(language):
        subject = " ".join(_render(f"mail/{template}.subject.txt", values).split())[:_MAX_SUBJECT]
        text = _render(f"mail/{template}.txt", values).strip() + "\n"
        html = _render(f"mail/{template}.html", values)
    messages = []
    for address in to:
        message = EmailMultiAlternatives(
            subject=subject,
            body=text,
            from_email=_sender(tenant),
            to=[address],
            reply_to=list(reply_to),
            headers={
                "Message-ID": make_msgid(domain=settings.SAAS_DOMAIN),
                "Auto-Submitted": "auto-generated",
                "Content-Language": language,
                **(headers or {}),
            },
        )
        message.attach_alternative(html, "text/html")
        messages.append(message)
    _deliver(messages)


def _sender(tenant: TenantRef) -> str:
    """The platform's own address, as SPF and DKIM want it, under the business's name."""
    return formataddr((tenant.name, parseaddr(settings.DEFAULT_FROM_EMAIL)[1]))


def _render(name: str, values: Mapping[str, Any]) -> str:
    """Render one part; only HTML is escaped, whatever the template says."""
    template = get_template(name)
    if not isinstance(template, Template):
        raise TypeError("mail templates are Django's")
    return template.template.render(Context(dict(values), autoescape=name.endswith(".html")))


def _deliver(messages: Sequence[EmailMultiAlternatives]) -> None:
    """Send over one connection. `fail_silently` is never used: Django then goes on without STARTTLS (CVE-2026-7666)."""
    server_rest.check()
    connection = get_connection(fail_silently=False)
    try:
        connection.open()
    except (OSError, SMTPException):
        server_rest.begin()
        MAILS.add("failed", amount=len(messages))
        with suppress(OSError, SMTPException):
            connection.close()  # a refused STARTTLS leaves the socket open
        raise
    server_rest.end()
    failure: Exception | None = None
    try:
        for message in messages:
            try:
                connection.send_messages([message])
            except (OSError, SMTPException) as error:
                failure = error  # the next address may be taken
                MAILS.add("failed")
            else:
                MAILS.add("sent")
    finally:
        connection.close()
    if failure is not None:
        raise failure
