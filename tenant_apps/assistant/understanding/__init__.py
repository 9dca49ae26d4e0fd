"""Understands one message: what a visitor wants, when, who they are, what they ask. Pure, deterministic, offline."""

from tenant_apps.assistant.understanding.reading import CONFIRM, SLOTS, Context, Intent, Reading, Understanding
from tenant_apps.assistant.understanding.rules import RuleUnderstanding, understanding

__all__ = [
    "CONFIRM",
    "SLOTS",
    "Context",
    "Intent",
    "Reading",
    "RuleUnderstanding",
    "Understanding",
    "understanding",
]
