"""The documents name only what exists, and the report names all that it must.

What stands in backticks in the documents is read by these rules; what is not there yet is written without backticks:

- `make x`, with variables before it, and `python manage.py x --option`: target, command, option and variable exist;
- `/path` or `METHOD /path`, `<id>` or `{id}` for a variable part: in a URL map, or an operation in the API's document;
- `app.0001_name`: a migration; `Model.member`: a field, an index or a constraint of that model;
- `package.module.name` or `package.module:name`, and `test_name`: there is such a definition;
- a file name or a path: it is in the checkout, or made by the demo or the build; `*` stands for anything;
- "index" or "constraint" before the backticks: a model declares it;
- any other name with an underscore, a hyphen or a capital inside: it stands in the code as a word.

Everything else in backticks (values, SQL, status numbers) is left alone. Commands in fenced blocks are read too.
"""

import json
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import get_commands, load_command_class
from django.core.management.base import BaseCommand
from django.db.models import Model
from django.urls import get_resolver

from saas.api import api
from saas.embedded.paths import DataPaths
from tests.routes import walk_routes

ROOT = Path(__file__).resolve().parents[2]
REPORT = ROOT / "reports" / "EXTERNAL_BOOKING_HANDOFF_QA.md"
DOCUMENTS = [
    REPORT,
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted((ROOT / "docs" / "adr").glob("*.md")),
]

_CODE = ("saas", "shared_apps", "tenant_apps", "worker", "frontend/src", "frontend/templates")
_CODE_SUFFIXES = {".py", ".toml", ".ts", ".css", ".html"}
_CONFIGURATION = (
    "pyproject.toml", "Makefile", "compose.yaml", "Dockerfile", "docs/deployment/Caddyfile", "frontend/package.json",
    "frontend/vite.config.ts", ".importlinter",
)  # fmt: skip
_MADE_LATER = (".venv", "frontend/dist", "frontend/node_modules")
_SUFFIXES = ("py", "md", "toml", "ts", "css", "html", "yaml", "json", "txt", "png", "svg")
_METHODS = "GET|HEAD|POST|PUT|PATCH|DELETE"


# ---- what exists ------------------------------------------------------------------------------------------------


@cache
def list_models() -> dict[str, type[Model]]:
    """Return the project's own models by their class names."""
    own = ("shared_apps.", "tenant_apps.")
    return {model.__name__: model for model in apps.get_models() if model.__module__.startswith(own)}


@cache
def list_members(model: type[Model]) -> frozenset[str]:
    """Return the names of a model's fields, indexes and constraints."""
    return frozenset(field.name for field in model._meta.concrete_fields) | list_declared(model)


def list_declared(model: type[Model]) -> frozenset[str]:
    """Return the names of a model's indexes and constraints."""
    return frozenset(item.name for item in (*model._meta.indexes, *model._meta.constraints))


@cache
def list_make_targets() -> frozenset[str]:
    """Return the Makefile's targets."""
    found = re.findall(r"^([a-z0-9][a-z0-9-]*):(?!=)", (ROOT / "Makefile").read_text(), re.MULTILINE)
    return frozenset(found)


@cache
def list_variables() -> frozenset[str]:
    """Return the environment variables that settings, the embedded services, compose.yaml or the Makefile read."""
    reading = [(ROOT / "saas" / "settings.py", r'(?:env\.\w+|_required)\("([A-Z_]+)"')]
    reading += [
        (path, r'environ(?:\.get\(|\[)"([A-Z_]+)"') for path in sorted((ROOT / "saas" / "embedded").glob("*.py"))
    ]
    reading += [(ROOT / "compose.yaml", r"\$\{([A-Z_]+)"), (ROOT / "Makefile", r"^([A-Z_]+) \?=")]
    found = [name for path, pattern in reading for name in re.findall(pattern, path.read_text(), re.MULTILINE)]
    return frozenset(found) | frozenset(settings.RATES)


def _shape(path: str) -> str:
    """Return a path with every variable part written alike, and without its query."""
    return re.sub(r"<[^<>]*>|\{[^{}]*\}", "<>", path.partition("?")[0])


@cache
def list_operations() -> frozenset[tuple[str, str]]:
    """Return (method, shape) of every operation of the API, and of the API's own description."""
    paths: dict[str, dict[str, object]] = api.get_openapi_schema()["paths"]
    described = {(method.upper(), _shape(path)) for path, methods in paths.items() for method in methods}
    return frozenset(described | {("GET", "/api/v1/openapi.json"), ("GET", "/api/v1/docs")})


