"""Every kind of mail, sent by two tenants at once: nothing in it is the other's. A new kind fails without a row."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit
from zoneinfo import ZoneInfo

import pytest
from django.core.mail import EmailMultiAlternatives
from django.template import engines
from django.test.signals import template_rendered
from django.utils import timezone

from shared_apps.outbox.models import Job
from shared_apps.outbox.services import enqueue, relay_jobs
from shared_apps.tenants.scope import TenantRef, enter_tenant
from shared_apps.tenants.selectors import tenant_url
from tenant_apps.booking.models import BookingSettings
from tenant_apps.booking.services import LINK_FAILING, LINK_WORKING
from tenant_apps.business.services import update_profile
from tenant_apps.handoffs.models import BookingHandoff
from tenant_apps.notifications.selectors import make_unsubscribe_url
from tenant_apps.notifications.services import update_notification_settings
from tests.clients import TenantClient
from tests.conftest import make_ready
from tests.factories import HandoffFactory, UserFactory
from tests.jobs import deliver

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class House:
    """A tenant of whom every mail could tell something: `words` are its own and nobody else's."""

    tenant: TenantRef
    lead: dict[str, str]
    booking_url: str
    words: tuple[str, ...]


def _furnish(tenant: TenantRef, capture: Any) -> House:
    """Give a tenant a profile, a booking page, people and a visitor, each with words of its own."""
    mine = tenant.client_id
    booking_url = f"https://calendly.com/{mine}-page/visit"
    make_ready(tenant, capture, booking_url)
    lead = {
        "customerName": f"Visitor Of {mine.title()}",
        "customerEmail": f"jane@{mine}-visitors.example",
        "requestedService": f"Haircut in the {mine} way",
        "preferredDateTimeText": f"Friday after the {mine} lunch",
        "notes": f"Heard of it from {mine} friends",
    }
    desk = f"desk@{mine}.example"
    with capture(execute=True), enter_tenant(tenant):
        update_profile(tenant=tenant, changes={"notification_emails": [desk], "address": f"1 {mine.title()} Street"})
        waiting = HandoffFactory.create(customer_name=f"Earlier {lead['customerName']}", notes=lead["notes"])
        Job.objects.all().delete()  # of the earlier one nobody is told any more
    return House(
        tenant=tenant,
        lead=lead,
        booking_url=booking_url,
        words=(
            mine,  # in its host, name, addresses, booking page and visitors' words as well
            tenant.schema_name,
            str(waiting.pk),
            make_unsubscribe_url(tenant, desk).rpartition("/")[2],
        ),
    )


@pytest.fixture
def houses(alpha: TenantRef, beta: TenantRef, settings: Any, django_capture_on_commit_callbacks: Any) -> list[House]:
    """Alpha and beta, furnished; numbers such as a user's are the same in both, so that a wrong schema would answer."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    return [_furnish(tenant, django_capture_on_commit_callbacks) for tenant in (alpha, beta)]


# ---- what sends -------------------------------------------------------------------------------------------------


def _invite(house: House) -> None:
    owner = TenantClient(house.tenant)
    with enter_tenant(house.tenant):
        owner.force_login(UserFactory.create(), backend="django.contrib.auth.backends.ModelBackend")
    person = {"email": f"new@{house.tenant.client_id}.example", "role": "staff"}
    assert owner.post_json("/api/v1/team", person).status_code == 201


def _forget_password(house: House) -> None:
    with enter_tenant(house.tenant):
        user = UserFactory.create(email=f"ada@{house.tenant.client_id}.example", password="correct-horse-battery")
    assert TenantClient(house.tenant).post("/forgot-password", {"email": user.email}).status_code == 200


def _choose(house: House, *, new_handoff: str, daily_summary: bool = False) -> None:
    with enter_tenant(house.tenant):
        update_notification_settings(new_handoff=new_handoff, daily_summary=daily_summary, now=timezone.now())


def _capture(house: House) -> None:
    assert TenantClient(house.tenant).post_json("/api/v1/handoffs", house.lead).status_code == 201


def _capture_for_the_hour(house: House) -> None:
    _choose(house, new_handoff="hourly")
    _capture(house)


def _sum_up_yesterday(house: House) -> None:
    """The next summary is of the day that its morning, eight o'clock, ends."""
    _choose(house, new_handoff="off", daily_summary=True)
    local = timezone.now().astimezone(ZoneInfo("America/New_York"))
    day = local if local.hour >= 8 else local - timedelta(days=1)
    with enter_tenant(house.tenant):
        BookingHandoff.objects.update(created_at=day.replace(hour=12))


