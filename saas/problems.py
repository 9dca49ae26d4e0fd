"""The one place where errors become HTTP: RFC 9457 problems for the API, friendly pages for people.

No answer holds a traceback, SQL, another tenant's name, or what was submitted.
"""

import json
import logging
from http import HTTPStatus
from typing import Any

from django.core.exceptions import BadRequest, RequestDataTooBig, SuspiciousOperation
from django.db import InterfaceError, OperationalError, ProgrammingError
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.http.multipartparser import MultiPartParserError
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.encoding import iri_to_uri
from django.utils.http import escape_leading_slashes
from django.utils.translation import gettext_noop as _
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError

from saas.context import list_languages
from saas.logs import describe_exception
from shared_apps.accounts.security import (
    AuthenticationRequiredError,
    CsrfRefusedError,
    KeyRefusedError,
    PermissionRefusedError,
    SupportReadsOnlyError,
    SupportRefusedError,
)
from shared_apps.accounts.services import (
    AccountNotFoundError,
    EmailTakenError,
    LastOwnerError,
    LimitReachedError,
    NotInvitedError,
    WrongPasswordError,
)
from shared_apps.errors import DomainError, FieldProblem, InvalidFieldsError, translate
from shared_apps.ratelimits import RateLimitedError
from shared_apps.schemas import describe_errors
from shared_apps.support.services import AccessNotFoundError, AccessOverError
from shared_apps.tenants.http import ForeignOriginError
from shared_apps.tenants.scope import TenantNotActiveError, TenantRef
from shared_apps.versions import StaleSettingsError
from tenant_apps.booking.selectors import TenantSnapshot, get_snapshot, get_visitor_context, peek_snapshot
from tenant_apps.booking.services import NoBookingLinkError
from tenant_apps.business.services import OwnersChoiceError
from tenant_apps.handoffs.selectors import HandoffNotFoundError
from tenant_apps.handoffs.services import BookingUnavailableError, IdempotencyKeyReusedError
from tenant_apps.handoffs.validators import InvalidIdempotencyKeyError

logger = logging.getLogger(__name__)

STATUS_BY_ERROR: dict[type[DomainError], HTTPStatus] = {
    AuthenticationRequiredError: HTTPStatus.UNAUTHORIZED,
    PermissionRefusedError: HTTPStatus.FORBIDDEN,
    KeyRefusedError: HTTPStatus.FORBIDDEN,
    SupportReadsOnlyError: HTTPStatus.FORBIDDEN,
    SupportRefusedError: HTTPStatus.FORBIDDEN,
    OwnersChoiceError: HTTPStatus.FORBIDDEN,
    CsrfRefusedError: HTTPStatus.FORBIDDEN,
    ForeignOriginError: HTTPStatus.FORBIDDEN,
    HandoffNotFoundError: HTTPStatus.NOT_FOUND,
    AccountNotFoundError: HTTPStatus.NOT_FOUND,
    AccessNotFoundError: HTTPStatus.NOT_FOUND,
    AccessOverError: HTTPStatus.CONFLICT,
    LastOwnerError: HTTPStatus.CONFLICT,
    LimitReachedError: HTTPStatus.CONFLICT,
    NotInvitedError: HTTPStatus.CONFLICT,
    BookingUnavailableError: HTTPStatus.CONFLICT,
    NoBookingLinkError: HTTPStatus.CONFLICT,
    StaleSettingsError: HTTPStatus.PRECONDITION_FAILED,
    InvalidFieldsError: HTTPStatus.UNPROCESSABLE_ENTITY,
    EmailTakenError: HTTPStatus.UNPROCESSABLE_ENTITY,
    WrongPasswordError: HTTPStatus.UNPROCESSABLE_ENTITY,
    InvalidIdempotencyKeyError: HTTPStatus.UNPROCESSABLE_ENTITY,
    IdempotencyKeyReusedError: HTTPStatus.UNPROCESSABLE_ENTITY,
    RateLimitedError: HTTPStatus.TOO_MANY_REQUESTS,
    TenantNotActiveError: HTTPStatus.SERVICE_UNAVAILABLE,
}


