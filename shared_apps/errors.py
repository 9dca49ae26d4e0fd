"""The base of every business error. HTTP status numbers are given in one place: `saas.problems`."""

from collections.abc import Sequence
from typing import NamedTuple

from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _


class DomainError(Exception):
    """A rule said no.

    `code` is stable and machine-readable, `message` is for a person and says what to do; neither ever holds
    what a visitor typed. `field` names the input in question in the API's spelling, or is None.
    """

    code = "error"
    message = _("That did not work.")
    field: str | None = None

    def __init__(self, message: str | None = None, *, code: str | None = None, field: str | None = None) -> None:
        if message is not None:
            self.message = message
        if code is not None:
            self.code = code
        if field is not None:
            self.field = field
        super().__init__(self.code)


def translate(text: str) -> str:
    """Return a message that is marked for translation where it is written, in the language of this request."""
    return gettext(text) if text else ""


class FieldProblem(NamedTuple):
    """One thing wrong with one input field, named in the API's spelling."""

    field: str
    message: str
    code: str


class InvalidFieldsError(DomainError):
    """Some input was understood and is not acceptable; `problems` says which fields and what to do."""

    code = "invalid"
    message = _("Some fields need your attention.")

    def __init__(self, problems: Sequence[FieldProblem]) -> None:
        super().__init__()
        self.problems = tuple(problems)
