"""Invitations and forgotten passwords: mailed by the worker, by links that are made when they are sent."""

import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core.mail import EmailMultiAlternatives

from shared_apps.accounts.enums import Role
from shared_apps.accounts.models import User
from shared_apps.outbox.models import Job
from shared_apps.outbox.services import relay_jobs
from shared_apps.tenants.scope import TenantRef, enter_tenant
from shared_apps.tenants.selectors import tenant_url
from tests.clients import TenantClient
from tests.integration.accounts.conftest import PASSWORD

MakeUser = Callable[..., User]
Mails = list[EmailMultiAlternatives]
NEW = "a-long-walk-on-the-beach"
SENT = "If that address has a login here"


def _forgot(tenant: TenantRef, email: str, **headers: str) -> Any:
    return TenantClient(tenant).post("/forgot-password", {"email": email}, headers=headers)


def _links(mail: EmailMultiAlternatives) -> set[str]:
    """Every address that either part of a mail names."""
    texts = [str(mail.body), *(str(content) for content, _kind in mail.alternatives)]
    return {link for text in texts for link in re.findall(r"https?://[^\s\"'<>]+", text)}


def _path(mail: EmailMultiAlternatives) -> str:
    [link] = _links(mail)
    return urlsplit(link).path


# ---- forgotten --------------------------------------------------------------------------------------------------


def test_page_offers_the_way_back(visitor: TenantClient) -> None:
    assert 'href="/forgot-password"' in visitor.get("/login").content.decode()
    response = visitor.get("/forgot-password")

    assert response.status_code == 200
    assert "no-store" in response["Cache-Control"]
    assert "Forgot your password?" in response.content.decode()


def test_forgotten_password_is_replaced_by_the_mailed_link(
    ada: User, boss: TenantClient, alpha: TenantRef, mailoutbox: Mails
) -> None:
    assert SENT in _forgot(alpha, " ADA@example.com ").content.decode()
    assert mailoutbox == []  # nothing leaves within the request
    assert relay_jobs() == 1

    [mail] = mailoutbox
    assert (mail.to, mail.subject) == ([ada.email], "A new password for the dashboard of Alpha Studio")
    client = TenantClient(alpha)
    assert client.post(_path(mail), {"password": NEW}).status_code == 302
    assert client.get("/api/v1/handoffs").status_code == 200
    assert boss.get("/api/v1/handoffs").status_code == 401  # the old sessions are over
    assert TenantClient(alpha).post("/login", {"email": ada.email, "password": PASSWORD}).status_code == 401
    assert TenantClient(alpha).post(_path(mail), {"password": NEW}).status_code == 400


def test_link_leads_to_the_tenants_own_host_whatever_the_request_says(
    ada: User, alpha: TenantRef, mailoutbox: Mails
) -> None:
    _forgot(
        alpha, ada.email, host="ALPHA.localhost.:1234", x_forwarded_host="evil.example", origin="http://alpha.localhost"
    )
    relay_jobs()

    [link] = _links(mailoutbox[0])
    assert link.startswith(tenant_url(alpha, "/set-password/"))
    assert "evil" not in str(mailoutbox[0].message())


def test_nothing_that_opens_an_account_is_stored(ada: User, alpha: TenantRef, mailoutbox: Mails) -> None:
    _forgot(alpha, ada.email)

    with enter_tenant(alpha):
        [job] = Job.objects.values()
    assert job["payload"] == {"user": ada.pk, "language": "en"}
    assert "@" not in json.dumps(job, default=str)


@pytest.mark.parametrize("who", ["nobody", "deactivated", "nonsense", "of beta"])
def test_answer_is_the_same_for_everybody_and_nobody_else_gets_mail(
    who: str, ada: User, alpha: TenantRef, beta: TenantRef, make_user: MakeUser, mailoutbox: Mails
) -> None:
    if who == "deactivated":
        with enter_tenant(alpha):
            User.objects.filter(pk=make_user("gone@example.com").pk).update(is_active=False)
    emails = {"nobody": "nobody@example.com", "deactivated": "gone@example.com", "nonsense": "';--\0<b>"}
    email = emails.get(who, "owner@beta.example")

    known, other = _forgot(alpha, ada.email), _forgot(alpha, email)

    assert other.status_code == known.status_code == 200
    without_nonces = [re.sub(r'nonce="[^"]*"', "", one.content.decode()) for one in (known, other)]
    assert without_nonces[0] == without_nonces[1]
    assert relay_jobs() == 2
    assert [mail.to for mail in mailoutbox] == [[ada.email]]