class UnsupportedMediaTypeError(DomainError):
    """The body is not JSON by its Content-Type."""

    code = "unsupported_media_type"
    message = _("Send JSON with Content-Type: application/json.")


class BodyTooLargeError(DomainError):
    """The body is over 64 KiB."""

    code = "body_too_large"
    message = _("The request body is over 64 KiB. Send less.")


STATUS_BY_ERROR[UnsupportedMediaTypeError] = HTTPStatus.UNSUPPORTED_MEDIA_TYPE
STATUS_BY_ERROR[BodyTooLargeError] = HTTPStatus.REQUEST_ENTITY_TOO_LARGE

_RETRY_SECONDS = 30

_NO_TABLE, _NO_SCHEMA = "42P01", "3F000"


def is_outage(error: BaseException) -> bool:
    """Whether the tenant's records cannot be reached: the database is away, or its schema or a table of it is gone."""
    if isinstance(error, ProgrammingError):
        return getattr(error.__cause__, "sqlstate", None) in (_NO_TABLE, _NO_SCHEMA)
    return isinstance(error, OperationalError | InterfaceError)


# ---- JSON -------------------------------------------------------------------------------------------------------


def problem(
    status: int,
    *,
    code: str,
    detail: str,
    errors: list[FieldProblem] | None = None,
    retry_after: int | None = None,
    extra: dict[str, Any] | None = None,
) -> HttpResponse:
    """Return an `application/problem+json` answer; `type` is stable and ends in the error's code."""
    body: dict[str, Any] = {
        "type": f"urn:booking-handoff:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": int(status),
        "detail": translate(detail),
    }
    if errors is not None:
        body["errors"] = [error._asdict() | {"message": translate(error.message)} for error in errors]
    response = HttpResponse(
        json.dumps(body | (extra or {})), status=int(status), content_type="application/problem+json"
    )
    if retry_after is not None:
        response["Retry-After"] = str(retry_after)
    return response


def domain_problem(request: HttpRequest, error: DomainError) -> HttpResponse:
    """Return the problem of a business error."""
    status = STATUS_BY_ERROR[type(error)]
    errors = None
    if isinstance(error, InvalidFieldsError):
        errors = list(error.problems)
    elif status == HTTPStatus.UNPROCESSABLE_ENTITY:
        errors = [FieldProblem(error.field or "", error.message, error.code)]
    if isinstance(error, RateLimitedError):
        extra, retry_after = _way_on(request), error.retry_after
    elif isinstance(error, BookingUnavailableError):
        extra, retry_after = _way_on(request), None
    else:
        extra, retry_after = {}, None
    response = problem(
        status, code=error.code, detail=error.message, errors=errors, retry_after=retry_after, extra=extra
    )
    if status == HTTPStatus.UNAUTHORIZED:
        response["WWW-Authenticate"] = "Bearer"  # RFC 9110 section 15.5.2 asks for it
    return response


def _way_on(request: HttpRequest) -> dict[str, Any]:
    """Return {booking, contact} for a visitor we cannot serve, as far as this process knows them."""
    snapshot = known_snapshot(request)
    if snapshot is None:
        return {"booking": None, "contact": {"phone": None, "email": None}}
    booking, business = snapshot.booking, snapshot.business
    return {
        "booking": {"providerName": booking.provider_name, "url": booking.plain_url} if booking.ready else None,
        "contact": {"phone": business.phone or None, "email": business.email or None},
    }


def known_snapshot(request: HttpRequest) -> TenantSnapshot | None:
    """Return the request's tenant's snapshot, however it can be had; None where there is none."""
    tenant: TenantRef | None = getattr(request, "tenant", None)
    if tenant is None:
        return None
    try:
        return get_snapshot(tenant=tenant)
    except Exception as error:  # noqa: BLE001 - whatever keeps us from the records: the page for it must not fail on it too
        logger.error("no snapshot: %s", describe_exception(error)["class"])
        return peek_snapshot(tenant=tenant)


