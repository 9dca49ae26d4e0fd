"""Two people save at once: who reads gets an ETag, and who sends it back as If-Match saves only what nobody changed."""

import re

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_noop as _

from shared_apps.errors import DomainError, FieldProblem, InvalidFieldsError

_ETAG = re.compile(r'(?:W/)?"([\x21\x23-\x7e\x80-\xff]*)"')  # RFC 9110 section 8.8.3
_OURS = re.compile(r"[0-9]{1,9}")
_NEVER = -1  # the version of nothing


class StaleSettingsError(DomainError):
    """Somebody else saved in the meantime."""

    code = "settings_changed"
    message = _("These settings were changed by someone else since you opened them. Load them again, then save.")


def set_etag(response: HttpResponse, *, version: int) -> None:
    """Name the version that an answer shows."""
    response["ETag"] = f'"{version}"'


def read_if_match(request: HttpRequest) -> int | None:
    """Return the version a client insists on; None when any will do (RFC 9110 section 13.1.1).

    An ETag that we never gave is that of no version, and so stale. Raises InvalidFieldsError for what is no ETag.
    """
    header = request.headers.get("If-Match", "*").strip()
    if header == "*":
        return None
    match = _ETAG.fullmatch(header)
    if match is None:
        raise InvalidFieldsError([FieldProblem("If-Match", _("Send the ETag that GET gave, in quotes."), "if_match")])
    return int(match[1]) if _OURS.fullmatch(match[1]) else _NEVER
