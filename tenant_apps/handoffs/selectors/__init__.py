"""Reads of the pipeline."""

from tenant_apps.handoffs.selectors.changes import Version, read_version
from tenant_apps.handoffs.selectors.counts import summarise_handoffs
from tenant_apps.handoffs.selectors.exports import export_all_handoffs, export_handoffs
from tenant_apps.handoffs.selectors.facets import list_facets
from tenant_apps.handoffs.selectors.filters import HandoffFilters, filter_handoffs
from tenant_apps.handoffs.selectors.handoffs import HandoffNotFoundError, get_handoff, list_events
from tenant_apps.handoffs.selectors.pages import list_handoffs_json, list_newest_json

__all__ = [
    "HandoffFilters",
    "HandoffNotFoundError",
    "Version",
    "export_all_handoffs",
    "export_handoffs",
    "filter_handoffs",
    "get_handoff",
    "list_events",
    "list_facets",
    "list_handoffs_json",
    "list_newest_json",
    "read_version",
    "summarise_handoffs",
]
