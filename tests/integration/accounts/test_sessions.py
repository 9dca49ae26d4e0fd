"""One's own sessions: listed, ended one by one or all, and gone with the password, the access and the person."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import ProgrammingError
from django.utils import timezone

from shared_apps.accounts import selectors, tasks
from shared_apps.accounts.models import Session, User
from shared_apps.accounts.services import delete_expired_sessions
from shared_apps.accounts.sessions import describe_device
from shared_apps.accounts.tasks import clean_up_sessions, dispatch_session_cleanup
from shared_apps.tenants.scope import TenantRef, current_tenant, enter_tenant, public_scope
from tests.clients import TenantClient
from tests.integration.accounts.conftest import PASSWORD

Browse = Callable[..., TenantClient]
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.5 Mobile/15E148 Safari/604.1"
)
NEW = "a-long-walk-on-the-beach"


def _items(client: TenantClient) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = client.get("/api/v1/sessions").json()["items"]
    return items


def _is_in(client: TenantClient) -> bool:
    return client.get("/api/v1/handoffs").status_code == 200


def _age(tenant: TenantRef, **times: Any) -> None:
    with enter_tenant(tenant):
        assert Session.objects.update(**times) == 1


# ---- the list ---------------------------------------------------------------------------------------------------


def test_list_shows_ones_own_sessions_and_never_their_keys(ada: User, boss: TenantClient, browse: Browse) -> None:
    phone = browse(ada.email, user_agent=IPHONE)
    keys = {client.cookies["sessionid"].value for client in (boss, phone)}

    response = phone.get("/api/v1/sessions")

    first, second = response.json()["items"]
    assert set(first) == {"id", "createdAt", "lastSeenAt", "device", "current"}
    assert (first["device"], first["current"]) == ("Safari on iPhone", True)
    assert (second["device"], second["current"]) == ("Firefox on Linux", False)
    assert first["createdAt"].endswith("Z")
    assert not [key for key in keys if key in response.content.decode()]


def test_list_shows_no_more_than_its_most(
    ada: User, boss: TenantClient, browse: Browse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selectors, "MAX_SESSIONS_SHOWN", 2)
    for _ in range(2):
        browse(ada.email)

    assert len(_items(boss)) == 2


def test_list_holds_nobody_elses_and_no_expired_ones(
    ada: User, boss: TenantClient, browse: Browse, make_user: Any, alpha: TenantRef
) -> None:
    make_user("bob@example.com")
    browse("bob@example.com")
    old = browse(ada.email)
    with enter_tenant(alpha):
        session = Session.objects.filter(session_key=old.cookies["sessionid"].value)
        assert session.update(expire_date=timezone.now() - timedelta(seconds=1)) == 1

    assert [item["current"] for item in _items(boss)] == [True]
    assert not _is_in(old)


@pytest.mark.parametrize("others", [0, 3])
def test_list_makes_two_statements_however_many_there_are(
    others: int, ada: User, boss: TenantClient, browse: Browse, django_assert_num_queries: Any
) -> None:
    for _ in range(others):
        browse(ada.email)
    _items(boss)

    with django_assert_num_queries(2):  # session with its person, rows
        assert len(_items(boss)) == others + 1


@pytest.mark.parametrize(
    ("user_agent", "device"),
    [
        ("", "Unknown browser"),
        ("curl/8.7.1", "Unknown browser"),
        (IPHONE, "Safari on iPhone"),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/138.0.0.0 Safari/537.36",
         "Chrome on Windows"),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/138.0.0.0 Safari/537.36 Edg/138.0.0.0",
         "Edge on Windows"),
        ("Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 Chrome/138.0.0.0 Mobile Safari/537.36",
         "Chrome on Android"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/18.5 Safari/605.1.15",
         "Safari on macOS"),
        ("<script>alert(1)</script> Firefox/1", "Firefox"),
        ("x" * 10_000, "Unknown browser"),
    ],
)  # fmt: skip
def test_device_is_told_in_words_of_ours(user_agent: str, device: str) -> None:
    assert describe_device(user_agent) == device


# ---- when it was last used --------------------------------------------------------------------------------------


def test_last_seen_is_written_once_in_five_minutes(
    boss: TenantClient, alpha: TenantRef, django_assert_num_queries: Any
) -> None:
    boss.get("/api/v1/handoffs")
    with django_assert_num_queries(2):
        boss.get("/api/v1/handoffs")
    before = timezone.now()
    _age(alpha, last_seen_at=before - timedelta(minutes=6), created_at=before - timedelta(days=2))

    with django_assert_num_queries(3) as captured:
        boss.get("/api/v1/handoffs")
    with django_assert_num_queries(2):
        boss.get("/api/v1/handoffs")

    assert captured[1]["sql"].startswith('UPDATE "accounts_session" SET "last_seen_at"')
    with enter_tenant(alpha):
        session = Session.objects.get()
    assert session.last_seen_at >= before
    assert session.created_at == before - timedelta(days=2)


def test_saving_a_session_again_keeps_its_id_and_its_times(boss: TenantClient, alpha: TenantRef) -> None:
    with enter_tenant(alpha):
        before = Session.objects.get()
        session = boss.session
        session["more"] = "of it"
        session.save()
        after = Session.objects.get()

    assert after.session_data != before.session_data
    for name in ("public_id", "created_at", "last_seen_at", "device", "user_id"):
        assert getattr(after, name) == getattr(before, name)


def test_visitors_pages_leave_sessions_alone(boss: TenantClient, alpha: TenantRef) -> None:
    before = timezone.now() - timedelta(hours=1)
    _age(alpha, last_seen_at=before)

    assert boss.get("/book").status_code == 200

    with enter_tenant(alpha):
        assert Session.objects.get().last_seen_at == before


# ---- ending them ------------------------------------------------------------------------------------------------


def test_ending_one_ends_that_one(ada: User, boss: TenantClient, browse: Browse) -> None:
    lost, other = browse(ada.email, user_agent=IPHONE), browse(ada.email)
    [lost_id] = [item["id"] for item in _items(boss) if item["device"] == "Safari on iPhone"]

    assert boss.delete(f"/api/v1/sessions/{lost_id}").status_code == 204

    assert [_is_in(client) for client in (boss, lost, other)] == [True, False, True]
    assert boss.delete(f"/api/v1/sessions/{lost_id}").status_code == 404


def test_ending_this_one_logs_out(boss: TenantClient, alpha: TenantRef) -> None:
    [own] = _items(boss)

    assert boss.delete(f"/api/v1/sessions/{own['id']}").status_code == 204

    assert not _is_in(boss)
    with enter_tenant(alpha):
        assert Session.objects.count() == 0


def test_ending_all_others_keeps_this_one(ada: User, boss: TenantClient, browse: Browse, make_user: Any) -> None:
    make_user("bob@example.com")
    others, bob = [browse(ada.email), browse(ada.email)], browse("bob@example.com")

    assert boss.delete("/api/v1/sessions").status_code == 204

    assert [_is_in(client) for client in (boss, *others, bob)] == [True, False, False, True]


def test_sessions_of_a_colleague_are_unknown(boss: TenantClient, browse: Browse, make_user: Any) -> None:
    make_user("bob@example.com")
    bob = browse("bob@example.com")
    [of_bob] = _items(bob)

    assert boss.delete(f"/api/v1/sessions/{of_bob['id']}").status_code == 404
    assert _is_in(bob)


@pytest.mark.parametrize("of", ["key", "nonsense"])
def test_session_key_is_no_id(of: str, boss: TenantClient) -> None:
    name = boss.cookies["sessionid"].value if of == "key" else "x"

    assert boss.delete(f"/api/v1/sessions/{name}").status_code == 404
    assert _is_in(boss)


# ---- the password -----------------------------------------------------------------------------------------------


def _change(client: TenantClient, current: str = PASSWORD, new: str = NEW) -> Any:
    return client.post_json("/api/v1/me/password", {"currentPassword": current, "newPassword": new})


def test_change_of_password_ends_the_other_sessions_and_renews_this_one(
    ada: User, boss: TenantClient, browse: Browse, alpha: TenantRef
) -> None:
    thief = browse(ada.email)
    before = boss.cookies["sessionid"].value

    assert _change(boss).status_code == 204

    assert [_is_in(client) for client in (boss, thief)] == [True, False]
    assert boss.cookies["sessionid"].value != before
    with enter_tenant(alpha):
        assert [session.device for session in Session.objects.all()] == ["Firefox on Linux"]
    assert _is_in(browse(ada.email, NEW))
    assert TenantClient(alpha).post("/login", {"email": ada.email, "password": PASSWORD}).status_code == 401


def test_wrong_current_password_changes_nothing(ada: User, boss: TenantClient, browse: Browse) -> None:
    other = browse(ada.email)

    response = _change(boss, current="wrong")

    assert response.status_code == 422
    assert [(error["field"], error["code"]) for error in response.json()["errors"]] == [
        ("currentPassword", "wrong_password")
    ]
    assert "wrong" not in response.json()["detail"]
    assert [_is_in(client) for client in (boss, other)] == [True, True]
    assert _is_in(browse(ada.email))


def test_second_of_two_changes_at_once_is_told_that_its_password_is_old(
    ada: User, boss: TenantClient, alpha: TenantRef, monkeypatch: pytest.MonkeyPatch
) -> None:
    def change_first(new: str, user: User) -> None:
        User.objects.filter(pk=user.pk).update(password="the other one's")

    monkeypatch.setattr("shared_apps.accounts.services.validate_password", change_first)

    response = _change(boss)

    assert (response.status_code, response.json()["errors"][0]["code"]) == (422, "wrong_password")
    with enter_tenant(alpha):
        assert User.objects.get(pk=ada.pk).password == "the other one's"


@pytest.mark.parametrize("new", ["", "short", "password123", "ada@example.com"])
def test_weak_new_password_changes_nothing(new: str, ada: User, boss: TenantClient, browse: Browse) -> None:
    response = _change(boss, new=new)

    assert response.status_code == 422
    assert {error["field"] for error in response.json()["errors"]} == {"newPassword"}
    assert _is_in(boss)
    assert _is_in(browse(ada.email))


def test_guessing_the_current_password_is_limited(boss: TenantClient, settings: Any) -> None:
    settings.RATES = settings.RATES | {"RATE_LOGIN": "3/30m"}

    answers = [_change(boss, current=f"guess {number}").status_code for number in range(4)]

    assert answers == [422, 422, 422, 429]
    assert _change(boss).status_code == 429
    assert _is_in(boss)


def test_guesses_of_one_keep_nobody_else_from_changing_theirs(
    boss: TenantClient, browse: Browse, make_user: Any, settings: Any
) -> None:
    make_user("bob@example.com")
    bob = browse("bob@example.com")
    settings.RATES = settings.RATES | {"RATE_LOGIN": "1/30m"}

    assert [_change(boss, current="a guess").status_code for _ in range(2)] == [422, 429]

    assert _change(bob).status_code == 204


# ---- cleaning up ------------------------------------------------------------------------------------------------


def _add(count: int, *, days: int) -> None:
    expires = timezone.now() + timedelta(days=days)
    Session.objects.bulk_create(
        Session(session_key=f"{days}-{number}", session_data="", expire_date=expires) for number in range(count)
    )


def test_cleanup_deletes_the_expired_ones_in_batches(alpha: TenantRef, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared_apps.accounts.services._CLEANUP_BATCH", 10)
    with enter_tenant(alpha):
        _add(25, days=-1)
        _add(3, days=1)

        assert delete_expired_sessions() == 25
        assert Session.objects.count() == 3
        assert delete_expired_sessions() == 0


def test_cleanup_goes_through_the_tenants_and_past_one_that_is_gone(
    alpha: TenantRef, beta: TenantRef, monkeypatch: pytest.MonkeyPatch
) -> None:
    chunks: list[list[str]] = []
    monkeypatch.setattr(clean_up_sessions, "delay", chunks.append)
    for tenant in (alpha, beta):
        with enter_tenant(tenant):
            _add(2, days=-1)
    with public_scope():
        _add(1, days=-1)

    assert dispatch_session_cleanup() == 1
    assert chunks == [[alpha.schema_name, beta.schema_name]]
    assert clean_up_sessions([alpha.schema_name, "t_gone00000000", beta.schema_name]) == 4

    for tenant in (alpha, beta):
        with enter_tenant(tenant):
            assert Session.objects.count() == 0
    with public_scope():
        assert Session.objects.count() == 0


def test_cleanup_goes_past_one_that_fails(alpha: TenantRef, beta: TenantRef, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail_at_alpha() -> int:
        if current_tenant() == alpha:
            raise ProgrammingError
        return delete_expired_sessions()

    monkeypatch.setattr(tasks, "delete_expired_sessions", fail_at_alpha)
    with enter_tenant(beta):
        _add(2, days=-1)

    assert clean_up_sessions([alpha.schema_name, beta.schema_name]) == 2
