"""The platform's admin: who sees what, what a step does, and that it knows nobody of a tenant's visitors."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.contrib.admin.models import LogEntry
from django.db.models.functions import Now
from django.test import Client
from django.urls import get_resolver

from shared_apps.accounts.enums import Role
from shared_apps.accounts.models import User
from shared_apps.platform.services import ensure_platform_user, provision_tenant
from shared_apps.tenants.enums import TenantStatus
from shared_apps.tenants.models import Tenant
from shared_apps.tenants.scope import TenantRef, enter_tenant, public_scope
from shared_apps.tenants.selectors import find_tenant_by_subdomain
from tenant_apps.booking.models import BookingSettings
from tenant_apps.handoffs.services import complete_handoff
from tests.clients import TenantClient
from tests.factories import HandoffFactory
from tests.isolation.helpers import read_everything
from tests.routes import walk_routes

LIST = "/admin/tenants/tenant/"
NEW = {"name": "Bright Nails", "subdomain": "bright-nails", "owner_email": "o@bright.example", "industry": "salon"}
Login = Callable[[Role], Client]


@pytest.fixture
def platform_login(db: None) -> Login:
    """Return a function that gives a client at the public host, logged in by role."""

    def make(role: Role) -> Client:
        client = Client(headers={"host": django_settings.SAAS_DOMAIN})
        with public_scope():
            user = ensure_platform_user(email=f"{role}@platform.example", role=role, password=None)
            client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return make


@pytest.fixture
def admin(platform_login: Login) -> Client:
    """A platform admin."""
    return platform_login(Role.ADMIN)


ADMIN_ROUTES = sorted(
    route for route in walk_routes(get_resolver("saas.urls_public")) if route.startswith("admin/") and "(" not in route
)
OPEN = {"admin/login/", "admin/logout/"}  # these two are for whoever comes


def _path(route: str, tenant: TenantRef) -> str:
    filled = route.replace("<path:object_id>", str(tenant.id)).replace("<int:tenant_id>", str(tenant.id))
    filled = filled.replace("<slug:name>", "suspend").replace("<id>", "1")
    filled = filled.replace("<path:content_type_id>", "1")
    assert "<" not in filled, filled
    return "/" + filled


def test_walk_finds_the_admins_routes() -> None:
    assert {"admin/", "admin/tenants/tenant/", "admin/tenants/tenant/add/", "admin/accounts/user/"} <= set(ADMIN_ROUTES)


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("route", ADMIN_ROUTES)
def test_strangers_and_tenants_people_get_nothing(
    route: str, method: str, alpha: TenantRef, login: Callable[..., TenantClient]
) -> None:
    if route in OPEN:
        return
    nobody = Client(headers={"host": django_settings.SAAS_DOMAIN})
    stranger = Client(headers={"host": django_settings.SAAS_DOMAIN})
    stranger.cookies["sessionid"] = login(alpha, Role.OWNER).cookies["sessionid"].value
    before = read_everything("public", alpha.schema_name)

    answers = [client.generic(method, _path(route, alpha)) for client in (nobody, stranger)]

    assert [answer.status_code for answer in answers] == [302, 302]
    assert all("/admin/login/" in answer["Location"] for answer in answers)
    assert read_everything("public", alpha.schema_name) == before


@pytest.mark.parametrize("route", ADMIN_ROUTES)
def test_admin_is_not_there_on_a_tenants_host(route: str, alpha: TenantRef, owner: TenantClient) -> None:
    assert owner.get(_path(route, alpha)).status_code == 404


@pytest.mark.parametrize(
    "path",
    ["/admin/tenants/tenant/add/", "/admin/accounts/user/", "/admin/accounts/user/add/", "{tenant}suspend/"],
)
def test_support_looks_and_changes_nothing(path: str, alpha: TenantRef, platform_login: Login) -> None:
    support = platform_login(Role.SUPPORT)
    path = path.replace("{tenant}", f"{LIST}{alpha.id}/")
    assert support.get(LIST).status_code == 200
    assert support.get(f"{LIST}{alpha.id}/change/").status_code == 200

    answers = support.get(path), support.post(path, NEW)

    assert [answer.status_code in (403, 404) for answer in answers] == [True, True]
    assert Tenant.objects.get(pk=alpha.id).status == TenantStatus.ACTIVE


def test_list_shows_numbers_and_nobody(alpha: TenantRef, beta: TenantRef, admin: Client) -> None:
    with enter_tenant(alpha):
        HandoffFactory.create(customer_name="Person Of Alpha", customer_email="person@of.alpha")

    page = admin.get(LIST).content.decode()

    assert "1 new" in page
    assert "none yet" in page
    assert "Person Of Alpha" not in page
    assert "person@of.alpha" not in page
    assert alpha.schema_name not in page


@pytest.mark.parametrize("more", [0, 5])
def test_list_asks_a_page_of_tenants_in_one_statement(
    more: int, alpha: TenantRef, beta: TenantRef, admin: Client, django_assert_num_queries: Any
) -> None:
    for number in range(more):
        provision_tenant(name="More", subdomain=f"more-{number}", owner_email="o@more.example")
    admin.get(LIST)
    # session, page, domains; SAVEPOINT, limits of time, the facts of all, their reading, RELEASE; and two paths
    with django_assert_num_queries(10):
        admin.get(LIST)


def test_list_tells_links_numbers_and_last_activity(ready: TenantRef, beta: TenantRef, admin: Client) -> None:
    with enter_tenant(ready):
        HandoffFactory.create_batch(3)
        complete_handoff(handoff_id=HandoffFactory.create().pk, actor="a@b.example")
    page = admin.get(LIST).content.decode()

    assert "3 new, 1 completed" in page
    assert 'class="link unseen">Never looked at' in page
    assert 'class="link none">No link' in page


def test_page_of_a_tenant_tells_its_last_activity_as_the_list_does(
    ready: TenantRef, beta: TenantRef, admin: Client
) -> None:
    with enter_tenant(ready):
        HandoffFactory.create()
    told = [
        re.search(
            r"Last activity:.*?readonly\">(.*?)</div>", admin.get(f"{LIST}{pk}/change/").content.decode(), re.DOTALL
        )
        for pk in (ready.id, beta.id)
    ]

    assert told[0]
    assert re.fullmatch(r"[A-Z][a-z]+\.? \d+, \d{4}, .*[ap]\.m\.|.*noon|.*midnight", told[0][1])
    assert told[1]
    assert told[1][1] == "-"


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({"link_result": "working", "link_checked_at": Now()}, "ok"),
        ({"link_result": "unknown", "link_checked_at": Now()}, "ok"),
        ({"link_result": "failing", "link_checked_at": Now()}, "failing"),
        ({"link_checked_at": None}, "unseen"),
        ({"booking_mode": "internal"}, "none"),
    ],
)
def test_filter_by_link_finds_the_tenants(
    changes: dict[str, Any], state: str, ready: TenantRef, beta: TenantRef, admin: Client
) -> None:
    with enter_tenant(ready):
        BookingSettings.objects.update(**changes)

    found = {
        value: set(
            re.findall(r"/admin/tenants/tenant/(\d+)/change/", admin.get(LIST, {"link": value}).content.decode())
        )
        for value in ("ok", "failing", "unseen", "none")
    }

    assert {value for value, ids in found.items() if str(ready.id) in ids} == {state}
    assert str(beta.id) in found["none"]


def test_filter_by_tables_finds_what_is_behind_and_what_failed(
    alpha: TenantRef, beta: TenantRef, admin: Client
) -> None:
    Tenant.objects.filter(pk=alpha.id).update(schema_version="old")
    Tenant.objects.filter(pk=beta.id).update(schema_version="old", schema_failure="LockNotAvailable 55P03")

    found = {value: admin.get(LIST, {"tables": value}).content.decode() for value in ("current", "behind", "failed")}

    assert ["Alpha Studio" in page for page in found.values()] == [False, True, False]
    assert ["Beta Studio" in page for page in found.values()] == [False, False, True]


def test_tenant_with_a_broken_schema_is_shown_all_the_same(alpha: TenantRef, beta: TenantRef, admin: Client) -> None:
    Tenant.objects.filter(pk=beta.id).update(schema_name="t_nothingthere22")

    page = admin.get(LIST)

    assert page.status_code == 200
    assert "not readable" in page.content.decode()


def test_search_finds_by_name_and_subdomain(alpha: TenantRef, beta: TenantRef, admin: Client) -> None:
    for term in ("alpha", "Alpha Stu"):
        page = admin.get(LIST, {"q": term}).content.decode()
        assert "Alpha Studio" in page
        assert "Beta Studio" not in page


def test_steps_take_effect_at_once_and_are_logged(
    alpha: TenantRef, admin: Client, visitor: TenantClient, django_capture_on_commit_callbacks: Any
) -> None:
    def step(name: str) -> int:
        with django_capture_on_commit_callbacks(execute=True):
            assert admin.get(f"{LIST}{alpha.id}/{name}/").status_code == 200
            assert admin.post(f"{LIST}{alpha.id}/{name}/").status_code == 302
        return int(visitor.get("/").status_code)

    assert [step(name) for name in ("suspend", "resume", "close", "reopen", "resume")] == [503, 200, 404, 503, 200]

    said = list(LogEntry.objects.order_by("id").values_list("change_message", flat=True))
    assert said == ["suspended", "resumed", "closed", "reopened", "resumed"]


def test_step_from_another_state_is_refused_and_changes_nothing(alpha: TenantRef, admin: Client) -> None:
    page = admin.post(f"{LIST}{alpha.id}/resume/", follow=True)

    assert "not possible" in page.content.decode()
    assert Tenant.objects.get(pk=alpha.id).status == TenantStatus.ACTIVE
    assert not LogEntry.objects.exists()


def test_step_by_get_changes_nothing(alpha: TenantRef, admin: Client) -> None:
    admin.get(f"{LIST}{alpha.id}/close/")

    assert Tenant.objects.get(pk=alpha.id).status == TenantStatus.ACTIVE


@pytest.mark.parametrize("name", ["drop", "explode", "change "])
def test_step_that_is_none_is_not_found(name: str, alpha: TenantRef, admin: Client) -> None:
    assert admin.post(f"{LIST}{alpha.id}/{name}/").status_code in (301, 302, 404)
    assert Tenant.objects.get(pk=alpha.id).status == TenantStatus.ACTIVE


def test_new_tenant_is_made_and_its_owners_link_shown(admin: Client, django_capture_on_commit_callbacks: Any) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        page = admin.post("/admin/tenants/tenant/add/", NEW, follow=True).content.decode()

    assert "http://bright-nails.localhost:8000/set-password/" in page
    tenant = find_tenant_by_subdomain("bright-nails")
    assert tenant is not None
    assert TenantClient(tenant).get("/").status_code == 200


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"subdomain": "alpha"}, "This subdomain is taken"),
        ({"subdomain": "ALPHA"}, "lower-case letters"),
        ({"subdomain": "admin"}, "reserved"),
        ({"owner_email": "nobody"}, "valid email"),
        ({"name": ""}, "required"),
        ({"industry": "piracy"}, "valid choice"),
    ],
)
def test_unusable_field_is_said_beside_it(changes: dict[str, str], says: str, alpha: TenantRef, admin: Client) -> None:
    before = Tenant.objects.count()

    page = admin.post("/admin/tenants/tenant/add/", NEW | changes).content.decode()

    assert says in page
    assert Tenant.objects.count() == before


def test_last_admin_stays_one(admin: Client) -> None:
    me = User.objects.get(role=Role.ADMIN)

    admin.post(f"/admin/accounts/user/{me.pk}/change/", {"email": me.email, "role": "support"})
    admin.post(f"/admin/accounts/user/{me.pk}/change/", {"email": me.email, "role": "admin"})  # not active

    me.refresh_from_db()
    assert (me.role, me.is_active) == (Role.ADMIN, True)


def test_admin_makes_a_colleague_who_can_log_in(admin: Client) -> None:
    given = {"email": "New@Platform.example", "role": "support"} | dict.fromkeys(
        ("password1", "password2"), "a-long-walk-on-the-beach"
    )
    assert admin.post("/admin/accounts/user/add/", given).status_code == 302
    colleague = Client(headers={"host": django_settings.SAAS_DOMAIN})

    answer = colleague.post(
        "/admin/login/", {"username": "new@platform.example", "password": "a-long-walk-on-the-beach"}
    )

    assert answer.status_code == 302
    assert colleague.get(LIST).status_code == 200


def test_people_of_a_tenants_role_do_not_get_in(db: None) -> None:
    with public_scope():
        User.objects.create_user("odd@platform.example", Role.OWNER, "a-long-walk-on-the-beach")
    client = Client(headers={"host": django_settings.SAAS_DOMAIN})

    client.post("/admin/login/", {"username": "odd@platform.example", "password": "a-long-walk-on-the-beach"})

    assert client.get(LIST).status_code == 302


def test_sixth_wrong_password_waits(db: None, settings: Any) -> None:
    settings.RATES = settings.RATES | {"RATE_LOGIN": "5/30m"}
    with public_scope():
        ensure_platform_user(email="a@platform.example", role=Role.ADMIN, password="a-long-walk-on-the-beach")
    client = Client(headers={"host": django_settings.SAAS_DOMAIN})
    wrong = {"username": "a@platform.example", "password": "wrong"}

    pages = [client.post("/admin/login/", wrong).content.decode() for _ in range(6)]

    assert ["Too many failed attempts" in page for page in pages] == [False] * 5 + [True]
    client.post("/admin/login/", wrong | {"password": "a-long-walk-on-the-beach"})
    assert client.get(LIST).status_code == 302


def test_pages_are_kept_by_nobody_and_framed_by_nobody(admin: Client) -> None:
    answer = admin.get(LIST)

    assert "no-store" in answer["Cache-Control"]
    assert "frame-ancestors 'none'" in answer["Content-Security-Policy"]
