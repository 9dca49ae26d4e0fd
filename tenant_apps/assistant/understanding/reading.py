"""What it means to understand a message: the interface, behind which rules stand today."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Protocol

SLOTS: Final = (
    "customerName",
    "customerPhone",
    "customerEmail",
    "requestedService",
    "preferredDateTimeText",
    "notes",
)
"""What is read out of a message, by the names of `POST /handoffs`."""

CONFIRM: Final = "confirm"


class Intent(StrEnum):
    """What a visitor does besides giving slots; several may hold."""

    GREETING = "greeting"
    YES = "yes"
    NO = "no"
    THANKS = "thanks"
    ASK_HOURS = "ask_hours"
    ASK_ADDRESS = "ask_address"
    ASK_PHONE = "ask_phone"
    ASK_EMAIL = "ask_email"
    ASK_SERVICES = "ask_services"
    ASK_PRICE = "ask_price"
    ASK_AVAILABILITY = "ask_availability"
    ASK_IF_SETTLED = "ask_if_settled"
    ASK_PAYMENT = "ask_payment"
    ASK_HUMAN = "ask_human"
    ASK_WHAT_NEXT = "ask_what_next"
    ASK_OTHER = "ask_other"
    CANCEL = "cancel"
    RESTART = "restart"
    CHANGE = "change"


@dataclass(frozen=True, slots=True)
class Context:
    """What the reader may know: the business, what was asked for, and the slots so far.

    `region` is the ISO 3166 code by which phone numbers are read, `asking` a slot's name, `confirm` or None, `language`
    that of the page, for messages that give no sign of their own.
    """

    services: tuple[str, ...]
    region: str
    business_name: str = ""
    asking: str | None = None
    known: Mapping[str, str] = field(default_factory=dict)
    language: str = "en"


@dataclass(frozen=True, slots=True)
class Reading:
    """What one message gives.

    `slots` holds only what is in the message; `about` is the slot the visitor wants to change without saying how.
    `is_bad_phone` and `is_bad_email`: something was meant as one and cannot be used.
    """

    slots: Mapping[str, str]
    intents: frozenset[Intent] = frozenset()
    about: str | None = None
    language: str = "en"
    is_bad_phone: bool = False
    is_bad_email: bool = False
    had_card_number: bool = False


class Understanding(Protocol):
    """Reads one message. Never raises, asks nobody, keeps nothing."""

    def read(self, message: str, context: Context) -> Reading: ...
