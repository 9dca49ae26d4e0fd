"""The JSON of handoffs, as the contract names it."""

import hashlib
import json
import re
from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from django.utils.translation import gettext_noop as _
from pydantic import (
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    StringConstraints,
    WithJsonSchema,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from shared_apps.errors import FieldProblem, InvalidFieldsError
from shared_apps.schemas import In, Out
from shared_apps.texts import has_controls, is_visible, parse_email, parse_phone
from tenant_apps.handoffs.enums import HandoffStatus
from tenant_apps.handoffs.models import BookingHandoff, HandoffEvent
from tenant_apps.handoffs.services import Lead
from tenant_apps.handoffs.validators import remove_card_numbers, strip_query

_MAX_ATTRIBUTION_LENGTH = 300
_MAX_SOURCE_LENGTH = 500
_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")

Line120 = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)]


def _refuse(code: str, message: str) -> PydanticCustomError:
    return PydanticCustomError(f"x_{code}", message)


class AttributionIn(In):
    """Where the visitor came from. Values longer than 300 characters are cut: a lead is never refused for these."""

    # Names on the wire are the advertising world's own, not camelCase.
    model_config = ConfigDict(alias_generator=None, extra="forbid", strict=True)

    utm_source: str | None = None
    utm_medium: str | None = None
    utm_campaign: str | None = None
    utm_term: str | None = None
    utm_content: str | None = None
    utm_id: str | None = None
    gclid: str | None = None
    fbclid: str | None = None
    msclkid: str | None = None
    referrer: str | None = None

    def cleaned(self) -> dict[str, str]:
        """Return what was given, cut, without card numbers, and the referrer without its query.

        What is no text, such as half a surrogate pair, is left out: PostgreSQL would not take it.
        """
        given = {
            name: value.encode(errors="ignore").decode() for name, value in self.model_dump(exclude_none=True).items()
        }
        values = {name: value for name, value in given.items() if is_visible(value)}
        if "referrer" in values:
            values["referrer"] = strip_query(values["referrer"])
        return {
            name: remove_card_numbers(value.replace("\0", ""))[:_MAX_ATTRIBUTION_LENGTH]
            for name, value in values.items()
        }


CONTACT_REQUIRED = tuple(
    FieldProblem(name, _("Please enter a phone number or an email address; either is enough."), "contact_required")
    for name in ("customerPhone", "customerEmail")
)

ATTRIBUTION_NAMES = tuple(AttributionIn.model_fields)


