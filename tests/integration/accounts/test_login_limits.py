"""RATE_LOGIN: five failures in half an hour, counted in Redis, or here while Redis is away."""

import socket
import threading
import time
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings as django_settings
from redis import Redis

from shared_apps import ratelimits
from shared_apps.accounts.models import User
from shared_apps.ratelimits import RateLimitedError, check, hit, parse_rate
from shared_apps.tenants.scope import TenantRef, enter_tenant
from tests.clients import TenantClient
from tests.factories import UserFactory

PASSWORD = "correct-horse-battery"


@pytest.fixture(autouse=True)
def contract_rate(settings: Any) -> Iterator[None]:
    """The contract's default, and a limiter that has seen nothing."""
    settings.RATES = settings.RATES | {"RATE_LOGIN": "5/30m"}
    ratelimits._limiter.cache_clear()
    yield
    ratelimits._limiter.cache_clear()


@pytest.fixture
def user(alpha: TenantRef) -> User:
    """An owner of alpha whose address nobody has tried before."""
    with enter_tenant(alpha):
        return UserFactory.create(email=f"{uuid.uuid4().hex}@example.com", password=PASSWORD)


@pytest.fixture
def address() -> str:
    """An IP address nobody has come from before: failures are counted by it as well."""
    return f"2001:db8:{uuid.uuid4().hex[:4]}:{uuid.uuid4().hex[:4]}::1"


def _post(tenant: TenantRef, email: str, password: str, address: str, **headers: str) -> Any:
    client = TenantClient(tenant)
    return client.post("/login", {"email": email, "password": password}, REMOTE_ADDR=address, headers=headers)


def test_sixth_attempt_waits_even_with_the_right_password(alpha: TenantRef, user: User, address: str) -> None:
    failures = [_post(alpha, user.email, "wrong", address).status_code for _ in range(5)]
    assert failures == [401] * 5

    for password in ("wrong", PASSWORD):
        response = _post(alpha, user.email, password, address)

        assert response.status_code == 429
        assert 1700 < int(response["Retry-After"]) <= 1801
        assert "Too many failed attempts. Try again in 30 minutes." in response.content.decode()
        assert "sessionid" not in response.cookies


def test_answer_is_the_same_for_an_address_nobody_has(alpha: TenantRef, address: str) -> None:
    email = f"{uuid.uuid4().hex}@example.com"

    answers = [_post(alpha, email, "wrong", address).status_code for _ in range(6)]

    assert answers == [401] * 5 + [429]


def test_other_users_are_not_affected(alpha: TenantRef, user: User, address: str) -> None:
    with enter_tenant(alpha):
        other = UserFactory.create(email=f"{uuid.uuid4().hex}@example.com", password=PASSWORD)
    for _ in range(6):
        _post(alpha, user.email, "wrong", address)

    assert _post(alpha, other.email, PASSWORD, address).status_code == 302


def test_same_address_at_another_tenant_is_not_affected(
    alpha: TenantRef, beta: TenantRef, user: User, address: str
) -> None:
    with enter_tenant(beta):
        UserFactory.create(email=user.email, password=PASSWORD)
    for _ in range(6):
        _post(alpha, user.email, "wrong", address)

    assert _post(beta, user.email, PASSWORD, address).status_code == 302


@pytest.mark.parametrize("write", [str.upper, str.title, lambda email: f"  {email} "])
def test_spelling_of_the_address_does_not_open_another_count(
    write: Any, alpha: TenantRef, user: User, address: str
) -> None:
    for _ in range(5):
        _post(alpha, write(user.email), "wrong", address)

    assert _post(alpha, user.email, PASSWORD, address).status_code == 429


def test_coming_from_elsewhere_does_not_open_another_count(alpha: TenantRef, user: User) -> None:
    answers = [
        _post(
            alpha, user.email, "wrong", f"198.51.100.{number}", x_forwarded_for=f"203.0.113.{number}", forwarded="for=x"
        ).status_code
        for number in range(6)
    ]

    assert answers == [401] * 5 + [429]


def test_success_is_not_counted(alpha: TenantRef, user: User, address: str) -> None:
    answers = [_post(alpha, user.email, PASSWORD, address).status_code for _ in range(8)]

    assert answers == [302] * 8


