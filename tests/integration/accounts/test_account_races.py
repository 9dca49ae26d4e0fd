"""Two at the same moment, in real threads on committed rows: the team keeps an owner, a link is spent once."""

from collections.abc import Callable, Iterable
from functools import partial

import pytest
from django.contrib.auth.hashers import check_password
from django.db import close_old_connections

from shared_apps.accounts.enums import Role
from shared_apps.accounts.models import User
from shared_apps.accounts.tokens import make_set_password_token
from shared_apps.tenants.scope import TenantRef, enter_tenant
from tests.clients import TenantClient
from tests.factories import UserFactory
from tests.threads import at_once

PASSWORD = "correct-horse-battery"
OWNERS = 4

Change = Callable[[TenantClient, int], int]


def _demote(client: TenantClient, key: int) -> int:
    return client.patch(f"/api/v1/team/{key}", {"role": "staff"}, content_type="application/json").status_code


def _deactivate(client: TenantClient, key: int) -> int:
    return client.patch(f"/api/v1/team/{key}", {"active": False}, content_type="application/json").status_code


def _remove(client: TenantClient, key: int) -> int:
    return client.delete(f"/api/v1/team/{key}").status_code


def _persist(ask: Callable[[], int]) -> int:
    """Ask again after a 503, which changed nothing: a connection or a lock took too long on a busy machine.

    The limit that ended a wait closed its connection. A server lets go of it before the next request; Django's test
    client does not, and every further answer would be a 503.
    """
    for _ in range(5):
        status = ask()
        if status != 503:
            break
        close_old_connections()
    return status


def _race(asks: Iterable[Callable[[], int]]) -> list[int]:
    """Ask all at once; returns the answers' statuses."""
    return at_once([partial(_persist, ask) for ask in asks])


@pytest.fixture
def owners(committed_tenant: TenantRef) -> list[TenantClient]:
    """Four owners who can log in, each logged in, and nobody else."""
    clients = []
    with enter_tenant(committed_tenant):
        User.objects.all().delete()
        for number in range(OWNERS):
            client = TenantClient(committed_tenant)
            client.user = UserFactory.create(email=f"owner{number}@example.com", password=PASSWORD)
            client.force_login(client.user, backend="django.contrib.auth.backends.ModelBackend")
            clients.append(client)
    return clients


@pytest.mark.parametrize("attempt", range(4))
@pytest.mark.parametrize("changes", [[_demote], [_deactivate], [_remove], [_demote, _deactivate, _remove]])
@pytest.mark.parametrize("shift", [0, 1], ids=["oneself", "one another"])
def test_owners_who_all_go_at_once_leave_one(
    shift: int, changes: list[Change], attempt: int, owners: list[TenantClient], committed_tenant: TenantRef
) -> None:
    def job(number: int) -> Callable[[], int]:
        target = owners[(number + shift) % OWNERS].user.pk
        return lambda: changes[number % len(changes)](owners[number], target)

    answers = _race(job(number) for number in range(OWNERS))

    # Of those who demote one another, one may be no owner any more when it is their turn.
    assert set(answers) <= {200, 204, 409} | ({401, 403} if shift else set())
    with enter_tenant(committed_tenant):
        left = User.objects.filter(role=Role.OWNER, is_active=True)
        assert left.count() >= 1
        if not shift:
            assert left.count() == 1
            assert max(answers) == 409


def test_one_address_invited_at_once_is_one_person(owners: list[TenantClient], committed_tenant: TenantRef) -> None:
    def invite(client: TenantClient) -> Callable[[], int]:
        return lambda: client.post_json("/api/v1/team", {"email": "new@example.com", "role": "staff"}).status_code

    assert sorted(_race(invite(client) for client in owners)) == [201, 422, 422, 422]
    with enter_tenant(committed_tenant):
        assert User.objects.filter(email="new@example.com").count() == 1


def test_link_spent_at_once_sets_one_password(owners: list[TenantClient], committed_tenant: TenantRef) -> None:
    with enter_tenant(committed_tenant):
        user = UserFactory.create(email="invited@example.com")
        token = make_set_password_token(user)
    words = [f"a-long-walk-number-{number}" for number in range(4)]

    def spend(password: str) -> Callable[[], int]:
        return lambda: TenantClient(committed_tenant).post(f"/set-password/{token}", {"password": password}).status_code

    answers = _race(spend(password) for password in words)

    assert sorted(answers) == [302, 400, 400, 400]
    with enter_tenant(committed_tenant):
        stored = User.objects.get(pk=user.pk).password
    assert check_password(words[answers.index(302)], stored)


def test_invitation_renewed_while_its_link_is_spent_leaves_one_of_both(
    owners: list[TenantClient], committed_tenant: TenantRef
) -> None:
    """Either the password counts, or the old link is dead; never a password that the new link's mail overwrites."""
    with enter_tenant(committed_tenant):
        user = UserFactory.create(email="invited@example.com")
        token = make_set_password_token(user)
    words = "a-long-walk-on-the-beach"

    renewed, spent = _race(
        [
            lambda: owners[0].post(f"/api/v1/team/{user.pk}/invitation").status_code,
            lambda: TenantClient(committed_tenant).post(f"/set-password/{token}", {"password": words}).status_code,
        ]
    )

    with enter_tenant(committed_tenant):
        is_set = User.objects.get(pk=user.pk).check_password(words)
    assert (renewed, spent, is_set) in [(409, 302, True), (204, 400, False)]
