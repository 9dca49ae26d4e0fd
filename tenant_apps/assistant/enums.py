"""What the assistant can ask for."""

from typing import Literal

Asking = Literal[
    "customerName",
    "customerPhone",
    "customerEmail",
    "requestedService",
    "preferredDateTimeText",
    "notes",
    "confirm",
]
"""A slot, by its name on the wire, or whether the summary is right."""