@cache
def list_shapes() -> frozenset[str]:
    """Return the shape of every path that one of the two URL maps or the API knows."""
    maps = (settings.ROOT_URLCONF, settings.PUBLIC_URLCONF)
    pages = {_shape(path) for urlconf in maps for path in walk_routes(get_resolver(urlconf), "/")}
    pages = {shape for shape in pages if not shape.startswith("/api/")}  # the API's are in its document
    pages = {shape for shape in pages if not shape.startswith("/admin/") or shape == "/admin/"}  # most are Django's
    return frozenset(pages | {shape for _, shape in list_operations()} | {settings.STATIC_URL})


@cache
def list_api_names() -> frozenset[str]:
    """Return the names of all fields in the API's JSON."""
    schemas: dict[str, dict[str, dict[str, object]]] = api.get_openapi_schema()["components"]["schemas"]
    return frozenset(name for schema in schemas.values() for name in schema.get("properties", {}))


@cache
def load_command(name: str) -> BaseCommand:
    """Return a management command. Raises KeyError when there is none."""
    return load_command_class(get_commands()[name], name)


@cache
def read_code() -> str:
    """Return all code and configuration as one text; tests and documents are not part of it."""
    files = [ROOT / name for name in _CONFIGURATION]
    for folder in _CODE:
        files += [path for path in sorted((ROOT / folder).rglob("*")) if path.suffix in _CODE_SUFFIXES]
    return "\n".join(path.read_text(encoding="utf-8") for path in files)


@cache
def read_tests() -> str:
    """Return all tests but this file, which holds made-up names."""
    files = [path for folder in ("tests", "e2e") for path in sorted((ROOT / folder).rglob("*.py"))]
    return "\n".join(path.read_text(encoding="utf-8") for path in files if path != Path(__file__).resolve())


@cache
def list_state_files() -> frozenset[str]:
    """Return what may lie in the data folder, as the embedded services name it, written below `.data`."""
    paths = DataPaths(Path(".data"))
    names = [name for name, value in vars(DataPaths).items() if isinstance(value, property)]
    return frozenset({".data", *(str(getattr(paths, name)) for name in names)})


# ---- the rules: each returns what is wrong, or None -------------------------------------------------------------


def check_make(token: str) -> str | None:
    unknown = [name for name in re.findall(r"([A-Z_]+)=", token) if name not in list_variables()]
    words = [word for word in token.partition("make")[2].split() if "=" not in word and not word.startswith("-")]
    unknown += [word for word in words if word not in list_make_targets()]
    return f"make: {', '.join(unknown)}" if unknown else None


def check_manage(token: str) -> str | None:
    words = token.split("manage.py", 1)[1].split()
    if not words or words[0] in ("…", "..."):
        return None
    try:
        command = load_command(words[0])
    except KeyError:
        return f"management command {words[0]}"
    known = command.create_parser("manage.py", words[0])._option_string_actions
    unknown = [name for name in re.findall(r"--[a-z][a-z-]*", " ".join(words[1:])) if name not in known]
    return f"option of {words[0]}: {', '.join(unknown)}" if unknown else None


def check_route(token: str) -> str | None:
    method, _, path = token.rpartition(" ")
    shape = _shape(path)
    if shape not in list_shapes():
        return f"route {path}"
    if method and shape.startswith("/api/") and (method, shape) not in list_operations():
        return f"operation {token}"
    return None


def check_migration(token: str) -> str | None:
    label, _, name = token.partition(".")
    folders = [Path(config.path) for config in apps.get_app_configs() if config.label == label]
    exists = any((folder / "migrations" / f"{name}.py").is_file() for folder in folders)
    return None if exists else f"migration {token}"


def check_member(token: str) -> str | None:
    name, _, member = token.partition(".")
    model = list_models().get(name)
    if model is None:
        return f"model {name}"
    return None if member in list_members(model) else f"field {token}"


def check_definition(token: str) -> str | None:
    parts = re.split(r"[.:]", token)
    for count in range(len(parts), 0, -1):
        place = ROOT.joinpath(*parts[:count])
        if place.with_suffix(".py").is_file() or (place.is_dir() and count == len(parts)):
            rest = parts[count:]
            text = place.with_suffix(".py").read_text(encoding="utf-8") if rest else ""
            missing = [name for name in rest if not re.search(rf"\b(?:def|class) {name}\b|\b{name}\b.* = ", text)]
            return f"definition {token}" if missing else None
    return f"module {token}"


def check_test(token: str) -> str | None:
    return None if re.search(rf"\bdef {token}\(", read_tests()) else f"test {token}"


def check_path(token: str) -> str | None:
    path = token.rstrip("/")
    if path.startswith(_MADE_LATER) or path in list_state_files():
        return None
    if "*" in path:
        return None if any(ROOT.glob(path)) else f"path {token}"
    is_there = (ROOT / path).is_dir() if token.endswith("/") else (ROOT / path).exists()
    return None if is_there else f"path {token}"