def test_unknown_address_makes_the_same_statements(ada: User, alpha: TenantRef, django_assert_num_queries: Any) -> None:
    """So that time tells nothing either: one read and one written job, whoever asks."""
    _forgot(alpha, ada.email)
    shapes = []
    for email in (ada.email, "nobody@example.com"):
        with django_assert_num_queries(2) as captured:
            _forgot(alpha, email)
        shapes.append([re.sub(r"'[^']*'|\d+", "?", query["sql"]) for query in captured.captured_queries])

    assert shapes[0] == shapes[1]


def test_links_are_limited_by_address_and_by_caller_alike_for_known_and_unknown(
    ada: User, alpha: TenantRef, settings: Any
) -> None:
    settings.RATES = settings.RATES | {"RATE_LOGIN": "2/37m"}  # a window no other test counts in
    for email in (ada.email, "nobody@example.com"):
        answers = [_forgot(alpha, email) for _ in range(3)]
        assert [one.status_code for one in answers] == [200, 200, 429]
        assert "Too many links were asked for. Try again in 37 minutes." in answers[2].content.decode()
        assert int(answers[2]["Retry-After"]) > 2000
    spread = [_forgot(alpha, f"person{number}@example.com").status_code for number in range(20)]
    assert spread == [200] * 16 + [429] * 4  # twenty from one place, four of which were granted above


def test_asking_without_a_csrf_token_is_refused(ada: User, alpha: TenantRef) -> None:
    strict = TenantClient(alpha, enforce_csrf_checks=True)

    assert strict.post("/forgot-password", {"email": ada.email}).status_code == 403
    with enter_tenant(alpha):
        assert not Job.objects.exists()


def test_page_and_mail_speak_spanish(ada: User, alpha: TenantRef, mailoutbox: Mails) -> None:
    page = _forgot(alpha, ada.email, accept_language="es-MX,en;q=0.5").content.decode()
    relay_jobs()

    assert "Mira tu correo" in page
    [mail] = mailoutbox
    assert mail.subject == "Una contraseña nueva para el panel de Alpha Studio"
    assert "El enlace funciona una vez, durante 3 días." in mail.body
    assert mail.extra_headers["Content-Language"] == "es"


def test_link_asked_for_twice_dies_in_both_mails_with_one_use(ada: User, alpha: TenantRef, mailoutbox: Mails) -> None:
    for _ in range(2):
        _forgot(alpha, ada.email)
    relay_jobs()
    first, second = (_path(mail) for mail in mailoutbox)

    assert TenantClient(alpha).post(first, {"password": NEW}).status_code == 302
    assert TenantClient(alpha).get(second).status_code == 400


# ---- invited ----------------------------------------------------------------------------------------------------


def test_invitation_is_mailed_to_the_newcomer_alone(boss: TenantClient, alpha: TenantRef, mailoutbox: Mails) -> None:
    boss.post_json("/api/v1/team", {"email": "bob@example.com", "role": "staff"})
    relay_jobs()

    [mail] = mailoutbox
    assert (mail.to, mail.cc, mail.bcc) == (["bob@example.com"], [], [])
    assert mail.subject == "Alpha Studio invites you to their dashboard"
    assert boss.user.email not in str(mail.message())
    bob = TenantClient(alpha)
    assert bob.post(_path(mail), {"password": NEW}).status_code == 302
    assert bob.get("/api/v1/handoffs").status_code == 200


def test_invitation_speaks_as_the_owner_who_sends_it_reads(boss: TenantClient, mailoutbox: Mails) -> None:
    member = boss.post_json("/api/v1/team", {"email": "bob@example.com", "role": "staff"}, accept_language="es").json()
    boss.post(f"/api/v1/team/{member['id']}/invitation", headers={"accept-language": "es"})
    relay_jobs()

    assert [mail.extra_headers["Content-Language"] for mail in mailoutbox] == ["es", "es"]


