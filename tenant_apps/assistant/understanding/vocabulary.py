"""The small words and the names, kept as data beside the code."""

import tomllib
from pathlib import Path
from typing import Final


def _load(file: str) -> dict[str, str]:
    return tomllib.loads(Path(__file__).with_name(file).read_text(encoding="utf-8"))


_WORDS: Final = _load("words.toml")
_NAMES: Final = _load("names.toml")


def words(name: str) -> frozenset[str]:
    """Return the set `name` of words.toml."""
    return frozenset(_WORDS[name].split())


def names(kind: str) -> frozenset[str]:
    """Return the names of a kind, `given` or `family`, of names.toml."""
    return frozenset(_NAMES[kind].split())