def check_word(token: str) -> str | None:
    name = token.removesuffix("()")
    exists = re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", read_code())
    return None if exists or name in list_variables() | list_api_names() else f"name {token}"


def check_declared(token: str) -> str | None:
    exists = any(token in list_declared(model) for model in list_models().values())
    return None if exists else f"index or constraint {token}"


_PACKAGES = "saas|shared_apps|tenant_apps|worker|tests|e2e"
RULES: list[tuple[str, Callable[[str], str | None]]] = [
    (r"(?:[A-Z_]+=\S* )*make(?: .*)?", check_make),
    (r"(?:.* )?\S*manage\.py(?: .*)?", check_manage),
    (rf"(?:(?:{_METHODS}) )?/\S*", check_route),
    (r"[a-z_]+\.\d{4}_\w+", check_migration),
    (rf"(?:{_PACKAGES})(?:\.\w+)+(?::\w+)?", check_definition),
    (r"test_\w+", check_test),
    (rf"[\w.*/-]*[\w*-]\.(?:{'|'.join(_SUFFIXES)})", check_path),
    (r"[A-Z][a-zA-Z]+\.[a-z_]+", check_member),
    (r"(?!\d+/|application/|text/|https?:)\.?[\w.*-]+/[\w.*/-]*|\.[a-z]+", check_path),
    (r"[A-Za-z][\w.-]*(?:[_-][\w.-]+|[a-z][A-Z]\w*)(?:\(\))?", check_word),
]


def find_wrong_claims(text: str) -> list[str]:
    """Return what the backticks and commands of a document name that does not exist, in the order of the text."""
    blocks = re.findall(r"^```\w*\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    lines = [line.partition(" #")[0].strip() for block in blocks for line in block.splitlines()]
    commands = [line for line in lines if re.fullmatch(f"{RULES[0][0]}|{RULES[1][0]}", line)]
    prose = re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
    prose = re.sub(r"(?<!\n)\n(?!\n)", " ", prose)  # a name may be broken over two lines
    wrong = [_find_wrong(token) for token in commands]
    for before, token in re.findall(r"(\w*) ?`([^`\n]+)`", prose):
        is_declared = before in ("index", "constraint") and re.fullmatch(r"[a-z_]+", token)
        wrong.append(check_declared(token) if is_declared else _find_wrong(token))
    return [complaint for complaint in wrong if complaint is not None]


def _find_wrong(token: str) -> str | None:
    for pattern, check in RULES:
        if re.fullmatch(pattern, token):
            return check(token)
    return None


# ---- the checker itself can fail --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("`make demoo`", "make: demoo"),
        ("`PORTT=9000 make demo`", "make: PORTT"),
        ("`make lint paint`", "make: paint"),
        ("`python manage.py create_tenants --name X`", "management command create_tenants"),
        ("`python manage.py migrate_all --quickly`", "option of migrate_all: --quickly"),
        ("`/dashboards`", "route /dashboards"),
        ("`POST /go`", "route /go"),
        ("`GET /handoff/<id>/print`", "route /handoff/<id>/print"),
        ("`/dashboard/handoffs/<id>/archive`", "route /dashboard/handoffs/<id>/archive"),
        ("`DELETE /api/v1/handoffs/summary`", "operation DELETE /api/v1/handoffs/summary"),
        ("`POST /api/v1/bookings`", "route /api/v1/bookings"),
        ("`handoffs.0099_more`", "migration handoffs.0099_more"),
        ("`BookingHandoff.client_id`", "field BookingHandoff.client_id"),
        ("`Booking.status`", "model Booking"),
        ("index `handoff_by_client`", "index or constraint handoff_by_client"),
        ("constraint `handoff_newest_unique`", "index or constraint handoff_newest_unique"),
        ("`saas.settings.NO_SUCH_SETTING`", "definition saas.settings.NO_SUCH_SETTING"),
        ("`tenant_apps.bookings.links`", "module tenant_apps.bookings.links"),
        ("`test_that_nobody_wrote`", "test test_that_nobody_wrote"),
        ("`docs/missing.md`", "path docs/missing.md"),
        ("`saas/missing/`", "path saas/missing/"),
        ("`Makefile.txt`", "path Makefile.txt"),
        ("`tests/*/test_no_such_thing_*.py`", "path tests/*/test_no_such_thing_*.py"),
        ("`.data/missing`", "path .data/missing"),
        ("`RATE_NOTHING`", "name RATE_NOTHING"),
        ("`customerNickname`", "name customerNickname"),
        ("`booking-impossible`", "name booking-impossible"),
        ("```sh\nmake demoo\n```", "make: demoo"),
        ("```sh\n.venv/bin/python manage.py nothing\n```", "management command nothing"),
    ],
)
def test_checker_finds_a_made_up_name(text: str, complaint: str) -> None:
    assert find_wrong_claims(f"Before {text} after.\n" if "\n" not in text else text) == [complaint]


