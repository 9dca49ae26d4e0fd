"""Ways around the wall that must not stand in our code, found by reading all of it."""

import ast
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("shared_apps", "tenant_apps", "saas", "worker")
FILES = [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]

CHECKED = [*FILES, *(path for folder in ("tests", "e2e") for path in sorted((ROOT / folder).rglob("*.py")))]
SUPPRESSION = re.compile(
    r"#\s*(noqa(: [A-Z0-9, ]+)?|type: ignore(\[[\w, -]+\])?|nosec( [A-Z0-9, ]+)?|nosemgrep(: [\w-]+)?)"
)

SCOPE, BACKEND = "shared_apps/tenants/scope.py", "shared_apps/tenants/backend/base.py"
# name -> (why it is banned, the files that may use it)
BANNED_NAMES: dict[str, tuple[str, set[str]]] = {
    "schema_context": ("its state is shared by threads", set()),
    "tenant_context": ("its state is shared by threads", set()),
    "set_tenant": ("schemas are entered by scope.py", {SCOPE, BACKEND}),
    "set_schema": ("schemas are entered by scope.py", set()),
    "set_schema_to_public": ("schemas are entered by scope.py", set()),
    "forget_schema": ("schemas are left by scope.py", {SCOPE, BACKEND}),
    "include_public_schema": ("a tenant never sees public", set()),
    "cache_page": ("its key does not name the tenant", set()),
    "UpdateCacheMiddleware": ("its key does not name the tenant", set()),
    "FetchFromCacheMiddleware": ("its key does not name the tenant", set()),
    "sync_to_async": ("another thread has another connection", set()),
    "to_thread": ("another thread has another connection", set()),
    "mark_safe": ("autoescape is what keeps a visitor's text from being markup", set()),
    "csrf_exempt": (
        "only for visitors' own pages, which carry no session",
        {"tenant_apps/handoffs/views.py", "tenant_apps/notifications/views.py"},
    ),
}
_NAMES_PUBLIC = re.compile(r"""\b"?public"?\."?[a-z]+_[a-z]""")
BANNED_IMPORTS = {"django.core.cache": "its keys do not name the tenant; use GenerationCache"}
# SQL that names a table of public may run while a tenant is entered: through one door.
DOOR_TO_PUBLIC = {"shared_apps/tenants/due.py"}
TASK_CALLS = {"delay", "apply_async", "send_task"}


def find_violations(source: str, place: str) -> list[str]:
    """Return what in `source`, the text of the file `place`, goes around the wall."""
    tree = ast.parse(source)
    return [f"{place}:{line}: {what}" for line, what in (*_walk(tree, place), *_walk_sql(tree, place))]


def _walk_sql(tree: ast.AST, place: str) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree) if place not in DOOR_TO_PUBLIC else ():
        match node:
            case ast.Constant(value=str(text)) if _NAMES_PUBLIC.search(text):
                yield node.lineno, "public: a tenant's statements name no table of it; see shared_apps.tenants.due"
            case ast.Call(func=ast.Attribute(attr="Identifier"), args=[ast.Constant(value="public"), *_]):
                yield node.lineno, "public: a tenant's statements name no table of it"


def _walk(tree: ast.AST, place: str) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.alias(name=name) if _is_banned(name, place):
                yield node.lineno, f"{name}: {BANNED_NAMES[name.rpartition('.')[2]][0]}"
            case ast.Attribute(attr="connection", value=ast.Attribute(attr="connection") | ast.Name(id="connection")):
                if place != BACKEND:
                    yield node.lineno, "connection.connection: the raw connection does not enter the tenant"
            case ast.With(items=items) | ast.AsyncWith(items=items):
                for item in items:
                    if (
                        isinstance(item.context_expr, ast.Name | ast.Attribute)
                        and "tenant" in ast.unparse(item).lower()
                    ):
                        yield node.lineno, "with tenant: its state is shared by threads"
            case ast.Import(names=names) if any(name.name in BANNED_IMPORTS for name in names):
                yield node.lineno, "import of a cache whose keys do not name the tenant"
            case ast.ImportFrom(module=module) if module in BANNED_IMPORTS:
                yield node.lineno, f"{module}: {BANNED_IMPORTS[module]}"
            case ast.Call(func=ast.Attribute(attr=name)) if name in TASK_CALLS and not place.endswith("/tasks.py"):
                yield node.lineno, f".{name}(): a request never talks to the broker"
            case ast.AsyncFunctionDef():
                yield node.lineno, "async def: connections belong to threads"


