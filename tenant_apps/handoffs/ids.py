"""The identity of a handoff, made without the database.

With an idempotency key every process derives the same id, so a retry of a request whose answer was lost is the same
handoff; without one the id is random. Both are UUIDs of RFC 9562: version 8 (ours to define) and version 7.
"""

import secrets
from datetime import datetime
from uuid import UUID

from django.utils.crypto import salted_hmac

_VERSION_7, _VERSION_8, _VARIANT = 0x7, 0x8, 0b10


def _to_uuid(value: int, version: int) -> UUID:
    value &= ~(0xF << 76) & ~(0b11 << 62)
    return UUID(int=value | version << 76 | _VARIANT << 62)


def derive_handoff_id(*, schema_name: str, idempotency_key: UUID) -> UUID:
    """Return the UUIDv8 of a key at a tenant: 122 bits of HMAC-SHA256, unguessable without our secret."""
    mac = salted_hmac("handoff-id", f"{schema_name}|{idempotency_key}", algorithm="sha256").digest()
    return _to_uuid(int.from_bytes(mac[:16]), _VERSION_8)


def new_handoff_id(*, now: datetime) -> UUID:
    """Return a UUIDv7 of the given moment: 48 bits of milliseconds, 74 random bits."""
    milliseconds = int(now.timestamp() * 1000)
    return _to_uuid(milliseconds << 80 | secrets.randbits(80), _VERSION_7)