@pytest.mark.parametrize(
    "text",
    [
        "`make`, `make demo`, `PORT=9000 make demo`, `make lint types`",
        "`python manage.py create_demo_tenants --history 10`, `.venv/bin/python manage.py check`, `manage.py`",
        "`/`, `GET /handoff/<id>`, `/book?embed=1`, `/health/ready`, `/static/`, `/set-password/<token>`",
        "`PUT /api/v1/settings/booking`, `GET /api/v1/handoffs/{handoff_id}`, `/api/v1/openapi.json`",
        "`handoffs.0001_initial`, `BookingHandoff.status`, index `handoff_newest`, constraint `domain_unique`",
        "`saas.wsgi:application`, `shared_apps.tenants.scope`, `tenant_apps.handoffs.intake.capture_handoff`",
        "`saas/urls_tenant.py`, `docs/adr/`, `.importlinter`, `.venv/bin/python`, `.data/env`, `e2e/test_*.py`",
        "`DATABASE_URL`, `customerName`, `tca_ref`, `handoff-cta`, `build_outbound_url()`",
        "`new`, `303`, `application/json`, `30/m`, `SELECT 1`, `metadata[tca_ref]`",
        "```sh\nmake demo   # a comment\nsomething else entirely\n```",
    ],
)
def test_checker_passes_what_exists(text: str) -> None:
    assert find_wrong_claims(text) == []


# ---- the documents ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_document_names_only_what_exists(document: Path) -> None:
    assert find_wrong_claims(document.read_text(encoding="utf-8")) == []


def _named(text: str) -> set[str]:
    return set(re.findall(r"`([^`\n]+)`", text))


def test_report_names_every_field_of_what_the_request_asks_for() -> None:
    models = [list_models()[name] for name in ("BookingSettings", "BookingHandoff", "HandoffEvent", "BusinessProfile")]
    fields = {f"{model.__name__}.{field.name}" for model in models for field in model._meta.concrete_fields}
    assert fields - _named(REPORT.read_text(encoding="utf-8")) == set()


def test_report_names_every_index_and_migration() -> None:
    indexes = {index.name for model in list_models().values() for index in model._meta.indexes}
    own = [config for config in apps.get_app_configs() if config.name.startswith(("shared_apps.", "tenant_apps."))]
    migrations = {
        f"{config.label}.{path.stem}" for config in own for path in (Path(config.path) / "migrations").glob("[0-9]*.py")
    }
    assert (indexes | migrations) - _named(REPORT.read_text(encoding="utf-8")) == set()


def test_report_names_every_route_and_operation() -> None:
    named = {token for token in _named(REPORT.read_text(encoding="utf-8")) if "/" in token}
    shapes = {_shape(token.rpartition(" ")[2]) for token in named}
    operations = {(token.partition(" ")[0], _shape(token.partition(" ")[2])) for token in named if " /api" in token}
    assert list_shapes() - {settings.STATIC_URL} - shapes == set()
    assert list_operations() - operations == set()


def test_report_checklist_is_numbered_and_every_result_is_known() -> None:
    rows = re.findall(r"^\| (\d+) \| .+? \| ([A-Z ]+) \|(.*)\|$", REPORT.read_text(encoding="utf-8"), re.MULTILINE)
    assert [int(number) for number, _, _ in rows] == list(range(1, len(rows) + 1))
    assert len(rows) > 20
    assert {result for _, result, _ in rows} <= {"PASS", "FAIL", "NOT RUN", "NOT YET"}
    assert [number for number, result, seen in rows if result in ("PASS", "FAIL") and not seen.strip()] == []


def test_report_tells_every_goal_of_the_benchmark_as_it_stands() -> None:
    section = REPORT.read_text(encoding="utf-8").partition("### Speed\n")[2].partition("\n### ")[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in section.splitlines() if line[:2] == "| "]
    goals = json.loads((ROOT / "reports" / "bench.json").read_text(encoding="utf-8"))["goals"]

    assert {what: (float(bound.split()[-1]), stands) for what, bound, _, stands in rows[1:]} == {
        what: (goal["bound"], "holds" if goal["holds"] else "missed") for what, goal in goals.items()
    }
    assert [what for what, _, value, _ in rows[1:] if abs(float(value) - goals[what]["measured"]) > 0.006] == []
