"""What the platform needs of the tenant apps, which it does not know: they register it here when they load."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

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


@dataclass(frozen=True, slots=True)
class TenantFacts:
    """What the operator sees of a tenant's work: numbers, and nothing of anybody. `counts` is by a word for people."""

    counts: Mapping[str, int] = field(default_factory=dict)
    last_activity_at: datetime | None = None


Facts = Callable[[], TenantFacts]
Export = Callable[[TenantRef], Iterable[bytes]]

_facts: list[Facts] = []
_exports: dict[str, Export] = {}


def register_facts(read: Facts) -> None:
    """Have `read` called inside a tenant's schema when the operator looks at it; one query is what it may cost."""
    if read not in _facts:
        _facts.append(read)


def read_facts() -> TenantFacts:
    """Return what the tenant apps tell of the current tenant."""
    found = [read() for read in _facts]
    moments = [facts.last_activity_at for facts in found if facts.last_activity_at is not None]
    counts = {name: count for facts in found for name, count in facts.counts.items()}
    return TenantFacts(counts, max(moments, default=None))


def register_export(name: str, write: Export) -> None:
    """Add a file for people to read, such as `handoffs.csv`, to every tenant's archive."""
    _exports[name] = write


def list_exports() -> list[tuple[str, Export]]:
    """Return the files that apps add to an archive."""
    return sorted(_exports.items())
