"""A tenant's own domain: nobody's until the DNS says whose, then served as the subdomain is."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.contrib.admin.models import LogEntry
from django.db import OperationalError
from django.db.models import F
from django.db.models.functions import Now
from django.test import Client

from shared_apps.accounts.enums import Role
from shared_apps.dns_proof import Proof, record_name, record_value
from shared_apps.platform.claims import (
    GRACE,
    MOST_CLAIMS,
    ClaimRefusedError,
    HostTakenError,
    check_claim,
    choose_primary,
    claim_host,
    remove_claim,
)
from shared_apps.platform.lifecycle import DROP, take_step
from shared_apps.platform.models import DomainClaim
from shared_apps.platform.services import ensure_platform_user
from shared_apps.platform.tasks import check_domains
from shared_apps.tenants import selectors
from shared_apps.tenants.models import Domain, Tenant
from shared_apps.tenants.scope import TenantRef, public_scope
from shared_apps.tenants.selectors import find_tenant_by_host, tenant_url
from shared_apps.tenants.services import refresh_snapshots
from shared_apps.tenants.snapshots import ROUTES
from shared_apps.tenants.validators import InvalidHostError
from tests.clients import TenantClient
from tests.dns import NameServer, running

HOST = "book.alpha-studio.com"
ASK = "/tls/ask"


@pytest.fixture
def names(settings: Any) -> Iterator[NameServer]:
    """A name server that knows nothing yet."""
    with running() as (server, address):
        settings.DNS_SERVERS = [address]
        yield server


@pytest.fixture
def commit(django_capture_on_commit_callbacks: Any) -> Any:
    """Return a function that calls another and lets this process hear of what it wrote."""

    def run(call: Any, **given: Any) -> Any:
        with django_capture_on_commit_callbacks(execute=True):
            return call(**given)

    return run


def _publish(names: NameServer, claim: DomainClaim) -> None:
    names.records[record_name(claim.host)] = ["something else", record_value(claim.token)]


def _status(host: str, path: str = "/api/v1/booking") -> int:
    return int(Client(headers={"host": host}).get(path).status_code)


@pytest.fixture
def served(alpha: TenantRef, names: NameServer, commit: Any) -> DomainClaim:
    """Alpha's own domain, proven."""
    claim = claim_host(tenant=alpha, host=HOST)
    _publish(names, claim)
    assert commit(check_claim, claim_id=claim.pk) is Proof.FOUND
    return claim


# ---- proof ------------------------------------------------------------------------------------------------------


def test_claim_alone_is_not_served(alpha: TenantRef, names: NameServer, commit: Any) -> None:
    claim = claim_host(tenant=alpha, host=HOST)

    assert commit(check_claim, claim_id=claim.pk) is Proof.MISSING

    assert _status(HOST) == 404
    claim.refresh_from_db()
    assert (claim.checked_at is not None, claim.verified_at, claim.missing_since) == (True, None, None)


def test_proven_domain_is_served_at_once(served: DomainClaim, alpha: TenantRef) -> None:
    answer = Client(headers={"host": HOST}).get("/")

    assert answer.status_code == 200
    assert "Alpha Studio" in answer.content.decode()
    assert "frame-ancestors" in answer["Content-Security-Policy"]
    assert _status("alpha.localhost") == 200
    assert _status(f"{HOST.upper()}.:8000") == 200


@pytest.mark.parametrize("texts", [[], ["handoff-verify="], ["handoff-verify=" + "0" * 32], ["HANDOFF"]])
def test_other_records_prove_nothing(texts: list[str], alpha: TenantRef, names: NameServer, commit: Any) -> None:
    claim = claim_host(tenant=alpha, host=HOST)
    names.records[record_name(HOST)] = texts

    assert commit(check_claim, claim_id=claim.pk) is Proof.MISSING
    assert _status(HOST) == 404


def test_long_answers_come_by_tcp_and_aliases_are_followed(alpha: TenantRef, names: NameServer, commit: Any) -> None:
    claim = claim_host(tenant=alpha, host=HOST)
    names.aliases[record_name(HOST)] = "proof.registrar.com"
    names.records["proof.registrar.com"] = [*(f"{n:03}" + "x" * 200 for n in range(8)), record_value(claim.token)]

    assert commit(check_claim, claim_id=claim.pk) is Proof.FOUND
    assert {transport for transport, _ in names.asked} == {"udp", "tcp"}