def add_handlers(api: NinjaAPI) -> None:
    """Have `api` answer every error as a problem."""

    @api.exception_handler(DomainError)
    def on_domain_error(request: HttpRequest, error: DomainError) -> HttpResponse:
        return domain_problem(request, error)

    @api.exception_handler(ValidationError)
    def on_validation_error(request: HttpRequest, error: ValidationError) -> HttpResponse:
        errors = [_field_problem(item) for item in error.errors]
        return problem(422, code="invalid", detail=InvalidFieldsError.message, errors=errors)

    @api.exception_handler(HttpError)
    def on_http_error(request: HttpRequest, error: HttpError) -> HttpResponse:
        if isinstance(error.__cause__, DomainError):  # ninja wraps what the body parser raises
            return domain_problem(request, error.__cause__)
        if error.status_code == HTTPStatus.BAD_REQUEST:
            return problem(400, code="unreadable", detail=_("The body is not valid JSON in UTF-8."))
        return problem(error.status_code, code="error", detail=HTTPStatus(error.status_code).phrase)

    @api.exception_handler(RequestDataTooBig)
    def on_too_big(request: HttpRequest, error: RequestDataTooBig) -> HttpResponse:
        return domain_problem(request, BodyTooLargeError())

    @api.exception_handler(SuspiciousOperation)
    @api.exception_handler(BadRequest)
    @api.exception_handler(MultiPartParserError)
    def on_unreadable(request: HttpRequest, error: Exception) -> HttpResponse:
        """The CSRF check looks for its token in a form, and that form is broken, too long, or carries a file."""
        return problem(400, code="unreadable", detail=_("The body is not valid JSON in UTF-8."))

    @api.exception_handler(Http404)
    def on_404(request: HttpRequest, error: Http404) -> HttpResponse:
        return problem(404, code="not_found", detail=_("There is nothing at this address."))

    @api.exception_handler(Exception)
    def on_error(request: HttpRequest, error: Exception) -> HttpResponse:
        return crash_problem(request, error)


def _field_problem(item: dict[str, Any]) -> FieldProblem:
    place = item["loc"][0] if item["loc"] else ""
    return describe_errors([item], skip=2 if place == "body" and len(item["loc"]) > 1 else 1)[0]


def crash_problem(request: HttpRequest, error: Exception) -> HttpResponse:
    """Return the problem of an error nobody foresaw, or of a database that is away; log its class and place."""
    logger.error("request failed", exc_info=error)
    if is_outage(error):
        return problem(
            503,
            code="database_away",
            detail=_("We cannot reach our records just now. Please try again in half a minute."),
            retry_after=_RETRY_SECONDS,
            extra=_way_on(request),
        )
    return problem(500, code="internal", detail=_("Something went wrong on our side."), extra=_way_on(request))


# ---- pages ------------------------------------------------------------------------------------------------------


def allow(response: HttpResponse, **directives: str) -> HttpResponse:
    """Change directives of this response's Content-Security-Policy; write `form_action` for form-action."""
    response.csp = {name.replace("_", "-"): value for name, value in directives.items()}  # type: ignore[attr-defined]  # see saas.middleware
    return response


def problem_page(request: HttpRequest, status: int, *, title: str, message: str) -> HttpResponse:
    """Return a page that says what happened and gives the next step; JSON for the API."""
    if request.path_info.startswith("/api/"):
        code = HTTPStatus(status).phrase.lower().replace(" ", "_")
        return problem(status, code=code, detail=message, extra=_way_on(request) if status >= 500 else None)
    context: dict[str, Any] = {"business": None, "booking": None}
    snapshot = known_snapshot(request)
    if snapshot is not None:
        context = get_visitor_context(snapshot=snapshot, now=timezone.now())
    # The switch leads to the business's page: a page about an unknown address never repeats it.
    context |= {"languages": list_languages("/", QueryDict())}
    context |= {"status": int(status), "title": translate(title), "message": translate(message)}
    return HttpResponse(render_to_string("visitor/problem.html", context, request=request), status=int(status))


