"""Writes of booking: the settings, and what the worker sees of the booking page."""

from tenant_apps.booking.services.frames import (
    NoBookingLinkError,
    request_frame_check,
    run_frame_check,
)
from tenant_apps.booking.services.links import LINK_CHECKS, check_links
from tenant_apps.booking.services.notices import LINK_FAILING, LINK_WORKING, tell_link_failing, tell_link_working
from tenant_apps.booking.services.settings import (
    SettingsInput,
    SettingsPreview,
    create_settings,
    name_provider,
    preview_settings,
    update_settings,
)

__all__ = [
    "LINK_CHECKS",
    "LINK_FAILING",
    "LINK_WORKING",
    "NoBookingLinkError",
    "SettingsInput",
    "SettingsPreview",
    "check_links",
    "create_settings",
    "name_provider",
    "preview_settings",
    "request_frame_check",
    "run_frame_check",
    "tell_link_failing",
    "tell_link_working",
    "update_settings",
]
