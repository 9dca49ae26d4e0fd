"""What the platform needs of the tenant apps, which it does not know: they register it here when they load."""

from collections.abc import Callable
from dataclasses import dataclass


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
