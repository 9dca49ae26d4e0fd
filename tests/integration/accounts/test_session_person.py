"""Who a session is: read with it by one statement, and believed only where session and person agree."""

from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.core.exceptions import ImproperlyConfigured
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from shared_apps.accounts.enums import Role
from shared_apps.accounts.models import Session, User
from shared_apps.accounts.sessions import SessionStore
from shared_apps.tenants.scope import TenantRef, enter_tenant, public_scope, tenant_connection
from tests.clients import TenantClient

LIST = "/api/v1/handoffs"


def _is_in(client: TenantClient) -> bool:
    return client.get(LIST).status_code == 200


def _store(client: TenantClient) -> SessionStore:
    return SessionStore(client.cookies["sessionid"].value)


def test_person_is_the_row_that_the_table_has(ada: User, boss: TenantClient, alpha: TenantRef) -> None:
    with enter_tenant(alpha):
        store = _store(boss)
        user_id, person, row = store[SESSION_KEY], store.person, User.objects.get(pk=ada.pk)

    assert person is not None
    assert user_id == str(person.pk)
    assert {name: value for name, value in vars(person).items() if name != "_state"} == {
        name: value for name, value in vars(row).items() if name != "_state"
    }
    assert (person._state.db, person._state.adding) == (row._state.db, row._state.adding)
    assert row.last_login is not None  # a time of each kind was compared


def test_session_and_person_are_one_statement_that_names_its_schema(boss: TenantClient, alpha: TenantRef) -> None:
    boss.get("/dashboard")
    with CaptureQueriesContext(tenant_connection()) as captured:
        boss.get("/dashboard")

    [statement] = [query["sql"] for query in captured.captured_queries]
    assert f'FROM "{alpha.schema_name}"."accounts_session"' in statement
    assert f'JOIN "{alpha.schema_name}"."accounts_user"' in statement
    assert "public" not in statement


@pytest.mark.parametrize(
    "change",
    [
        {"is_active": False},
        {"password": "md5$other$0123456789abcdef0123456789abcdef"},
        {"password": "!unusable"},
    ],
)
def test_session_ends_with_what_it_was_given_for(
    change: dict[str, Any], ada: User, boss: TenantClient, alpha: TenantRef
) -> None:
    assert _is_in(boss)
    with enter_tenant(alpha):
        assert User.objects.filter(pk=ada.pk).update(**change) == 1

    refused = boss.get(LIST)

    assert refused.status_code == 401
    assert refused.wsgi_request.user.is_anonymous
    assert boss.get("/dashboard").status_code == 302


def test_session_whose_person_is_gone_is_nobodys(ada: User, boss: TenantClient, alpha: TenantRef) -> None:
    with enter_tenant(alpha):
        assert Session.objects.update(user=None) == 1
        assert User.objects.filter(pk=ada.pk)._raw_delete("default") == 1  # the session itself is still there

    assert not _is_in(boss)


def test_session_says_who_and_its_row_does_not(ada: User, boss: TenantClient, make_user: Any, alpha: TenantRef) -> None:
    """What is signed counts. The column is for lists, and for what is deleted with a person."""
    bob = make_user("bob@example.com", Role.STAFF)
    with enter_tenant(alpha):
        assert Session.objects.update(user=bob) == 1

    assert boss.get("/api/v1/me").json()["email"] == ada.email


@pytest.mark.parametrize(
    "held",
    [
        {SESSION_KEY: "999999"},
        {HASH_SESSION_KEY: None},
        {HASH_SESSION_KEY: ""},
        {HASH_SESSION_KEY: "0" * 64},
        {BACKEND_SESSION_KEY: "elsewhere.Backend"},
        {BACKEND_SESSION_KEY: None},
    ],
)
def test_session_that_says_otherwise_is_nobodys(
    held: dict[str, str | None], boss: TenantClient, alpha: TenantRef
) -> None:
    with enter_tenant(alpha):
        store = _store(boss)
        kept = dict(store.items()) | held
        data = store.encode({name: value for name, value in kept.items() if value is not None})
        assert Session.objects.update(session_data=data) == 1

    assert not _is_in(boss)


@pytest.mark.parametrize("data", ["", "x", "tampered", "a:b:c"])
def test_session_that_was_tampered_with_is_empty(data: str, boss: TenantClient, alpha: TenantRef) -> None:
    with enter_tenant(alpha):
        kept = Session.objects.get().session_data
        Session.objects.update(session_data=f"{kept[:-4]}AAAA" if data == "tampered" else data)

    assert not _is_in(boss)
    with enter_tenant(alpha):
        store = _store(boss)
        assert store.get(SESSION_KEY) is None


def test_session_made_with_an_earlier_secret_holds_and_is_sealed_anew(
    boss: TenantClient, settings: Any, alpha: TenantRef
) -> None:
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another-secret" * 4, [django_settings.SECRET_KEY]
    before = boss.cookies["sessionid"].value

    assert _is_in(boss)
    assert boss.cookies["sessionid"].value != before
    settings.SECRET_KEY_FALLBACKS = []
    assert _is_in(boss)


def test_session_made_with_a_forgotten_secret_is_nobodys(boss: TenantClient, settings: Any) -> None:
    settings.SECRET_KEY = "another-secret" * 4

    assert not _is_in(boss)


def test_session_that_is_over_is_not_read(boss: TenantClient, alpha: TenantRef) -> None:
    with enter_tenant(alpha):
        assert Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1)) == 1
        store = _store(boss)
        assert store.get(SESSION_KEY) is None
        assert (store.person, store.session_key) == (None, None)


def test_person_of_a_session_that_was_flushed_is_nobody(boss: TenantClient, alpha: TenantRef) -> None:
    page = boss.get("/dashboard")
    assert page.wsgi_request.user.is_authenticated

    boss.post("/logout")

    with enter_tenant(alpha):
        assert Session.objects.count() == 0
    assert not _is_in(boss)


def test_session_is_not_read_outside_of_every_schema(boss: TenantClient) -> None:
    connection = tenant_connection()
    before = connection.tenant
    connection.forget_schema()
    try:
        with pytest.raises(ImproperlyConfigured):
            _store(boss).get(SESSION_KEY)
    finally:
        connection.set_tenant(before)


@pytest.mark.django_db
def test_session_of_the_platform_is_read_in_public() -> None:
    with public_scope():
        admin = User.objects.create_user("admin@platform.example", Role.ADMIN, None)
        store = SessionStore()
        store[SESSION_KEY] = str(admin.pk)
        store.save()
        again = SessionStore(store.session_key)

        assert again[SESSION_KEY] == str(admin.pk)
        assert again.person == admin


def test_what_a_session_holds_is_the_readers_own(boss: TenantClient, alpha: TenantRef) -> None:
    """Its seal is checked once in a process, and nobody finds what another reader put into it."""
    with enter_tenant(alpha):
        first = _store(boss)
        first["note"] = ["mine"]
        second = _store(boss)

        assert SESSION_KEY in second
        assert "note" not in second
