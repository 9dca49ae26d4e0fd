"""`/metrics`: the figures of this host, and of the tenants all together, for Prometheus.

Counters come from files that all processes of the host add to (`shared_apps.counters`), the rest is read when it is
asked for: of the database by five statements in public, however many tenants there are, and only as long as it
answers. Where it does not, or Redis does not, that is what is told, with everything else.
"""

import hmac
import ipaddress
import logging
import math
import platform
from collections.abc import Iterator, Mapping
from typing import Final

from django.conf import settings
from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from saas import __version__
from saas.health import is_redis_there
from saas.observing import request_figures
from shared_apps.counters import Counter, Histogram
from shared_apps.journal.selectors import get_journal_status
from shared_apps.mail import MAILS
from shared_apps.outbox.services import DEAD_KIND, JOBS
from shared_apps.platform.upgrades import count_schemas
from shared_apps.tenants.backend.guard import OPEN, OPENINGS, time_limit
from shared_apps.tenants.due import known_work, read_due_state
from shared_apps.tenants.heartbeats import read_clock_skew, read_heartbeat_ages
from shared_apps.tenants.selectors import count_tenants
from tenant_apps.booking.services import LINK_CHECKS
from tenant_apps.handoffs.figures import CAPTURES, CLICKS, SWEPT

logger = logging.getLogger(__name__)

_SECONDS: Final = 1.0
_FORWARDED: Final = ("HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED", "HTTP_X_REAL_IP", "HTTP_X_FORWARDED_HOST", "HTTP_VIA")
_COUNTERS: Final = (CAPTURES, CLICKS, SWEPT, JOBS, LINK_CHECKS, MAILS, OPENINGS)


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Return the figures to a program on this very machine, or to one with the token; 404 where there is no token."""
    if not _may_read(request):
        status = 403 if settings.METRICS_TOKEN else 404
        return HttpResponse("Not for you\n", status=status, content_type="text/plain; charset=utf-8")
    registry = CollectorRegistry(auto_describe=False)
    registry.register(HostCollector())
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def _may_read(request: HttpRequest) -> bool:
    scheme, _, token = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    if settings.METRICS_TOKEN and scheme.lower() == "bearer":
        return hmac.compare_digest(token.encode(), settings.METRICS_TOKEN.encode())
    return is_local(request)


def is_local(request: HttpRequest) -> bool:
    """Whether the request comes from this machine itself, and on behalf of nobody else: a proxy beside us is not us."""
    if any(name in request.META for name in _FORWARDED):
        return False
    try:
        peer = ipaddress.ip_address(request.META.get("REMOTE_ADDR", ""))
    except ValueError:
        return False
    return (getattr(peer, "ipv4_mapped", None) or peer).is_loopback


class HostCollector(Collector):
    """All figures, in one order."""

    def collect(self) -> Iterator[Metric]:
        """Yield them; nothing is raised for a part that is away."""
        build = GaugeMetricFamily("handoff_build_info", "What runs here.", labels=("version", "python"))
        build.add_metric((__version__, platform.python_version()), 1.0)
        yield build
        figures = request_figures()
        yield _counter(figures.requests, with_zeros=False)
        yield _histogram(figures.seconds)
        for counter in _COUNTERS:
            yield _counter(counter)
        yield _gauge(OPEN.name, OPEN.help_text, OPEN.read())
        yield from _journal()
        yield _gauge("handoff_redis_up", "Whether Redis answers.", float(is_redis_there()))
        yield from _database()


def _counter(counter: Counter, *, with_zeros: bool = True) -> Metric:
    family = CounterMetricFamily(counter.name, counter.help_text, labels=counter.label_names)
    for values, number in counter.read().items():
        if number or with_zeros:
            family.add_metric(values, number)
    return family


def _histogram(histogram: Histogram) -> Metric:
    family = HistogramMetricFamily(histogram.name, histogram.help_text, labels=(histogram.label,))
    for value, counts, seconds in histogram.read():
        total, buckets = 0.0, []
        for bound, count in zip(histogram.bounds, counts, strict=True):
            total += count
            buckets.append(("+Inf" if math.isinf(bound) else repr(bound), total))
        family.add_metric((value,), buckets, seconds)
    return family


def _gauge(name: str, help_text: str, number: float) -> Metric:
    return GaugeMetricFamily(name, help_text, value=number)


def _labelled(name: str, help_text: str, label: str, numbers: Mapping[str, float]) -> Metric:
    family = GaugeMetricFamily(name, help_text, labels=(label,))
    for value, number in sorted(numbers.items()):
        family.add_metric((value,), number)
    return family


def _journal() -> Iterator[Metric]:
    status = get_journal_status()
    yield _gauge("handoff_journal_records", "Records that wait for the database.", status.waiting)
    yield _gauge("handoff_journal_oldest_seconds", "How long the oldest of them waits.", status.oldest_age_seconds)
    yield _gauge("handoff_journal_waiting_bytes", "Bytes of the waiting records.", status.waiting_bytes)
    yield _gauge("handoff_journal_file_bytes", "Bytes of all journal files; at most 500 MB.", status.file_bytes)
    yield _gauge("handoff_journal_dead_records", "Records set aside for a person.", status.dead_letters)
    for name, help_text, number in (
        ("handoff_journal_stored_total", "Records the drainer stored since its start.", status.stored),
        ("handoff_journal_dropped_clicks_total", "Clicks on nothing, since its start.", status.dropped_clicks),
        ("handoff_journal_torn_lines_total", "Torn lines since its start.", status.torn_lines),
    ):
        yield CounterMetricFamily(name, help_text, value=number)
    age = status.heartbeat_age_seconds
    if age is not None:
        yield _gauge("handoff_drainer_heartbeat_seconds", "Age of the drainer's last sign of life.", age)


def _database() -> Iterator[Metric]:
    """What the database knows, all of it or none: then `handoff_database_up` is 0, and nobody waits for more."""
    try:
        with time_limit(_SECONDS):
            tenants, schemas, due, ages = count_tenants(), count_schemas(), read_due_state(), read_heartbeat_ages()
            skew = read_clock_skew()
    except (DatabaseError, InterfaceError) as error:
        logger.warning("metrics without the database: %s", type(error).__name__)
        yield _gauge("handoff_database_up", "Whether the database answers.", 0.0)
        return
    yield _gauge("handoff_database_up", "Whether the database answers.", 1.0)
    yield _gauge("handoff_clock_skew_seconds", "How far this host's clock is ahead of the database's.", skew)
    yield _labelled("handoff_tenants", "Tenants by status.", "status", tenants)
    yield _labelled("handoff_tenant_schemas", "Tenants' schemas by their migrations.", "state", schemas)
    kinds = known_work()
    yield _labelled(
        "handoff_due_tenants",
        "Tenants whose work of a kind is due and not begun.",
        "kind",
        {kind: due[kind].tenants if kind in due else 0 for kind in kinds},
    )
    yield _labelled(
        "handoff_due_oldest_seconds",
        "How late the longest due of them is.",
        "kind",
        {kind: due[kind].oldest_seconds if kind in due else 0.0 for kind in kinds},
    )
    dead = due[DEAD_KIND].tenants if DEAD_KIND in due else 0
    yield _gauge("handoff_dead_job_tenants", "Tenants with jobs that were given up; see manage.py dead_jobs.", dead)
    yield _labelled(
        "handoff_heartbeat_seconds",
        "Age of the last sign of life, by the database's clock.",
        "role",
        {role: age for role, age in ages.items() if age is not None},
    )
