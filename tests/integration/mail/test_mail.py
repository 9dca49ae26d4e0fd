"""Mail: both parts, both languages, nothing of a visitor's text acts as markup, as a link or as a header."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core import mail as sent
from django.core.mail import EmailMultiAlternatives

from shared_apps import mail
from shared_apps.mail import send_mail, unlink_text
from shared_apps.tenants.scope import TenantRef

EVIL = '</a><a href="https://evil.example/x">win</a> www.evil.example\r\nBcc: all@evil.example'


@pytest.fixture
def templates(tmp_path: Path, settings: Any) -> Callable[[str], None]:
    """Return a function that writes a mail's templates around the base ones, its variable part being `{{ text }}`."""
    settings.TEMPLATES = [
        {**settings.TEMPLATES[0], "DIRS": [*settings.TEMPLATES[0]["DIRS"], tmp_path]},
    ]

    def write(name: str) -> None:
        (tmp_path / "mail").mkdir()
        (tmp_path / "mail" / f"{name}.subject.txt").write_text(
            "{% load i18n %}{% translate 'Services' %}: {{ text }}\n"
        )
        (tmp_path / "mail" / f"{name}.txt").write_text(
            "{% extends 'mail/base.txt' %}{% block main %}Hello {{ text }}{% endblock %}"
        )
        (tmp_path / "mail" / f"{name}.html").write_text(
            "{% extends 'mail/base.html' %}{% block main %}<h1>{{ text }}</h1>"
            "{% include 'mail/_button.html' with url=business_url label='Open' %}{% endblock %}"
        )

    return write


def parts(message: EmailMultiAlternatives) -> tuple[str, str]:
    (html,) = [content for content, kind in message.alternatives if kind == "text/html"]
    return str(message.body), str(html)


def test_mail_has_two_parts_and_comes_from_the_platform_in_the_name_of_the_business(
    alpha: TenantRef, templates: Callable[[str], None], mailoutbox: list[EmailMultiAlternatives]
) -> None:
    templates("try")
    send_mail(
        to=["a@alpha.example", "b@alpha.example"],
        template="try",
        context={"text": "Tom & Ann"},
        tenant=alpha,
        language="en",
        reply_to=["jane@example.com"],
        headers={"List-Unsubscribe": "<https://alpha.example/u>"},
    )

    assert [message.to for message in mailoutbox] == [["a@alpha.example"], ["b@alpha.example"]]
    message = mailoutbox[0]
    text, html = parts(message)
    assert message.subject == "Services: Tom & Ann"
    assert message.from_email == "Alpha Studio <no-reply@localhost>"
    assert message.reply_to == ["jane@example.com"]
    raw = message.message()
    assert raw["Auto-Submitted"] == "auto-generated"
    assert raw["List-Unsubscribe"] == "<https://alpha.example/u>"
    assert "Hello Tom & Ann" in text
    assert "Tom &amp; Ann" in html
    assert '<a class="button" href="http://alpha.localhost:8000/">Open</a>' in html
    assert "prefers-color-scheme: dark" in html


def test_long_subject_is_cut(
    alpha: TenantRef, templates: Callable[[str], None], mailoutbox: list[EmailMultiAlternatives]
) -> None:
    templates("try")
    send_mail(to=["a@alpha.example"], template="try", context={"text": "x" * 500}, tenant=alpha, language="en")
    assert len(mailoutbox[0].subject) == 150


def test_mail_speaks_the_language_it_is_sent_in(
    alpha: TenantRef, templates: Callable[[str], None], mailoutbox: list[EmailMultiAlternatives]
) -> None:
    templates("try")
    for language in ("es", "en"):
        send_mail(to=["a@alpha.example"], template="try", context={"text": "x"}, tenant=alpha, language=language)
    assert [message.subject for message in mailoutbox] == ["Servicios: x", "Services: x"]
    assert '<html lang="es">' in parts(mailoutbox[0])[1]


def test_text_of_a_stranger_is_neither_markup_nor_link_nor_header(
    alpha: TenantRef, templates: Callable[[str], None], mailoutbox: list[EmailMultiAlternatives]
) -> None:
    templates("try")
    send_mail(to=["a@alpha.example"], template="try", context={"text": unlink_text(EVIL)}, tenant=alpha, language="en")
    (message,) = mailoutbox
    text, html = parts(message)
    assert re.findall(r'href="([^"]*)"', html) == ["http://alpha.localhost:8000/"]
    assert "<a href" not in html.replace('<a class="button" href', "")
    for part in (text, html, message.subject):
        assert "evil.example" not in part
        assert "https://" not in part
    raw = message.message()
    assert raw["Bcc"] is None
    assert "\n" not in message.subject


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("www.evil.example", "www\u200b.evil\u200b.example"),
        ("https://x", "https:\u200b//x"),
        ("jane@example.com", "jane\u200b@example\u200b.com"),
        ("Friday after 5. Or later?", "Friday after 5. Or later?"),
    ],
)
def test_strangers_text_loses_what_makes_links(text: str, shown: str) -> None:
    assert unlink_text(text) == shown


def test_refused_server_is_left_alone_for_a_while(
    alpha: TenantRef, templates: Callable[[str], None], settings: Any
) -> None:
    from tests.faults.conftest import dead_port

    templates("try")
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", dead_port()
    mail.server_rest.end()

    def send() -> None:
        send_mail(to=["a@alpha.example"], template="try", context={"text": "x"}, tenant=alpha, language="en")

    with pytest.raises(ConnectionRefusedError):
        send()
    with pytest.raises(mail.MailServerAwayError):
        send()
    mail.server_rest.end()
    with pytest.raises(ConnectionRefusedError):
        send()
    mail.server_rest.end()
    assert sent.outbox == []
