"""Which language a visitor reads, and that every text of ours is there in it."""

import re
from typing import Any

import pytest

from saas.catalogs import (
    catalog_path,
    collect_messages,
    compile_catalog,
    list_untranslated,
    read_catalog,
)
from shared_apps.tenants.scope import TenantRef, enter_tenant
from tenant_apps.business.services import update_profile
from tests.clients import TenantClient

_PLACEHOLDER = re.compile(r"%\(\w+\)s|\{\w+\}")


@pytest.mark.parametrize(
    ("headers", "language"),
    [
        ({}, "en"),
        ({"accept-language": "es"}, "es"),
        ({"accept-language": "es-MX,es;q=0.9,en;q=0.8"}, "es"),
        ({"accept-language": "en-GB,es;q=0.5"}, "en"),
        ({"accept-language": "de-DE,es;q=0.5,en;q=0.3"}, "es"),
        ({"accept-language": "de"}, "en"),
        ({"accept-language": "*"}, "en"),
        ({"accept-language": ";;;q=,,=" * 50}, "en"),
    ],
)
@pytest.mark.parametrize("path", ["/", "/book", "/login", "/nothing-here"])
def test_browsers_language(
    path: str, headers: dict[str, str], language: str, ready: TenantRef, visitor: TenantClient
) -> None:
    response = visitor.get(path, headers=headers)
    assert f'<html lang="{language}"' in response.content.decode()
    assert response["Content-Language"] == language
    assert "Accept-Language" in response["Vary"]


def test_tenants_language_where_the_browser_says_nothing_of_ours(
    ready: TenantRef, visitor: TenantClient, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True), enter_tenant(ready):
        update_profile(tenant=ready, changes={"language": "es"})
    assert visitor.get("/")["Content-Language"] == "es"
    assert visitor.get("/", headers={"accept-language": "de"})["Content-Language"] == "es"
    assert visitor.get("/", headers={"accept-language": "en"})["Content-Language"] == "en"


def test_switch_is_remembered(ready: TenantRef, visitor: TenantClient) -> None:
    assert visitor.get("/?lang=es")["Content-Language"] == "es"
    assert visitor.get("/", headers={"accept-language": "en"})["Content-Language"] == "es"
    assert visitor.get("/?lang=xx")["Content-Language"] == "es"


def test_errors_beside_the_fields_are_translated(ready: TenantRef, visitor: TenantClient) -> None:
    page = visitor.post("/book", {"customerPhone": "12"}, headers={"accept-language": "es"}).content.decode()
    assert "Escribe tu nombre" in page
    assert "Please" not in page
    answer = visitor.post_json("/api/v1/handoffs", {"customerPhone": "12"}, accept_language="es").json()
    assert not [error for error in answer["errors"] if "lease" in error["message"]]


@pytest.mark.parametrize("language", ["en", "es"])
def test_no_text_speaks_of_a_settled_appointment(language: str) -> None:
    claims = re.compile(r"\b(booked|confirmed|reserved|reservad[oa]s?|confirmad[oa]s?|agendad[oa]s?)\b", re.IGNORECASE)
    texts = [message.id if language == "en" else message.string for message in read_catalog() if message.id]
    assert [text for text in map(str, texts) if claims.search(text)] == []


def test_catalog_holds_every_message_and_all_are_translated() -> None:
    catalog = read_catalog()
    found = {message.id for message in collect_messages() if message.id}
    assert {message.id for message in catalog if message.id} == found  # else: manage.py update_catalogs
    assert list_untranslated(catalog) == []
    assert len(found) > 250


def test_compiled_catalog_is_that_of_its_source() -> None:
    assert catalog_path("mo").read_bytes() == compile_catalog(read_catalog())


def test_translations_keep_the_placeholders() -> None:
    for message in read_catalog():
        wanted = set(_PLACEHOLDER.findall(str(message.id)))
        assert set(_PLACEHOLDER.findall(str(message.string))) == wanted, message.id
