"""The panels of the insights, each as JSON and as a file."""

from collections.abc import Callable

from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext_noop as _
from ninja import Query, Router

from shared_apps.accounts.security import any_reader
from shared_apps.errors import FieldProblem, InvalidFieldsError
from shared_apps.schemas import check_query
from shared_apps.spreadsheets import csv_response, to_csv
from shared_apps.tenants.http import TenantRequest
from tenant_apps.handoffs.api.requests import CSV_ANSWER, answer_if_changed, get_time_zone, get_today
from tenant_apps.handoffs.schemas.insights import (
    BREAKDOWN_NAMES,
    PERIOD_NAMES,
    BreakdownIn,
    BreakdownOut,
    FunnelOut,
    PanelIn,
    PeriodIn,
    TimelineOut,
    TimeToClickOut,
)
from tenant_apps.handoffs.selectors.insights import (
    Period,
    get_breakdown,
    get_funnel,
    get_time_to_click,
    get_timeline,
)

router = Router(by_alias=True)

Panel = FunnelOut | TimelineOut | BreakdownOut | TimeToClickOut


def _funnel(period: Period) -> FunnelOut:
    before = period.previous
    return FunnelOut.model_validate(
        {"first_day": period.first_day, "last_day": period.last_day, "previous_from": before.first_day,
         "previous_to": before.last_day} | get_funnel(period)
    )  # fmt: skip


def _timeline(period: Period) -> TimelineOut:
    return TimelineOut.model_validate(
        {"first_day": period.first_day, "last_day": period.last_day, "interval": period.interval,
         "points": get_timeline(period)}
    )  # fmt: skip


def _time_to_click(period: Period) -> TimeToClickOut:
    return TimeToClickOut.model_validate(get_time_to_click(period))


def _breakdown(period: Period, by: str) -> BreakdownOut:
    return BreakdownOut.model_validate({"by": by, "rows": get_breakdown(period, by=by)})


_PANELS: dict[str, Callable[[Period], Panel]] = {
    "funnel": _funnel,
    "timeline": _timeline,
    "time-to-click": _time_to_click,
}


def _to_period(request: TenantRequest, given: PeriodIn) -> Period:
    return given.to_period(today=get_today(request), time_zone=get_time_zone(request))


def _answer(request: TenantRequest, period: Period, make: Callable[[], Panel], *, by: str = "") -> HttpResponse:
    return answer_if_changed(
        request, question=(request.path, period, by), answer=lambda: make().model_dump_json(by_alias=True).encode()
    )


@router.get("/insights/funnel", response=FunnelOut, auth=any_reader, tags=["insights"])
def funnel(request: TenantRequest, query: Query[PeriodIn]) -> HttpResponse:
    """How far the visitors of the period got, beside the period before. Default: the last 30 days."""
    check_query(request, allowed=PERIOD_NAMES)
    period = _to_period(request, query)
    return _answer(request, period, lambda: _funnel(period))


@router.get("/insights/timeline", response=TimelineOut, auth=any_reader, tags=["insights"])
def timeline(request: TenantRequest, query: Query[PeriodIn]) -> HttpResponse:
    """Day by day, in longer periods by week or month."""
    check_query(request, allowed=PERIOD_NAMES)
    period = _to_period(request, query)
    return _answer(request, period, lambda: _timeline(period))


@router.get("/insights/time-to-click", response=TimeToClickOut, auth=any_reader, tags=["insights"])
def time_to_click(request: TenantRequest, query: Query[PeriodIn]) -> HttpResponse:
    """How long visitors took to go on to the provider."""
    check_query(request, allowed=PERIOD_NAMES)
    period = _to_period(request, query)
    return _answer(request, period, lambda: _time_to_click(period))


@router.get("/insights/breakdown", response=BreakdownOut, auth=any_reader, tags=["insights"])
def breakdown(request: TenantRequest, query: Query[BreakdownIn]) -> HttpResponse:
    """By service, source page, campaign, weekday or hour."""
    check_query(request, allowed=BREAKDOWN_NAMES)
    period = _to_period(request, query)
    return _answer(request, period, lambda: _breakdown(period, query.by), by=query.by)


@router.get("/insights/{panel}.csv", auth=any_reader, tags=["insights"], openapi_extra=CSV_ANSWER)
def panel_file(request: TenantRequest, panel: str, query: Query[PanelIn]) -> HttpResponseBase:
    """A panel (funnel, timeline, breakdown, time-to-click) as CSV, by the same parameters."""
    if panel == "breakdown":
        check_query(request, allowed=BREAKDOWN_NAMES)
        if query.by is None:
            raise InvalidFieldsError([FieldProblem("by", _("This field is required."), "missing")])
        table = _breakdown(_to_period(request, query), query.by).to_table()
    elif panel in _PANELS:
        check_query(request, allowed=PERIOD_NAMES)
        table = _PANELS[panel](_to_period(request, query)).to_table()
    else:
        raise Http404
    return csv_response(f"{request.tenant.client_id}-{panel}-{get_today(request)}.csv", to_csv(table))