@pytest.mark.parametrize("mood", ["silent", "refusing"])
def test_name_server_that_is_away_changes_nothing(
    mood: str, served: DomainClaim, names: NameServer, commit: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared_apps.dns_proof.PATIENCE", 0.3)
    names.mood = mood

    assert commit(check_claim, claim_id=served.pk) is Proof.UNKNOWN

    served.refresh_from_db()
    assert (served.verified_at is not None, served.missing_since) == (True, None)
    assert _status(HOST) == 200


def test_one_name_is_one_tenants_and_a_mere_claim_blocks_nobody(
    alpha: TenantRef, beta: TenantRef, names: NameServer, commit: Any
) -> None:
    first, second = (claim_host(tenant=tenant, host=HOST) for tenant in (beta, alpha))
    assert first.token != second.token
    names.records[record_name(HOST)] = [record_value(second.token)]
    assert commit(check_claim, claim_id=first.pk) is Proof.MISSING
    assert commit(check_claim, claim_id=second.pk) is Proof.FOUND

    names.records[record_name(HOST)].append(record_value(first.token))
    with pytest.raises(HostTakenError) as refused:
        commit(check_claim, claim_id=first.pk)

    first.refresh_from_db()
    assert first.verified_at is None
    assert "alpha" not in refused.value.message.lower()
    found = find_tenant_by_host(HOST)
    assert found is not None
    assert found.id == alpha.id


def test_lost_record_is_served_for_a_week_and_then_no_more(
    served: DomainClaim, alpha: TenantRef, names: NameServer, commit: Any
) -> None:
    commit(choose_primary, tenant=alpha, host=HOST)
    names.records.clear()

    commit(check_claim, claim_id=served.pk)
    served.refresh_from_db()
    assert served.missing_since is not None
    assert _status(HOST) == 200

    DomainClaim.objects.update(missing_since=F("missing_since") - GRACE - timedelta(seconds=1))
    commit(check_claim, claim_id=served.pk)

    assert _status(HOST) == 404
    assert Tenant.objects.get(pk=alpha.id).primary_host == ""
    assert not Domain.objects.filter(domain=HOST).exists()


def test_record_that_comes_back_ends_the_warning(served: DomainClaim, names: NameServer, commit: Any) -> None:
    kept = dict(names.records)
    names.records.clear()
    commit(check_claim, claim_id=served.pk)
    names.records.update(kept)

    commit(check_claim, claim_id=served.pk)

    served.refresh_from_db()
    assert served.missing_since is None


def test_task_asks_what_is_due_and_nothing_else(
    served: DomainClaim, alpha: TenantRef, names: NameServer, commit: Any
) -> None:
    waiting, forgotten = (claim_host(tenant=alpha, host=f"{name}.alpha-studio.com") for name in ("new", "old"))
    DomainClaim.objects.filter(pk=forgotten.pk).update(created_at=Now() - timedelta(days=15))
    names.asked.clear()

    assert commit(check_domains) == 1
    assert {name for _, name in names.asked} == {record_name(waiting.host)}
    assert commit(check_domains) == 0

    DomainClaim.objects.filter(pk=served.pk).update(checked_at=Now() - timedelta(hours=7))
    assert commit(check_domains) == 1


# ---- names ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("Book.Alpha-Studio.COM.", HOST),
        (" www.alpha-studio.com ", "www.alpha-studio.com"),
        ("bücher.de", "xn--bcher-kva.de"),
        ("alpha-studio.test", "alpha-studio.test"),
    ],
)
def test_host_is_kept_as_browsers_send_it(given: str, kept: str, alpha: TenantRef) -> None:
    assert claim_host(tenant=alpha, host=given).host == kept
    assert claim_host(tenant=alpha, host=given).host == kept  # the same claim again
    assert DomainClaim.objects.count() == 1


@pytest.mark.parametrize(
    "host",
    [
        "", "alpha", "https://a.com", "a.com/x", "a.com:8000", "u@a.com", "a b.com", "127.0.0.1", "127.1", "0x7f.0.0.1",
        "[::1]", "2130706433", "①②⑦.⓪.⓪.①", "127。0。0。1", "a..com", "-a.com", "*.a.com",
        "a.com\n", "a.local", "a.internal",
        "a.onion", "a.localhost", "localhost", "alpha.localhost", "xn--.com", "a_b.com", "x" * 64 + ".com",
        ".".join(["a" * 60] * 4) + ".com",
    ],
)  # fmt: skip
def test_host_that_is_no_domain_of_theirs_is_refused(host: str, alpha: TenantRef) -> None:
    if host == "a.com\n":
        assert claim_host(tenant=alpha, host=host).host == "a.com"  # blanks around are no name's
        return
    with pytest.raises(InvalidHostError):
        claim_host(tenant=alpha, host=host)


