"""Loads `registry.toml` once, at import. A record that does not fit its shape stops the start."""

import tomllib
from pathlib import Path

from pydantic import TypeAdapter

from tenant_apps.booking.providers.records import Provider

_FILE = Path(__file__).with_name("registry.toml")


def load_registry(text: str) -> tuple[Provider, ...]:
    """Return the providers of a registry in TOML. Raises ValidationError, TOMLDecodeError."""
    return TypeAdapter(tuple[Provider, ...]).validate_python(tomllib.loads(text)["provider"])


PROVIDERS = load_registry(_FILE.read_text(encoding="utf-8"))
"""All known providers, `generic` included, in the file's order."""

GENERIC = next(provider for provider in PROVIDERS if provider.id == "generic")
"""Stands for every site that is not recognised; such a site is allowed all the same."""
