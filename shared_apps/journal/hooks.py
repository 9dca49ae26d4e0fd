"""Who stores what the journal holds: apps above register a handler per kind of record."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from shared_apps.journal.files import Record
from shared_apps.tenants.scope import TenantRef


class Outcome(Enum):
    """What a replay found."""

    STORED = "stored"  # now, or by an earlier attempt: it makes no difference
    UNKNOWN = "unknown"  # it speaks of something the tenant does not have, or not yet
    CONFLICT = "conflict"  # its place is taken by something else: a person must look


Replay = Callable[[TenantRef, Record], Outcome]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of record. Those of a lower `order` are all stored before the next."""

    name: str
    order: int
    replay: Replay


_kinds: dict[str, Kind] = {}


def register_replay(name: str, replay: Replay, *, order: int) -> None:
    """Have records of a kind stored by `replay`, which runs in the tenant's schema and may be repeated at any time."""
    _kinds[name] = Kind(name, order, replay)


def find_kind(name: str) -> Kind | None:
    """Return the kind of that name; None when nobody registered it."""
    return _kinds.get(name)
