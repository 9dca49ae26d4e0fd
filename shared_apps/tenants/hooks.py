"""What apps above want done when something is known anew of a tenant."""

from collections.abc import Callable

Refresher = Callable[..., object]

_refreshers: list[Refresher] = []


def register_refresher(refresh: Refresher) -> None:
    """Have `refresh(tenant=...)` called, in the tenant's schema, to read anew what is kept of it in snapshots."""
    _refreshers.append(refresh)


def list_refreshers() -> tuple[Refresher, ...]:
    """Return all that were registered."""
    return tuple(_refreshers)
