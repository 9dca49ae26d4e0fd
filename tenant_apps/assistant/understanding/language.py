"""Tells English from Spanish by the small words."""

import re

from tenant_apps.assistant.understanding.text import fold
from tenant_apps.assistant.understanding.vocabulary import words

_WORDS = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")
_ENGLISH = words("english")
_SPANISH = words("spanish")


def find_language(*texts: str, default: str) -> str:
    """Return "en" or "es" by the first of `texts` that tells; `default` where none does."""
    for text in texts:
        words = _WORDS.findall(fold(text))
        english = sum(word in _ENGLISH for word in words)
        spanish = sum(word in _SPANISH for word in words) + (2 if re.search(r"[¿¡ñÑ]", text) else 0)
        if english != spanish and max(english, spanish) >= 1:
            return "en" if english > spanish else "es"
    return default