_PAGES: dict[type[DomainError], tuple[str, str]] = {
    HandoffNotFoundError: (
        _("We cannot find this request"),
        _("The link may be old or mistyped. Here is how to go on."),
    ),
    RateLimitedError: (
        _("One moment, please"),
        _("There were many requests from here. Wait a minute, or go on right away:"),
    ),
    ForeignOriginError: (_("Please start from our page"), ForeignOriginError.message),
    BodyTooLargeError: (_("That was too much text"), _("Please shorten your message and send it again.")),
}


def domain_page(request: HttpRequest, error: DomainError) -> HttpResponse:
    """Return the page of a business error."""
    title, message = _PAGES.get(type(error), (_("That did not work"), error.message))
    response = problem_page(request, STATUS_BY_ERROR[type(error)], title=title, message=message)
    if isinstance(error, RateLimitedError):
        response["Retry-After"] = str(error.retry_after)
    return response


def outage_page(request: HttpRequest) -> HttpResponse:
    """Return the page for a database that is away: the booking link and the contact, from what this process holds."""
    response = problem_page(
        request,
        503,
        title=_("We cannot reach our records just now"),
        message=_("Please try again in half a minute, or go on right away:"),
    )
    response["Retry-After"] = str(_RETRY_SECONDS)
    return response


def unreachable_page(request: HttpRequest) -> HttpResponse:
    """Return the page for a host this process does not know while the database is away.

    It tries again by itself, and by a button, and names nobody.
    """
    if request.path_info.startswith("/api/"):
        detail = _("We cannot reach our records just now. Please try again in half a minute.")
        return problem(503, code="database_away", detail=detail, retry_after=_RETRY_SECONDS)
    retry = escape_leading_slashes(iri_to_uri(request.get_full_path())) if request.method == "GET" else "/"
    context = {
        "business": None,
        "booking": None,
        "languages": list_languages("/", QueryDict()),
        "status": 503,
        "title": translate(_("One moment, please")),
        "message": translate(_("We cannot reach our records just now. This page tries again by itself.")),
        "retry": retry,
    }
    response = HttpResponse(render_to_string("visitor/problem.html", context, request=request), status=503)
    response["Retry-After"] = str(_RETRY_SECONDS)
    response["Refresh"] = f"10; url={retry}"
    return response


def method_not_allowed_page(request: HttpRequest, *, allow: str) -> HttpResponse:
    """Return 405 with the methods that are allowed."""
    response = problem_page(
        request,
        405,
        title=_("That is not how this page works"),
        message=_("Please go back and use the page's own buttons."),
    )
    response["Allow"] = allow
    return response


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """handler400."""
    if isinstance(exception, RequestDataTooBig):
        return domain_page(request, BodyTooLargeError())
    return problem_page(request, 400, title=_("We could not read that"), message=_("Please go back and try again."))


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """handler403."""
    return problem_page(
        request, 403, title=_("This is not open to you"), message=_("Please log in with another account.")
    )


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """CSRF_FAILURE_VIEW."""
    return problem_page(
        request,
        403,
        title=_("Please try once more"),
        message=_("The form was open too long, or came from another site."),
    )


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """handler404."""
    return problem_page(request, 404, title=_("There is no such page"), message=_("The link may be old or mistyped."))


def server_error(request: HttpRequest) -> HttpResponse:
    """handler500. Where even the page for it fails, a plain one."""
    try:
        return problem_page(
            request, 500, title=_("Something went wrong on our side"), message=_("Here is how to go on:")
        )
    except Exception as error:  # noqa: BLE001 - nothing stands behind this
        logger.error("no page for an error: %s", describe_exception(error)["class"])
        return HttpResponse(_LAST_RESORT, status=500)


_LAST_RESORT = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Something went wrong</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><h1>Something went wrong on our side</h1>
<p>Please try again in half a minute: <a href="/">back to the start</a>.</p></html>"""