def test_one_address_may_fail_for_ten_users_and_then_waits(
    alpha: TenantRef, beta: TenantRef, user: User, address: str, settings: Any
) -> None:
    settings.RATES = settings.RATES | {"RATE_LOGIN": "1/30m"}  # ten failures from one place
    emails = [f"{uuid.uuid4().hex}@example.com" for _ in range(11)]

    answers = [
        _post(alpha, email, "wrong", address, x_forwarded_for=f"203.0.113.{number}").status_code
        for number, email in enumerate(emails)
    ]

    assert answers == [401] * 10 + [429]
    assert _post(alpha, user.email, PASSWORD, address).status_code == 429
    assert _post(alpha, user.email, PASSWORD, "198.51.100.77").status_code == 302
    assert _post(beta, "owner@beta.example", "wrong", address).status_code == 401  # each tenant counts by itself


def test_login_that_lost_its_last_try_to_another_at_once_is_told_it_was_wrong(
    alpha: TenantRef, user: User, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared_apps.accounts.views.check", lambda *_key, **_options: None)  # both passed it before

    assert [_post(alpha, user.email, "wrong", address).status_code for _ in range(6)] == [401] * 6


@pytest.mark.parametrize(("seconds", "told"), [(1, "1 minute."), (60, "1 minute."), (61, "2 minutes.")])
def test_wait_is_never_told_too_short(
    seconds: int, told: str, alpha: TenantRef, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_key: str, **_options: int) -> None:
        raise RateLimitedError(seconds)

    monkeypatch.setattr("shared_apps.accounts.views.check", refuse)

    assert f"Try again in {told}" in _post(alpha, "ada@example.com", "wrong", address).content.decode()


def test_failed_logins_leave_the_way_to_a_new_password_open(alpha: TenantRef, user: User, address: str) -> None:
    failures = [_post(alpha, user.email, "wrong", address).status_code for _ in range(6)]
    assert failures == [401] * 5 + [429]

    asked = TenantClient(alpha).post("/forgot-password", {"email": user.email}, REMOTE_ADDR=address)

    assert asked.status_code == 200


def test_neighbours_in_one_ipv6_network_count_as_one(alpha: TenantRef, address: str, settings: Any) -> None:
    settings.RATES = settings.RATES | {"RATE_LOGIN": "1/30m"}
    network = address.removesuffix("1")

    answers = [
        _post(alpha, f"{uuid.uuid4().hex}@example.com", "wrong", f"{network}{number:x}").status_code
        for number in range(1, 12)
    ]

    assert answers == [401] * 10 + [429]


def test_api_and_pages_are_not_affected(alpha: TenantRef, user: User, address: str) -> None:
    for _ in range(6):
        _post(alpha, user.email, "wrong", address)
    client = TenantClient(alpha)

    assert client.get("/login", REMOTE_ADDR=address).status_code == 200
    assert client.get("/api/v1/booking", REMOTE_ADDR=address).status_code == 200


# ---- the limiter itself -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "amount", "seconds"),
    [("30/m", 30, 60), ("5/30m", 5, 1800), ("60/h", 60, 3600), ("6000/m", 6000, 60), ("1/d", 1, 86400), ("9/2s", 9, 2)],
)
def test_rate_is_read_as_the_contract_writes_it(text: str, amount: int, seconds: int) -> None:
    rate = parse_rate(text)

    assert (rate.amount, rate.get_expiry()) == (amount, seconds)


def test_limits_are_shared_by_the_processes_of_all_hosts() -> None:
    key = uuid.uuid4().hex
    for _ in range(5):
        hit("RATE_LOGIN", key)
    ratelimits._limiter.cache_clear()  # another process has another limiter, and the same Redis

    with pytest.raises(RateLimitedError) as caught:
        check("RATE_LOGIN", key)
    assert 1700 < caught.value.retry_after <= 1801


def test_asking_does_not_count() -> None:
    key = uuid.uuid4().hex

    for _ in range(20):
        check("RATE_LOGIN", key)
    for _ in range(5):
        hit("RATE_LOGIN", key)
    with pytest.raises(RateLimitedError):
        hit("RATE_LOGIN", key)


@pytest.fixture
def dead_redis(settings: Any) -> None:
    """Nobody listens at Redis's address."""
    settings.REDIS_URL = "redis://127.0.0.1:1/0"