class LeadIn(In):
    """A visitor's wish. Null is the same as absent for all but name, service and time."""

    customer_name: Line120
    customer_email: Annotated[str, StringConstraints(strip_whitespace=True, max_length=254)] | None = None
    customer_phone: Annotated[str, StringConstraints(strip_whitespace=True, max_length=40)] | None = None
    requested_service: Line120
    preferred_date_time_text: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    notes: Annotated[str, StringConstraints(max_length=1000)] | None = None
    source_page: Annotated[str, StringConstraints(max_length=2048)] | None = None
    industry_slug: Annotated[str, StringConstraints(max_length=50)] | None = None
    attribution: AttributionIn | None = None
    share_details_with_provider: bool | None = None
    website: Annotated[str, StringConstraints(max_length=2048)] | None = Field(
        default=None, description="A trap for robots; people never see it. Leave it out."
    )

    @field_validator("customer_name", "requested_service", "preferred_date_time_text")
    @classmethod
    def _check_line(cls, value: str) -> str:
        if not is_visible(value):
            raise PydanticCustomError("missing", "required")
        if has_controls(value):
            raise _refuse("text", _("Write this on one line, without control characters."))
        return value

    @field_validator("notes", "source_page", "website")
    @classmethod
    def _check_text(cls, value: str | None) -> str | None:
        if value is not None and has_controls(value, allow_lines=True):
            raise _refuse("text", _("This must not contain control characters."))
        return value

    @field_validator("industry_slug")
    @classmethod
    def _check_slug(cls, value: str | None) -> str | None:
        if value and not _SLUG.fullmatch(value):
            raise _refuse("slug", _("Use lower-case letters, digits and hyphens."))
        return value

    @field_validator("customer_email")
    @classmethod
    def _check_email(cls, value: str | None) -> str | None:
        if not value:
            return None
        email = parse_email(value)
        if email is None:
            raise _refuse("email", _("Check this e-mail address; it should look like name@example.com."))
        return email

    def to_lead(self, *, region: str, industry: str) -> Lead:
        """Return the cleaned lead. Raises InvalidFieldsError for a number that cannot be dialled, or no contact at all.

        `region` is the ISO 3166 code by which a national phone number is read, `industry` the tenant's own slug.
        """
        phone = parse_phone(self.customer_phone, region=region) if self.customer_phone else ""
        if phone is None:
            raise InvalidFieldsError(
                [FieldProblem("customerPhone", _("Check this phone number, area code included."), "phone")]
            )
        if not phone and not self.customer_email:
            raise InvalidFieldsError(CONTACT_REQUIRED)
        return Lead(
            customer_name=remove_card_numbers(self.customer_name),
            customer_email=self.customer_email or "",
            customer_phone=phone,
            requested_service=remove_card_numbers(self.requested_service),
            preferred_date_time_text=remove_card_numbers(self.preferred_date_time_text),
            notes=remove_card_numbers(self.notes or ""),
            source_page=remove_card_numbers(strip_query(self.source_page or ""))[:_MAX_SOURCE_LENGTH],
            industry_slug=self.industry_slug or industry,
            attribution=self.attribution.cleaned() if self.attribution else {},
            shares_details=bool(self.share_details_with_provider),
            filled_honeypot=bool(self.website),
            fingerprint=self.fingerprint(),
        )

    def fingerprint(self) -> bytes:
        """Return 16 bytes that differ when anything in the body does."""
        body = json.dumps(self.model_dump(exclude_none=True), sort_keys=True).encode()
        return hashlib.sha256(body).digest()[:16]


class ContactOut(Out):
    """How to reach the business itself."""

    phone: str | None
    email: str | None


