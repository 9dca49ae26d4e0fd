"""What beat asks for, and how often. Seconds."""

from typing import Any

SCHEDULE: dict[str, dict[str, Any]] = {
    "sweep stale handoffs": {"task": "handoffs.dispatch_sweep", "schedule": 60.0},
}