@pytest.fixture
def hung_redis(settings: Any) -> Iterator[None]:
    """Somebody listens at Redis's address and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        held: list[socket.socket] = []

        def accept() -> None:
            while True:
                try:
                    held.append(server.accept()[0])
                except OSError:
                    return

        thread = threading.Thread(target=accept)
        thread.start()
        settings.REDIS_URL = f"redis://127.0.0.1:{server.getsockname()[1]}/0"
        yield
        server.shutdown(socket.SHUT_RDWR)
        thread.join(timeout=5)
        for connection in held:
            connection.close()


@pytest.mark.parametrize("outage", ["dead_redis", "hung_redis"])
def test_limit_holds_in_this_process_while_redis_is_away(outage: str, request: pytest.FixtureRequest) -> None:
    request.getfixturevalue(outage)
    key = uuid.uuid4().hex

    for _ in range(5):
        hit("RATE_LOGIN", key)
    with pytest.raises(RateLimitedError) as caught:
        hit("RATE_LOGIN", key)
    assert 1 <= caught.value.retry_after <= 1801
    hit("RATE_LOGIN", "another", key)


@pytest.mark.parametrize("outage", ["dead_redis", "hung_redis"])
def test_nobody_waits_long_for_a_redis_that_is_away(outage: str, request: pytest.FixtureRequest) -> None:
    request.getfixturevalue(outage)
    waits = []
    for _ in range(4):
        started = time.monotonic()
        hit("RATE_LOGIN", uuid.uuid4().hex)
        waits.append(time.monotonic() - started)

    assert waits[0] < 0.35  # a quarter of a second, once
    assert max(waits[1:]) < 0.05  # then Redis is left alone


def test_login_is_limited_and_quick_while_redis_hangs(
    hung_redis: None, alpha: TenantRef, user: User, address: str
) -> None:
    answers = [_post(alpha, user.email, "wrong", address).status_code for _ in range(6)]

    assert answers == [401] * 5 + [429]


def test_redis_is_asked_again_after_its_rest(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    key = uuid.uuid4().hex
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    limiter = ratelimits._limiter()
    hit("RATE_LOGIN", key)
    shared_hits: list[object] = []

    def count(uses: object, *, counts: bool) -> None:
        shared_hits.append(uses)

    monkeypatch.setattr(limiter._shared, "ask", count)

    hit("RATE_LOGIN", key)
    assert shared_hits == []  # resting
    monkeypatch.setattr(limiter, "_rest_until", time.monotonic() - 1)
    hit("RATE_LOGIN", key)

    assert len(shared_hits) == 1


# ---- a connection of each thread's own --------------------------------------------------------------------------


def _clients() -> Redis:
    return Redis.from_url(django_settings.REDIS_URL)


def test_connection_that_was_closed_meanwhile_is_opened_anew(caplog: pytest.LogCaptureFixture) -> None:
    """Redis was started again, or ended what lay idle: nobody is counted anywhere else for it."""
    key = uuid.uuid4().hex
    hit("RATE_LOGIN", key)
    own = ratelimits._limiter()._shared._own.connection
    own.send_command("CLIENT", "ID")
    assert _clients().client_kill_filter(_id=own.read_response()) == 1

    for _ in range(4):
        hit("RATE_LOGIN", key)

    ratelimits._limiter.cache_clear()  # all five were counted in Redis
    with pytest.raises(RateLimitedError):
        check("RATE_LOGIN", key)
    assert not [record for record in caplog.records if "Redis away" in record.getMessage()]


def test_script_that_redis_has_forgotten_is_sent_again() -> None:
    key = uuid.uuid4().hex
    for _ in range(5):
        _clients().script_flush()
        hit("RATE_LOGIN", key)

    with pytest.raises(RateLimitedError):
        hit("RATE_LOGIN", key)


def test_threads_share_the_count_and_no_connection() -> None:
    ratelimits._limiter()
    key, answers, connections = uuid.uuid4().hex, [], set()
    together = threading.Barrier(8)

    def use() -> None:
        together.wait()
        try:
            hit("RATE_LOGIN", key)
            answers.append("in")
        except RateLimitedError:
            answers.append("out")
        connections.add(ratelimits._limiter()._shared._own.connection)

    threads = [threading.Thread(target=use) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(answers) == ["in"] * 5 + ["out"] * 3
    assert len(connections) == 8


def test_fork_takes_no_connection_of_its_parents() -> None:
    hit("RATE_LOGIN", uuid.uuid4().hex)
    own = ratelimits._limiter()._shared._own
    before = own.connection
    before.pid += 1  # as a child sees it

    hit("RATE_LOGIN", uuid.uuid4().hex)

    assert own.connection is not before
