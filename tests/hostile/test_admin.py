"""The platform's admin under bad input, as its own admin: no address of a list or a page is a 500."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from shared_apps.accounts.enums import Role
from shared_apps.accounts.models import User
from shared_apps.tenants.scope import public_scope
from tests.hostile.conftest import CSRF, Stage

LIST, PEOPLE = "/admin/tenants/tenant/", "/admin/accounts/user/"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture(scope="module")
def admin(stage: Stage, django_db_blocker: Any) -> Iterator[dict[str, str]]:
    """What an admin of the platform sends along."""
    client = Client(headers={"host": "localhost"})
    with django_db_blocker.unblock(), public_scope():
        user = User.objects.create_user("hostile@platform.example", Role.ADMIN, "platform-password")
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    yield {"Cookie": f"sessionid={client.cookies['sessionid'].value}; csrftoken={CSRF}", "X-CSRFToken": CSRF}
    with django_db_blocker.unblock(), public_scope():
        user.delete()


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("status__exact=active", 200), ("is_demo__exact=1", 200), ("q=alpha", 200), ("q=%00", 200), ("p=-1", 200),
        ("p=99999999999999999999", 200), ("p=abc", 200), ("o=99.99.-", 200), ("e=1", 200), ("all=", 200),
        ("status__exact=%00", 400), ("schema_name__regex=(", 400), ("schema_name__startswith=t", 400),
        ("created_at__year=99999999", 400), ("created_at__gte=x", 400), ("id__in=a", 400), ("name=Alpha", 400),
        ("domains__host__contains=x", 400), ("_connector=OR", 400), ("_popup=1&_to_field=schema_name", 400),
    ],
)  # fmt: skip
def test_t20_list_of_tenants_is_narrowed_by_its_filters_alone(
    query: str, status: int, stage: Stage, admin: dict[str, str]
) -> None:
    assert stage.ask("GET", f"{LIST}?{query}", host="localhost", headers=admin).status == status


@pytest.mark.parametrize(
    "query", ["role__exact=%00", "password__startswith=a", "email__contains=a", "last_login__year=1"]
)
def test_t20_list_of_people_is_narrowed_by_its_filters_alone(query: str, stage: Stage, admin: dict[str, str]) -> None:
    assert stage.ask("GET", f"{PEOPLE}?{query}", host="localhost", headers=admin).status == 400


@pytest.mark.parametrize("key", ["%00", "abc", "99999999999999999999", "_00", "_5F00", "-1", "..%2f", "1%27"])
@pytest.mark.parametrize("page", [f"{LIST}{{}}/change/", f"{LIST}{{}}/", f"{PEOPLE}{{}}/password/", "/admin/r/1/{}/"])
def test_page_of_nothing_is_none(page: str, key: str, stage: Stage, admin: dict[str, str]) -> None:
    assert stage.ask("GET", page.format(key), host="localhost", headers=admin).status in (302, 404)


@pytest.mark.parametrize(
    ("page", "body"),
    [
        (LIST + "add/", "name=%00&subdomain=%00&owner_email=%00&industry=%00"),
        (LIST, "action=%00&_selected_action=%00"),
        (LIST, "action=suspend&_selected_action=abc"),
        (PEOPLE + "add/", "email=a%00@b.example&role=admin&password1=a%00b&password2=a%00b"),
        ("/admin/login/", "username=%00&password=%00"),
        ("/admin/login/", "username=" + "a" * 60_000 + "&password=x"),
    ],
)
def test_form_of_nonsense_is_refused(page: str, body: str, stage: Stage, admin: dict[str, str]) -> None:
    sent = f"{body}&csrfmiddlewaretoken={CSRF}".encode()

    assert stage.ask("POST", page, host="localhost", headers=admin | FORM, body=sent).status in (200, 302, 400)
