"""The small words, kept as data beside the code."""

import tomllib
from pathlib import Path
from typing import Final

_SETS: Final[dict[str, str]] = tomllib.loads(Path(__file__).with_name("words.toml").read_text(encoding="utf-8"))


def words(name: str) -> frozenset[str]:
    """Return the set `name` of words.toml."""
    return frozenset(_SETS[name].split())
