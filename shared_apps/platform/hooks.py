"""What the platform needs of the tenant apps, which it does not know: they register it here when they load."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from shared_apps.tenants.scope import TenantRef


@dataclass(frozen=True, slots=True)
class NewTenant:
    """What is known of a tenant in the moment of its making."""

    name: str
    industry: str


FirstRows = Callable[[NewTenant], None]

_first_rows: list[FirstRows] = []
_industry_slugs: set[str] = set()


def register_first_rows(make: FirstRows) -> None:
    """Have `make` called inside each new tenant's schema, in the transaction that makes it."""
    if make not in _first_rows:
        _first_rows.append(make)


def make_first_rows(tenant: NewTenant) -> None:
    """Let every tenant app write what a new tenant starts with."""
    for make in _first_rows:
        make(tenant)


def register_industries(slugs: set[str]) -> None:
    """Say which industries there are."""
    _industry_slugs.update(slugs)


def known_industries() -> frozenset[str]:
    """Return the slugs a tenant's industry may have."""
    return frozenset(_industry_slugs)


Export = Callable[[TenantRef], Iterable[bytes]]

_facts: dict[str, str] = {}
_exports: dict[str, Export] = {}


def register_fact(name: str, sql: str) -> None:
    """Have the operator see `name` of each tenant: what `sql` gives in its schema, one jsonb value, of nobody.

    It is asked of a page of tenants in one statement (`shared_apps.tenants.bulk`), so it must be cheap however much a
    tenant has.
    """
    _facts[name] = sql


def facts_sql(*names: str) -> str:
    """Return the one statement that gives the facts of a tenant, all or those named, as one jsonb object."""
    wanted = {name: sql for name, sql in sorted(_facts.items()) if not names or name in names}
    return "SELECT jsonb_build_object({})".format(", ".join(f"'{name}', ({sql})" for name, sql in wanted.items()))


def register_export(name: str, write: Export) -> None:
    """Add a file for people to read, such as `handoffs.csv`, to every tenant's archive."""
    _exports[name] = write


def list_exports() -> list[tuple[str, Export]]:
    """Return the files that apps add to an archive."""
    return sorted(_exports.items())
