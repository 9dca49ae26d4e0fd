"""What is in which schema, and how files are named, by walking all of it."""

import configparser
import re
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.db.models import ForeignKey, Model

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("shared_apps", "tenant_apps", "saas", "worker")
IN_BOTH = {"shared_apps.accounts"}
# Django's own names, which stand beside the house's.
NOT_LAYERS = {"__init__", "apps", "migrations"}
MAX_LINES = 400

MODELS = apps.get_models(include_auto_created=True)
FILES = [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]
APP_FOLDERS = [
    path.parent for folder in ("shared_apps", "tenant_apps") for path in sorted((ROOT / folder).glob("*/__init__.py"))
]


def _lists_of(model: type[Model]) -> list[str]:
    name = apps.get_app_config(model._meta.app_label).name
    return [label for label, apps_in in _LISTS.items() if name in apps_in]


_CONFIG = ".apps.SimpleAdminConfig"  # an app may stand in a list by its configuration's name
_LISTS = {
    "shared": [app.removesuffix(_CONFIG) for app in settings.SHARED_APPS],
    "tenant": settings.TENANT_APPS,
}


def _layers() -> set[str]:
    """Return the house's layer names, as the import contract lists them."""
    config = configparser.ConfigParser()
    config.read(ROOT / ".importlinter")
    return set(re.findall(r"\((\w+)\)", config["importlinter:contract:layers"]["layers"]))


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_model_lives_in_one_schema_or_is_of_the_app_that_lives_in_both(model: type[Model]) -> None:
    in_both = apps.get_app_config(model._meta.app_label).name in IN_BOTH

    assert len(_lists_of(model)) == (2 if in_both else 1)


def test_apps_in_both_lists_are_exactly_these() -> None:
    assert set(settings.SHARED_APPS) & set(settings.TENANT_APPS) == IN_BOTH


def test_apps_without_a_list_have_no_models() -> None:
    listed = {*_LISTS["shared"], *_LISTS["tenant"]}

    assert [model for model in MODELS if apps.get_app_config(model._meta.app_label).name not in listed] == []


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_no_foreign_key_crosses_from_one_schema_to_the_other(model: type[Model]) -> None:
    crossing = [
        field.name
        for field in model._meta.get_fields()
        if isinstance(field, ForeignKey) and not set(_lists_of(model)) <= set(_lists_of(field.related_model))
    ]

    assert crossing == []


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_tenants_models_ask_for_no_index_by_the_way(model: type[Model]) -> None:
    """Each index is paid for once per tenant: it is named in Meta, where it is seen."""
    if "tenant" not in _lists_of(model) or not model.__module__.startswith(PACKAGES):
        return

    hidden = [
        field.name
        for field in model._meta.local_fields
        if not field.primary_key and (getattr(field, "db_index", False) or field.unique)
    ]

    assert hidden == []


def test_layers_are_read_from_the_contract() -> None:
    assert {"urls", "services", "selectors", "models", "enums"} <= _layers()


@pytest.mark.parametrize("folder", APP_FOLDERS, ids=lambda folder: f"{folder.parent.name}.{folder.name}")
def test_every_file_of_an_app_has_a_layers_name(folder: Path) -> None:
    names = {path.stem for path in folder.glob("*.py")} | {
        path.name for path in folder.iterdir() if path.is_dir() and any(path.rglob("*.py"))
    }

    assert names - _layers() - NOT_LAYERS == set()


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_file_stays_under_four_hundred_lines(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) < MAX_LINES