@pytest.mark.parametrize("host", ["handoff.example.com", "a.handoff.example.com", "example.com"])
def test_platforms_own_names_and_those_above_are_refused(host: str, alpha: TenantRef, settings: Any) -> None:
    settings.SAAS_DOMAIN = "handoff.example.com"
    with pytest.raises(InvalidHostError, match="host_invalid"):
        claim_host(tenant=alpha, host=host)


def test_claims_have_an_end(alpha: TenantRef) -> None:
    for number in range(MOST_CLAIMS):
        claim_host(tenant=alpha, host=f"a{number}.com")
    with pytest.raises(ClaimRefusedError):
        claim_host(tenant=alpha, host="one-more.com")
    assert claim_host(tenant=alpha, host="a0.com").host == "a0.com"


# ---- serving ----------------------------------------------------------------------------------------------------


def test_primary_domain_is_what_links_say_and_the_client_id_stays(
    served: DomainClaim, alpha: TenantRef, commit: Any
) -> None:
    commit(choose_primary, tenant=alpha, host=HOST)

    found = find_tenant_by_host("alpha.localhost")
    assert found is not None
    assert tenant_url(found, "/book") == f"http://{HOST}:8000/book"
    assert found.client_id == "alpha"
    assert _status("alpha.localhost") == 200  # the other names go on
    assert Client(headers={"host": "www.alpha.localhost"}).get("/")["Location"] == f"http://{HOST}/"

    commit(choose_primary, tenant=alpha, host="")
    found = find_tenant_by_host(HOST)
    assert found is not None
    assert tenant_url(found) == "http://alpha.localhost:8000/"


def test_only_a_proven_domain_becomes_the_primary_one(alpha: TenantRef, beta: TenantRef, served: DomainClaim) -> None:
    claim_host(tenant=alpha, host="other.com")
    for tenant, host in ((alpha, "other.com"), (beta, HOST), (alpha, "beta")):
        with pytest.raises(ClaimRefusedError):
            choose_primary(tenant=tenant, host=host)
    assert set(Tenant.objects.values_list("primary_host", flat=True)) == {""}


def test_domain_that_is_called_www_is_served_as_it_is(alpha: TenantRef, names: NameServer, commit: Any) -> None:
    claim = claim_host(tenant=alpha, host="www.alpha-studio.com")
    _publish(names, claim)
    commit(check_claim, claim_id=claim.pk)

    assert _status("www.alpha-studio.com") == 200
    assert _status("alpha-studio.com") == 404


def test_www_of_a_proven_domain_leads_to_it(served: DomainClaim, alpha: TenantRef, commit: Any) -> None:
    commit(choose_primary, tenant=alpha, host=HOST)

    assert Client(headers={"host": f"www.{HOST}"}).get("/book")["Location"] == f"http://{HOST}/book"


def test_session_and_origin_are_those_of_the_domain(
    served: DomainClaim, alpha: TenantRef, login: Any, lead: dict[str, Any]
) -> None:
    owner: TenantClient = login(alpha, Role.OWNER)
    assert owner.get("/api/v1/handoffs", headers={"host": HOST}).status_code == 200
    stranger = Client(headers={"host": HOST})
    for origin, status in ((f"http://{HOST}", 201), ("http://alpha.localhost", 403), ("http://evil.example", 403)):
        answer = stranger.post("/api/v1/handoffs", lead, content_type="application/json", headers={"origin": origin})
        assert answer.status_code == status, origin
    cookie = stranger.get("/login").cookies["csrftoken"]
    assert cookie["domain"] == ""


def test_https_is_forced_for_the_domain_alone(served: DomainClaim, settings: Any) -> None:
    """What stands beside it below the business's name is not ours."""
    settings.SECURE_HSTS_SECONDS = 31_536_000
    settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    alike = "book-localhost"  # ends as the platform's own name does
    Domain.objects.create(domain=f"www.{alike}", tenant_id=served.tenant_id, is_primary=False)
    alone, whole = "max-age=31536000", "max-age=31536000; includeSubDomains"
    for host, expected in ((HOST, alone), (f"www.{alike}", alone), ("alpha.localhost", whole)):
        answer = Client(headers={"host": host}).get("/", secure=True)
        assert answer["Strict-Transport-Security"] == expected


def test_domain_is_found_while_the_database_is_away(served: DomainClaim, monkeypatch: pytest.MonkeyPatch) -> None:
    refresh_snapshots({})
    selectors._hosts.clear()

    def away(*args: Any) -> Any:
        raise OperationalError

    monkeypatch.setattr(selectors, "load_tenant", away)
    found = find_tenant_by_host(HOST)
    assert found is not None
    assert found.client_id == "alpha"