def _write_moment(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


Moment = Annotated[
    datetime,
    PlainSerializer(_write_moment, when_used="json"),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
"""A time as every answer has it: UTC, milliseconds."""


class CapturedBookingOut(Out):
    """Where a captured visitor goes next."""

    mode: str
    provider_name: str
    embed_mode: str
    disclaimer: str | None
    url: str
    continue_url: str
    cta_label: str


class CaptureOut(Out):
    """The answer to a captured handoff. `booking` is null where the business itself gets in touch."""

    id: UUID
    status: str
    created_at: Moment
    next_step: str
    booking: CapturedBookingOut | None
    message: str
    contact: ContactOut


class RedirectIn(Out):
    """How the visitor goes on: on their own page, or in a frame on ours."""

    embed: Literal["1"] | None = None


REDIRECT_NAMES = frozenset(RedirectIn.model_fields)


class RedirectOut(Out):
    """The answer to a click. `url` is where to go now."""

    id: UUID
    status: str
    redirected_at: datetime | None
    url: str


class HandoffOut(Out):
    """A handoff as the business sees it. Times are UTC; what was not given is null."""

    id: UUID
    client_id: str
    created_at: datetime
    source_page: str | None
    industry_slug: str
    customer_name: str
    customer_email: str | None
    customer_phone: str | None
    requested_service: str
    preferred_date_time_text: str
    notes: str | None
    status: HandoffStatus
    redirected_at: datetime | None
    completed_at: datetime | None
    abandoned_at: datetime | None
    external_booking_url_used: str | None
    metadata: dict[str, Any]

    @classmethod
    def from_handoff(cls, handoff: BookingHandoff, *, client_id: str, **more: Any) -> "HandoffOut":
        """Return the item of a row; `clientId`, the subdomain, exists at this edge only."""
        return cls(
            id=handoff.pk,
            client_id=client_id,
            created_at=handoff.created_at,
            source_page=handoff.source_page or None,
            industry_slug=handoff.industry_slug,
            customer_name=handoff.customer_name,
            customer_email=handoff.customer_email or None,
            customer_phone=handoff.customer_phone or None,
            requested_service=handoff.requested_service,
            preferred_date_time_text=handoff.preferred_date_time_text,
            notes=handoff.notes or None,
            status=HandoffStatus(handoff.status),
            redirected_at=handoff.redirected_at,
            completed_at=handoff.completed_at,
            abandoned_at=handoff.abandoned_at,
            external_booking_url_used=handoff.external_booking_url_used or None,
            metadata=handoff.metadata,
            **more,
        )


class EventOut(Out):
    """One line of the timeline."""

    type: str
    at: datetime
    actor: str
    evidence: str
    detail: str | None

    @classmethod
    def from_event(cls, event: HandoffEvent) -> "EventOut":
        return cls(
            type=event.type,
            at=event.at,
            actor=event.actor,
            evidence=event.evidence,
            detail=event.detail or None,
        )


class HandoffDetailOut(HandoffOut):
    """A handoff with its timeline, oldest first."""

    events: list[EventOut]


class HandoffListOut(Out):
    """One page, newest first."""

    items: list[HandoffOut]
    next_cursor: str | None


class SummaryOut(Out):
    """Counts over the filters; `today` since midnight at the business."""

    model_config = ConfigDict(alias_generator=None)

    total: int
    new: int
    redirected: int
    completed_external: int
    abandoned: int
    today: int


class FacetsOut(Out):
    """What occurs among the handoffs, to choose filters from; in the order of the alphabet."""

    services: list[str]
    sources: list[str]
    industries: list[str]


def parse_day(value: Any) -> Any:
    """Return the day of a query parameter; raises a refusal that pydantic reports."""
    if not isinstance(value, str) or not re.fullmatch(r"20\d\d-\d\d-\d\d", value):
        raise _refuse("date", _("Write the date as YYYY-MM-DD."))
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise _refuse("date", _("There is no such day.")) from None


Day = Annotated[
    date,
    BeforeValidator(parse_day),
    WithJsonSchema({"type": "string", "format": "date", "pattern": r"^20\d\d-\d\d-\d\d$"}),
]
"""A day of a query, in this century."""


def _parse_limit(value: Any) -> Any:
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,4}", value):
        return int(value)
    raise _refuse("limit", _("Give a whole number from 1 to 200."))


_Filter = Annotated[str, StringConstraints(min_length=1, max_length=500)]
MAX_RANGE_DAYS = 5 * 366


class FiltersIn(Out):
    """Which handoffs. `from` and `to` are days in the business's time zone, both included."""

    model_config = ConfigDict(alias_generator=None)

    status: list[HandoffStatus] = Field(default_factory=list)
    q: Annotated[str, StringConstraints(max_length=200)] = ""
    service: _Filter | None = None
    source: _Filter | None = None
    industry: _Filter | None = None
    first_day: Day | None = Field(default=None, alias="from")
    last_day: Day | None = Field(default=None, alias="to")

    @model_validator(mode="after")
    def _check_range(self) -> "FiltersIn":
        if self.first_day and self.last_day and not 0 <= (self.last_day - self.first_day).days <= MAX_RANGE_DAYS:
            raise _refuse("range", _("The last day must not be before the first, nor more than five years after it."))
        return self


class ListIn(FiltersIn):
    """Filters and which page."""

    limit: Annotated[int, Field(ge=1, le=200), BeforeValidator(_parse_limit)] = 50
    cursor: Annotated[str, StringConstraints(min_length=1, max_length=200)] | None = None


FILTER_NAMES = frozenset(field.alias or name for name, field in FiltersIn.model_fields.items())
LIST_NAMES = frozenset(field.alias or name for name, field in ListIn.model_fields.items())
