"""The JSON of notification settings."""

from typing import Literal

from shared_apps.schemas import In, Out
from tenant_apps.notifications.models import NotificationSettings


class NotificationsOut(Out):
    """How the business hears of new handoffs, and whether of each day."""

    new_handoff: Literal["each", "hourly", "off"]
    daily_summary: bool

    @classmethod
    def from_settings(cls, settings: NotificationSettings) -> "NotificationsOut":
        return cls.model_validate({"newHandoff": settings.new_handoff, "dailySummary": settings.daily_summary})


class NotificationsIn(In):
    """Both choices, as they are to be."""

    new_handoff: Literal["each", "hourly", "off"]
    daily_summary: bool