def _fail(house: House) -> None:
    failing_since = timezone.now() - timedelta(hours=1)
    with enter_tenant(house.tenant):
        BookingSettings.objects.update(
            link_failing_since=failing_since, link_told_at=timezone.now(), link_reason="not_found"
        )
        enqueue(kind=LINK_FAILING, payload={})


def _recover(house: House) -> None:
    with enter_tenant(house.tenant):
        enqueue(kind=LINK_WORKING, payload={})


# Every kind of mail, by its template, and what makes a tenant send one.
MAILS: dict[str, Callable[[House], None]] = {
    "digest": _capture_for_the_hour,
    "invitation": _invite,
    "link_failing": _fail,
    "link_working": _recover,
    "new_handoff": _capture,
    "password_reset": _forget_password,
    "summary": _sum_up_yesterday,
}


def test_every_kind_of_mail_is_here() -> None:
    folders = [Path(folder) for engine in engines.all() for folder in engine.template_dirs]
    templates = {path.name.removesuffix(".subject.txt") for at in folders for path in at.glob("mail/*.subject.txt")}

    assert templates == set(MAILS)


def test_every_mail_has_such_a_template() -> None:
    """There is one place that makes mails, and it renders a subject of that name."""
    assert [
        path.relative_to(ROOT).as_posix()
        for package in ("shared_apps", "tenant_apps", "saas", "worker")
        for path in sorted((ROOT / package).rglob("*.py"))
        if "django.core.mail" in path.read_text(encoding="utf-8")
    ] == ["shared_apps/mail.py"]


# ---- what is in them --------------------------------------------------------------------------------------------


@pytest.fixture
def sent_kinds() -> Iterator[list[str]]:
    """The kind of each mail that is made."""
    kinds: list[str] = []

    def look(template: Any, **_: Any) -> None:
        if found := re.fullmatch(r"mail/(\w+)\.subject\.txt", str(template.name)):
            kinds.append(found[1])

    template_rendered.connect(look)
    yield kinds
    template_rendered.disconnect(look)


def _read(mail: EmailMultiAlternatives) -> str:
    """All a mail holds, headers too, as one text in which nothing is coded any more."""
    message: Any = mail.message()
    headers = [mail.subject, mail.from_email, *mail.to, *mail.reply_to, *map(str, message.values())]
    parts = [part.get_payload(decode=True).decode() for part in message.walk() if not part.is_multipart()]
    return unquote(unescape("\n".join([*headers, *parts]))).replace("\u200b", "")


def _links(text: str) -> set[str]:
    return set(re.findall(r"https?://[^\s\"'<>]+", text))


@pytest.mark.parametrize("kind", MAILS)
def test_t01_mail_of_a_tenant_names_nothing_of_anothers(
    kind: str, houses: list[House], sent_kinds: list[str], mailoutbox: list[EmailMultiAlternatives]
) -> None:
    for house in houses:
        MAILS[kind](house)
    relay_jobs()
    for house in houses:
        deliver(house.tenant)

    assert sent_kinds == [kind, kind]
    for house, other in zip(houses, reversed(houses), strict=True):
        [mail] = [each for each in mailoutbox if each.to[0].endswith(f"@{house.tenant.client_id}.example")]
        text = _read(mail)
        assert house.tenant.name in text
        assert [word for word in other.words if word.lower() in text.lower()] == []
        hosts = {urlsplit(link).netloc for link in _links(text) - {house.booking_url}}
        assert hosts == ({urlsplit(tenant_url(house.tenant)).netloc} if kind != "link_working" else set())
