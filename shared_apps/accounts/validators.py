"""What may be stored of people and keys."""

from django.utils.translation import gettext_noop as _

from shared_apps.errors import FieldProblem, InvalidFieldsError
from shared_apps.texts import parse_email

MAX_KEY_NAME = 60


def normalise_login_email(email: str) -> str:
    """Return the address as it is stored and looked up: trimmed and in lower case."""
    return email.strip().lower()


def check_login_email(email: str) -> str:
    """Return the address as it is stored. Raises InvalidFieldsError for what is no address."""
    parsed = parse_email(normalise_login_email(email))
    if parsed is None:
        text = _("Check this e-mail address; it should look like name@example.com.")
        raise InvalidFieldsError([FieldProblem("email", text, "email")])
    return normalise_login_email(parsed)


def check_key_name(name: str) -> str:
    """Return the name of a key, trimmed. It stands in timelines: nothing unprintable, nothing that turns text around.

    Raises InvalidFieldsError.
    """
    name = name.strip()
    if not 1 <= len(name) <= MAX_KEY_NAME or not name.isprintable():
        text = _("Give the key a name of 1 to 60 visible characters on one line.")
        raise InvalidFieldsError([FieldProblem("name", text, "text")])
    return name
