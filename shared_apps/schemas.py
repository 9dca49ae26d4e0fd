"""What all schemas of the API share: camelCase names, strict input, and errors told without the input."""

import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Any
from urllib.parse import unquote_to_bytes

from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from pydantic.alias_generators import to_camel

from shared_apps.errors import FieldProblem, InvalidFieldsError


# Pydantic's own base: ninja's would look for each field by Django's template rules, and validate strict input twice.
class Out(BaseModel):
    """An answer: fields by their camelCase names."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


class In(BaseModel):
    """Input: camelCase names, unknown fields refused, no value of one type taken for another."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=False, extra="forbid", strict=True)


Text = Annotated[str, StringConstraints(max_length=5000)]
"""Text of a settings body. How long it may really be is a rule of the service, which names all bad fields at once."""

ReadBack = Annotated[Any, Field(exclude=True, description="What GET adds. PUT accepts it back and ignores it.")]
"""A read-only field of a body that is as GET gave it; give it the default None."""

_MESSAGES = {
    "missing": _("This field is required."),
    "extra_forbidden": _("This field is not known. Leave it out."),
    "string_too_long": _("Use at most {max_length} characters."),
    "string_type": _("This must be text."),
    "string_unicode": _("This must be text in valid Unicode."),
    "bool_type": _("This must be true or false."),
    "int_type": _("This must be a whole number."),
    "less_than_equal": _("This must be at most {le}."),
    "greater_than_equal": _("This must be at least {ge}."),
    "dict_type": _("This must be an object."),
    "model_type": _("This must be an object."),
    "model_attributes_type": _("This must be an object."),
    "list_type": _("This must be a list."),
    "enum": _("This must be one of: {expected}."),
    "literal_error": _("This must be one of: {expected}."),
}
_REQUIRED = _("This field is required.")
_PLAIN_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,39}")


def describe_errors(errors: Iterable[Mapping[str, Any]], *, skip: int = 0) -> list[FieldProblem]:
    """Return pydantic's errors as field problems, without the values; less `skip` parts of each place."""
    return [_describe(error, skip) for error in errors]


def _describe(error: Mapping[str, Any], skip: int) -> FieldProblem:
    kind, context = str(error["type"]), error.get("ctx") or {}
    names = [str(part) for part in error["loc"][skip:]]
    field = ".".join(name if _PLAIN_NAME.fullmatch(name) or name.isdigit() else "(unnamed)" for name in names)
    if kind == "string_too_short":
        return FieldProblem(field, gettext(_REQUIRED), "missing")
    if kind in _MESSAGES:
        return FieldProblem(field, gettext(_MESSAGES[kind]).format(**context), kind)
    if kind.startswith("x_"):  # ours: see `refuse`
        return FieldProblem(field, gettext(str(error["msg"])), kind.removeprefix("x_"))
    return FieldProblem(field, gettext("This value is not valid."), "invalid")


# Django's codes of a model field, as the same mistakes are told by pydantic: the code, and what its message is given.
_MODEL_CODES = {
    "blank": ("missing", ""),
    "max_length": ("string_too_long", "max_length"),
    "min_value": ("greater_than_equal", "ge"),
    "max_value": ("less_than_equal", "le"),
}


def describe_model_errors(error: ValidationError, *, names: Mapping[str, str]) -> list[FieldProblem]:
    """Return the first problem of each field of a model; `names` gives API names that are not the camelCase ones."""
    return [_describe_model_error(names.get(name, to_camel(name)), each[0]) for name, each in error.error_dict.items()]


def _describe_model_error(field: str, error: ValidationError) -> FieldProblem:
    kind, argument = _MODEL_CODES.get(error.code or "", ("", ""))
    if not kind:
        return FieldProblem(field, error.messages[0], error.code or "invalid")
    limit = (error.params or {}).get("limit_value")
    return FieldProblem(field, gettext(_MESSAGES[kind]).format(**{argument: limit}), kind)


def check_query(request: HttpRequest, *, allowed: frozenset[str], repeatable: frozenset[str] = frozenset()) -> None:
    """Raise InvalidFieldsError for parameters that are unknown, repeated, or no valid text."""
    raw = unquote_to_bytes(request.META.get("QUERY_STRING", "").replace("+", " "))
    if b"\0" in raw:
        raise InvalidFieldsError([FieldProblem("query", "Parameters must not contain NUL characters.", "text")])
    try:
        raw.decode()
    except UnicodeDecodeError:
        raise InvalidFieldsError([FieldProblem("query", "Parameters must be UTF-8.", "text")]) from None
    problems = []
    for name, values in request.GET.lists():
        if name not in allowed:
            problems.append(FieldProblem("query", "There is a parameter that is not known.", "unknown_parameter"))
        elif len(values) > 1 and name not in repeatable:
            problems.append(FieldProblem(name, "Give this parameter once.", "repeated_parameter"))
    if problems:
        raise InvalidFieldsError(problems)
