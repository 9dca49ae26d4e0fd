"""The platform's own page: in two languages, and its sign-up of interest, switched off unless asked for."""

from typing import Any

import pytest
from django.test import Client

from shared_apps.accounts.enums import Role
from shared_apps.interest.models import Interest
from shared_apps.platform.services import ensure_platform_user
from shared_apps.tenants.scope import public_scope

pytestmark = pytest.mark.django_db

GOOD = {"businessName": "Bright Nails", "email": "Ana@Bright-Nails.example"}
LIST = "/admin/interest/interest/"


@pytest.fixture
def client() -> Client:
    """A browser at the public host."""
    return Client(headers={"host": "localhost"})


@pytest.fixture
def switched_on(settings: Any) -> None:
    """The platform wants to hear of businesses."""
    settings.INTEREST_SIGNUP = True


def _kept() -> list[dict[str, Any]]:
    with public_scope():
        return [dict(row) for row in Interest.objects.order_by("id").values("email", "business_name", "language")]


@pytest.mark.parametrize(
    ("headers", "language", "title"),
    [
        ({}, "en", "Never lose the person who wanted a time"),
        ({"accept-language": "es-MX,es;q=0.9"}, "es", "No pierdas a quien quería un momento"),
    ],
)
def test_page_speaks_the_visitors_language(client: Client, headers: dict[str, str], language: str, title: str) -> None:
    page = client.get("/", headers=headers)

    assert f'<html lang="{language}">' in page.content.decode()
    assert title in page.content.decode()
    assert 'href="/?lang=es"' in page.content.decode()


def test_signup_is_off_unless_asked_for(client: Client) -> None:
    assert 'action="/interest"' not in client.get("/").content.decode()
    assert client.post("/interest", GOOD).status_code == 404
    assert _kept() == []


@pytest.mark.usefixtures("switched_on")
def test_signup_is_kept_once_and_the_page_says_thanks(client: Client) -> None:
    for name in ("Bright", "Bright Nails"):
        response = client.post("/interest", GOOD | {"businessName": name}, headers={"accept-language": "es"})
        assert (response.status_code, response["Location"]) == (303, "/?sent=1#interest")

    assert _kept() == [{"email": "ana@bright-nails.example", "business_name": "Bright Nails", "language": "es"}]
    assert "Thank you." in client.get("/?sent=1").content.decode()


@pytest.mark.usefixtures("switched_on")
@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"email": "nobody"}, "email"),
        ({"email": ""}, "email"),
        ({"email": "a@b.example\0"}, "email"),
        ({"email": "a@x.example,b@y.example"}, "email"),
        ({"businessName": " \u200b"}, "businessName"),
        ({"businessName": "x" * 121}, "businessName"),
        ({"businessName": "a\nb"}, "businessName"),
    ],
)
def test_bad_input_is_said_beside_its_field_and_kept_in_the_form(
    client: Client, given: dict[str, str], field: str
) -> None:
    response = client.post("/interest", GOOD | given)

    page = response.content.decode()
    assert response.status_code == 422
    assert f'id="error-{field}"' in page
    untouched = "businessName" if field == "email" else "email"
    assert f'value="{GOOD[untouched]}"' in page
    assert _kept() == []


@pytest.mark.usefixtures("switched_on")
def test_what_was_typed_is_escaped(client: Client) -> None:
    page = client.post("/interest", {"businessName": '"><script>x</script>', "email": "no"}).content.decode()

    assert "<script>x" not in page
    assert "&quot;&gt;&lt;script&gt;x" in page


@pytest.mark.usefixtures("switched_on")
def test_a_filled_trap_is_answered_and_not_kept(client: Client) -> None:
    assert client.post("/interest", GOOD | {"website": "https://spam.example"}).status_code == 303
    assert _kept() == []


@pytest.mark.usefixtures("switched_on")
@pytest.mark.parametrize(
    ("origin", "has_token", "status"),
    [
        ("http://localhost", True, 303),
        ("http://localhost", False, 403),
        ("https://evil.example", True, 403),
    ],
)
def test_a_form_of_another_site_is_refused(origin: str, has_token: bool, status: int) -> None:
    client = Client(enforce_csrf_checks=True, headers={"host": "localhost"})
    client.get("/")
    token = {"csrfmiddlewaretoken": client.cookies["csrftoken"].value} if has_token else {}

    assert client.post("/interest", GOOD | token, headers={"origin": origin}).status_code == status
    assert len(_kept()) == (1 if status == 303 else 0)


@pytest.mark.usefixtures("switched_on")
def test_signups_are_limited_by_address(client: Client, settings: Any) -> None:
    settings.RATES = settings.RATES | {"RATE_CAPTURE_PER_IP": "2/m"}
    answers = [client.post("/interest", GOOD, REMOTE_ADDR="203.0.113.77") for _ in range(3)]

    assert [answer.status_code for answer in answers] == [303, 303, 429]
    assert 0 < int(answers[2]["Retry-After"]) <= 60


@pytest.mark.usefixtures("switched_on")
@pytest.mark.parametrize(("role", "status"), [(Role.ADMIN, 200), (Role.SUPPORT, 403)])
def test_admins_alone_see_the_signups(client: Client, role: Role, status: int) -> None:
    client.post("/interest", GOOD)
    with public_scope():
        user = ensure_platform_user(email=f"{role}@platform.example", role=role, password=None)
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")

    page = client.get(LIST)

    assert page.status_code == status
    assert ("ana@bright-nails.example" in page.content.decode()) is (status == 200)