def test_removed_domain_is_served_no_more_even_in_an_outage(served: DomainClaim, alpha: TenantRef, commit: Any) -> None:
    assert _status(HOST) == 200
    assert ROUTES.holds(HOST)

    commit(remove_claim, tenant=alpha, claim_id=served.pk)

    assert not ROUTES.holds(HOST)
    assert _status(HOST) == 404
    assert not DomainClaim.objects.exists()


def test_dropping_a_tenant_frees_its_domains(served: DomainClaim, alpha: TenantRef, monkeypatch: Any) -> None:
    monkeypatch.setattr("shared_apps.platform.lifecycle.drop_schema", lambda _tenant: None)
    Tenant.objects.filter(pk=alpha.id).update(
        status="deleted", deleted_at=Now() - timedelta(days=31), exported_at=Now()
    )
    take_step(tenant=alpha, step=DROP)

    assert not DomainClaim.objects.exists()
    assert list(Domain.objects.filter(tenant_id=alpha.id).values_list("domain", flat=True)) == ["alpha"]


def test_tenant_removes_no_claim_of_another(served: DomainClaim, beta: TenantRef) -> None:
    with pytest.raises(ClaimRefusedError):
        remove_claim(tenant=beta, claim_id=served.pk)

    assert DomainClaim.objects.filter(pk=served.pk, verified_at__isnull=False).exists()


# ---- certificates -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("domain", "given", "status"),
    [
        (HOST, {}, 200),
        (HOST.upper(), {}, 200),
        ("claimed.com", {}, 404),
        ("alpha.localhost", {}, 404),
        ("localhost", {}, 404),
        ("", {}, 404),
        ("a b", {}, 404),
        (HOST, {"HTTP_X_FORWARDED_FOR": "198.51.100.7"}, 404),
        (HOST, {"REMOTE_ADDR": "198.51.100.7"}, 404),
        (HOST, {"REMOTE_ADDR": "172.30.64.5"}, 200),
        (HOST, {"REMOTE_ADDR": "172.30.64.5", "HTTP_X_FORWARDED_FOR": "198.51.100.7"}, 404),
        (HOST, {"REMOTE_ADDR": "::1"}, 200),
        (HOST, {"REMOTE_ADDR": ""}, 404),
    ],
)
def test_certificate_is_for_proven_domains_and_told_to_our_proxy_alone(
    domain: str, given: dict[str, Any], status: int, served: DomainClaim, alpha: TenantRef, settings: Any
) -> None:
    settings.TRUSTED_PROXIES = ["172.30.64.0/24"]
    claim_host(tenant=alpha, host="claimed.com")

    answer = Client(headers={"host": "web:8000"}, **given).get(ASK, {"domain": domain})

    assert (answer.status_code, answer.content) == (status, b"")


# ---- the admin --------------------------------------------------------------------------------------------------


def _desk(role: Role) -> Client:
    client = Client(headers={"host": django_settings.SAAS_DOMAIN})
    with public_scope():
        user = ensure_platform_user(email=f"{role}@platform.example", role=role, password=None)
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_admin_claims_checks_chooses_and_removes(alpha: TenantRef, names: NameServer, commit: Any) -> None:
    desk, page = _desk(Role.ADMIN), f"/admin/tenants/tenant/{alpha.id}/domains/"

    def press(**form: Any) -> str:
        return str(commit(desk.post, path=page, data=form, follow=True).content.decode())

    assert "without https://" in press(do="add", host="https://x.com")
    shown = press(do="add", host=HOST)
    claim = DomainClaim.objects.get()
    assert record_name(HOST) in shown
    assert record_value(claim.token) in shown
    assert "is not there" in press(do="check", claim=claim.pk)
    _publish(names, claim)
    assert "Verified" in press(do="check", claim=claim.pk)

    asked = press(do="primary", claim=claim.pk)
    assert "Have all links and mails say" in asked
    assert Tenant.objects.get(pk=alpha.id).primary_host == ""
    press(do="primary", claim=claim.pk, confirmed="yes")
    assert Tenant.objects.get(pk=alpha.id).primary_host == HOST

    press(do="remove", claim=claim.pk)
    assert DomainClaim.objects.exists()
    press(do="remove", claim=claim.pk, confirmed="yes")
    assert not DomainClaim.objects.exists()
    assert LogEntry.objects.count() == 5


def test_support_and_another_tenants_page_change_no_domain(
    served: DomainClaim, alpha: TenantRef, beta: TenantRef
) -> None:
    for desk, tenant in ((_desk(Role.SUPPORT), alpha), (_desk(Role.ADMIN), beta)):
        desk.post(
            f"/admin/tenants/tenant/{tenant.id}/domains/", {"do": "remove", "claim": served.pk, "confirmed": "yes"}
        )
        assert DomainClaim.objects.filter(pk=served.pk, verified_at__isnull=False).exists()
