"""People of alpha with passwords, and browsers that log in by the page."""

from collections.abc import Callable
from typing import Any

import pytest

from shared_apps.accounts.enums import Role, Scope
from shared_apps.accounts.models import User
from shared_apps.accounts.services import create_api_key
from shared_apps.tenants.scope import TenantRef, enter_tenant
from tests.clients import TenantClient
from tests.factories import UserFactory

PASSWORD = "correct-horse-battery"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture(autouse=True)
def quick_hashes(settings: Any) -> None:
    """Argon2 is slow on purpose; what is tried here is what stands around it."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def make_user(alpha: TenantRef) -> Callable[..., User]:
    """Return a function that adds a person with a password to alpha: `make_user("bob@example.com", Role.STAFF)`."""

    def make(email: str, role: Role = Role.OWNER, password: str | None = PASSWORD) -> User:
        with enter_tenant(alpha):
            return UserFactory.create(email=email, role=role, password=password)

    return make


@pytest.fixture
def browse(alpha: TenantRef) -> Callable[..., TenantClient]:
    """Return a function that gives a browser in which `email` has logged in by the page."""

    def make(email: str, password: str = PASSWORD, user_agent: str = FIREFOX) -> TenantClient:
        client = TenantClient(alpha)
        response = client.post("/login", {"email": email, "password": password}, headers={"user-agent": user_agent})
        assert response.status_code == 302
        return client

    return make


@pytest.fixture
def ada(make_user: Callable[..., User]) -> User:
    """An owner of alpha."""
    return make_user("ada@example.com")


@pytest.fixture
def boss(ada: User, browse: Callable[..., TenantClient]) -> TenantClient:
    """Ada, logged in."""
    client = browse(ada.email)
    client.user = ada
    return client


@pytest.fixture
def make_key(alpha: TenantRef) -> Callable[..., str]:
    """Return a function that makes a key of alpha's, and returns the key."""

    def make(scope: Scope = Scope.READ, name: str = "Website") -> str:
        with enter_tenant(alpha):
            return create_api_key(name=name, scope=scope)[1]

    return make
