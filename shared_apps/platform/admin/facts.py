"""What the admin shows of a tenant's work: numbers, asked of a whole page of tenants in one statement."""

from collections.abc import Iterable, Sequence
from typing import Any, Final, cast

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from shared_apps.platform.blueprint import schema_version
from shared_apps.platform.hooks import facts_sql
from shared_apps.tenants.bulk import execute_in_each, in_batches
from shared_apps.tenants.enums import TenantStatus
from shared_apps.tenants.models import Tenant
from shared_apps.tenants.scope import TenantRef

LINKS: Final = {"ok": "OK", "failing": "Failing", "unseen": "Never looked at", "none": "No link"}
MOST_LOOKED_AT: Final = 5_000
"""Of how many tenants, the newest first, the filter by link looks at the settings: half a millisecond each."""


def to_ref(row: Tenant) -> TenantRef:
    """Return the tenant of a row whose domains are read already."""
    primary = next((domain.domain for domain in row.domains.all() if domain.is_primary), "")
    return TenantRef(row.pk, row.schema_name, primary, row.name, row.status, row.primary_host)


def read_facts(rows: Iterable[Tenant]) -> None:
    """Ask all the apps have to tell of these tenants, in one statement for each 60, and keep it with the rows.

    None where a tenant's schema does not answer.
    """
    by_id = {row.pk: row for row in rows if row.status != TenantStatus.DROPPED}
    for batch in in_batches([to_ref(row) for row in by_id.values()]):
        for outcome in execute_in_each(batch, facts_sql()):
            vars(by_id[outcome.tenant.id])["facts"] = outcome.value


def facts_of(row: Tenant) -> dict[str, Any] | None:
    """Return the facts of a tenant, by name; None where its schema does not answer."""
    if "facts" not in vars(row):
        read_facts([row])
    return cast("dict[str, Any] | None", vars(row).get("facts"))


class TenantList(ChangeList):
    """A page of tenants with their facts."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list = list(self.result_list)
        read_facts(self.result_list)


class LinkFilter(admin.SimpleListFilter):
    """Tenants by how their booking link stands, which only their own schemas tell."""

    title = "booking link"
    parameter_name = "link"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Sequence[tuple[str, str]]:
        return list(LINKS.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Tenant]) -> QuerySet[Tenant]:
        wanted = self.value()
        if wanted not in LINKS:
            return queryset
        rows = queryset.exclude(status=TenantStatus.DROPPED).order_by("-id")[:MOST_LOOKED_AT]
        found = [
            outcome.tenant.id
            for batch in in_batches([to_ref(row) for row in rows])
            for outcome in execute_in_each(batch, facts_sql("link"))
            if outcome.value and outcome.value["link"] == wanted
        ]
        return queryset.filter(pk__in=found)


class TablesFilter(admin.SimpleListFilter):
    """Tenants by whether their tables are those of this version."""

    title = "tables"
    parameter_name = "tables"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Sequence[tuple[str, str]]:
        return [("current", "Up to date"), ("behind", "Behind"), ("failed", "Failed")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Tenant]) -> QuerySet[Tenant]:
        is_current, has_failed = Q(schema_version=schema_version()), ~Q(schema_failure="")
        conditions = {"current": is_current, "behind": ~is_current & ~has_failed, "failed": ~is_current & has_failed}
        condition = conditions.get(self.value() or "")
        return queryset if condition is None else queryset.filter(condition)
