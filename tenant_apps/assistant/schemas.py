"""The JSON of the assistant, as the contract names it. What is known so far comes and goes with each call."""

from typing import Annotated

from django.utils.translation import gettext_noop as _
from pydantic import StringConstraints, field_validator
from pydantic_core import PydanticCustomError

from shared_apps.schemas import In, Out
from shared_apps.texts import is_visible
from tenant_apps.assistant.enums import Asking
from tenant_apps.handoffs.validators import remove_card_numbers


class SlotsIn(In):
    """What is known so far, by the names of `POST /handoffs`; null and empty are the same as absent."""

    customer_name: Annotated[str, StringConstraints(max_length=120)] | None = None
    customer_phone: Annotated[str, StringConstraints(max_length=40)] | None = None
    customer_email: Annotated[str, StringConstraints(max_length=254)] | None = None
    requested_service: Annotated[str, StringConstraints(max_length=120)] | None = None
    preferred_date_time_text: Annotated[str, StringConstraints(max_length=200)] | None = None
    notes: Annotated[str, StringConstraints(max_length=1000)] | None = None

    def to_slots(self) -> dict[str, str]:
        """Return what is there, by its name on the wire, without card numbers."""
        given = self.model_dump(by_alias=True, exclude_none=True)
        return {name: remove_card_numbers(text) for name, text in given.items() if is_visible(text)}


class MessageIn(In):
    """What the visitor says, what is known so far, and what was asked for."""

    message: Annotated[str, StringConstraints(min_length=1, max_length=2000)]
    slots: SlotsIn
    asking: Asking | None

    @field_validator("message")
    @classmethod
    def _check_message(cls, value: str) -> str:
        if not is_visible(value):
            raise PydanticCustomError("missing", "required")
        if "\0" in value:
            raise PydanticCustomError("x_text", _("This must not contain control characters."))
        return value


class MessageOut(Out):
    """What the assistant answers. `done` follows the visitor's yes: nothing is stored, the page then posts `slots`."""

    reply: str
    slots: dict[str, str]
    asking: Asking | None
    suggestions: list[str]
    done: bool