def _is_banned(name: str, place: str) -> bool:
    banned = BANNED_NAMES.get(name.rpartition(".")[2])
    return banned is not None and place not in banned[1]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_file_goes_around_no_wall(path: Path) -> None:
    place = path.relative_to(ROOT).as_posix()

    assert find_violations(path.read_text(encoding="utf-8"), place) == []


@pytest.mark.parametrize(
    "source",
    [
        "from django_tenants.utils import schema_context",
        "with schema_context('t_x'): pass",
        "django_tenants.utils.tenant_context(t)",
        "with tenant: pass",
        "with request.tenant as t: pass",
        "connection.set_tenant(t)",
        "connections['default'].set_schema_to_public()",
        "connection.connection.execute('SELECT 1')",
        "tenant_connection().connection.connection",
        "from django.core.cache import cache",
        "import django.core.cache",
        "from django.views.decorators.cache import cache_page",
        "sweep.delay('t_x')",
        "app.send_task('x')",
        "cursor.execute('UPDATE public.tenants_tenant SET name = 1')",
        'cursor.execute(\'SELECT "public"."tenants_domain"\')',
        "sql.Identifier('public', 'tenants_duework')",
        "async def view(request): pass",
        "await asyncio.to_thread(job)",
        "from django.views.decorators.csrf import csrf_exempt",
    ],
)
def test_way_around_is_found(source: str) -> None:
    assert len(find_violations(source, "tenant_apps/any/views.py")) >= 1


@pytest.mark.parametrize(
    "source", ["with enter_tenant(tenant): pass", "tenant = request.tenant", "connection.cursor()", "x.delayed()"]
)
def test_honest_code_is_left_alone(source: str) -> None:
    assert find_violations(source, "tenant_apps/any/views.py") == []


def test_every_exception_is_still_needed() -> None:
    """A file on a list of exceptions that no longer needs it comes off the list."""
    needed = {
        (name, place)
        for name, (_, places) in BANNED_NAMES.items()
        for place in places
        if name not in (ROOT / place).read_text(encoding="utf-8")
    }

    assert needed == set()


def lacks_reason(comment: str) -> bool:
    """Whether a comment turns a check off and says no more."""
    return bool(SUPPRESSION.search(comment)) and not re.search(r"\w", SUPPRESSION.sub("", comment))


@pytest.mark.parametrize("path", CHECKED, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_suppression_carries_its_reason(path: Path) -> None:
    with path.open("rb") as file:
        comments = [token for token in tokenize.tokenize(file.readline) if token.type == tokenize.COMMENT]

    assert [token.start[0] for token in comments if lacks_reason(token.string)] == []


@pytest.mark.parametrize(
    ("comment", "expected"),
    [
        ("# noqa: S101", True),
        ("# noqa: S101, E402", True),
        ("# type: ignore[misc]", True),
        ("# nosec B703 # nosemgrep: markup-by-hand", True),
        ("# noqa: S101 - a reason", False),
        ("# type: ignore[misc]  # a reason", False),
        ("# nosec B703 # nosemgrep: markup-by-hand - a reason", False),
        ("# a comment", False),
    ],
)
def test_suppression_without_a_reason_is_found(comment: str, expected: bool) -> None:
    assert lacks_reason(comment) is expected