def test_refused_invitation_mails_nobody(boss: TenantClient, mailoutbox: Mails) -> None:
    for email in (boss.user.email, "nonsense"):
        assert boss.post_json("/api/v1/team", {"email": email, "role": "staff"}).status_code == 422

    assert relay_jobs() == 0


def test_only_the_newest_invitation_works(boss: TenantClient, alpha: TenantRef, mailoutbox: Mails) -> None:
    member = boss.post_json("/api/v1/team", {"email": "bob@example.com", "role": "staff"}).json()["id"]
    relay_jobs()
    assert boss.post(f"/api/v1/team/{member}/invitation").status_code == 204
    relay_jobs()
    old, new = (_path(mail) for mail in mailoutbox)

    assert TenantClient(alpha).get(old).status_code == 400
    assert TenantClient(alpha).get(new).status_code == 200


@pytest.mark.parametrize("meanwhile", ["deactivated", "removed", "accepted"])
def test_invitation_that_is_stale_when_its_turn_comes_is_not_sent(
    meanwhile: str, boss: TenantClient, alpha: TenantRef, mailoutbox: Mails
) -> None:
    member = boss.post_json("/api/v1/team", {"email": "bob@example.com", "role": "staff"}).json()["id"]
    with enter_tenant(alpha):
        bob = User.objects.filter(pk=member)
        if meanwhile == "removed":
            bob.delete()
        else:
            bob.update(**{"is_active": False} if meanwhile == "deactivated" else {"password": "md5$x$y"})

    assert relay_jobs() == 1

    assert mailoutbox == []
    with enter_tenant(alpha):
        assert not Job.objects.exists()


def test_link_of_one_who_is_let_out_meanwhile_is_not_sent(ada: User, alpha: TenantRef, mailoutbox: Mails) -> None:
    _forgot(alpha, ada.email)
    with enter_tenant(alpha):
        User.objects.filter(pk=ada.pk).update(is_active=False)

    assert relay_jobs() == 1

    assert mailoutbox == []


def test_invited_person_who_asks_for_a_password_gets_the_invitation(
    make_user: MakeUser, alpha: TenantRef, mailoutbox: Mails
) -> None:
    make_user("bob@example.com", Role.STAFF, password=None)

    _forgot(alpha, "bob@example.com")
    relay_jobs()

    assert [mail.subject for mail in mailoutbox] == ["Alpha Studio invites you to their dashboard"]
    assert TenantClient(alpha).post(_path(mailoutbox[0]), {"password": NEW}).status_code == 302


def test_invitations_of_one_business_are_limited(
    boss: TenantClient, beta: TenantRef, login: Callable[..., TenantClient], settings: Any
) -> None:
    settings.RATES = settings.RATES | {"RATE_LOGIN": "1/41m"}

    answers = [
        boss.post_json("/api/v1/team", {"email": f"person{number}@example.com", "role": "staff"}).status_code
        for number in range(11)
    ]

    assert answers == [201] * 10 + [429]
    assert login(beta).post_json("/api/v1/team", {"email": "bob@example.com", "role": "staff"}).status_code == 201


def test_name_of_a_business_makes_no_link_in_a_mail_to_strangers(
    boss: TenantClient, alpha: TenantRef, mailoutbox: Mails
) -> None:
    from dataclasses import replace

    from shared_apps.accounts.mails import send_invitation

    member = boss.post_json("/api/v1/team", {"email": "bob@example.com", "role": "staff"}).json()["id"]
    hostile = replace(alpha, name='You won: https://evil.example/x <a href="https://evil.example">')
    with enter_tenant(alpha):
        send_invitation(hostile, {"user": member, "language": "en"})

    [mail] = mailoutbox
    assert {urlsplit(link).hostname for link in _links(mail)} == {"alpha.localhost"}
    assert "evil.example" not in mail.body


def test_account_mails_are_those_of_the_tenant_alone(
    ada: User, alpha: TenantRef, beta: TenantRef, mailoutbox: Mails
) -> None:
    """A person of the same address at beta is another person."""
    with enter_tenant(beta):
        User.objects.create_user(ada.email, Role.OWNER, PASSWORD)
    _forgot(beta, ada.email)
    relay_jobs()
    [mail] = mailoutbox

    assert mail.subject.endswith("Beta Studio")
    assert TenantClient(alpha).get(_path(mail)).status_code == 400
    assert TenantClient(beta).get(_path(mail)).status_code == 200
