"""What beat asks for, and how often. Seconds."""

from typing import Any

SCHEDULE: dict[str, dict[str, Any]] = {
    "frame checks of links just saved": {
        "task": "booking.dispatch_frame_checks",
        "schedule": 5.0,
        "args": (30,),
        "options": {"expires": 5},
    },
    "frame checks that were missed": {
        "task": "booking.dispatch_frame_checks",
        "schedule": 600.0,
        "args": (24 * 3600,),
        "options": {"expires": 600},
    },
    "booking pages that are to be looked at": {
        "task": "booking.check_links",
        "schedule": 60.0,  # longer than a run takes at most: slow pages never hold more than one process of the worker
        "options": {"expires": 30},
    },
    "tenants' own domains": {"task": "platform.check_domains", "schedule": 60.0, "options": {"expires": 60}},
    "jobs that are due": {"task": "outbox.relay", "schedule": 2.0, "options": {"expires": 10}},
    "expired sessions": {"task": "accounts.dispatch_session_cleanup", "schedule": 6 * 3600.0},
    "personal data that is kept too long": {
        "task": "handoffs.erase_overdue_handoffs",
        "schedule": 300.0,
        "options": {"expires": 300},
    },
    "counts by day": {"task": "handoffs.tally_handoffs", "schedule": 60.0, "options": {"expires": 60}},
    "sweep stale handoffs": {"task": "handoffs.sweep_handoffs", "schedule": 60.0, "options": {"expires": 60}},
    "work that the due list lacks": {"task": "tenants.scan_for_work", "schedule": 60.0, "options": {"expires": 60}},
}
