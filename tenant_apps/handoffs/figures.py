"""What is counted of visitors' steps, for `/metrics`: outcomes, never whose."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Final, ParamSpec, TypeVar

from django.db import DatabaseError, InterfaceError

from shared_apps.counters import Counter
from shared_apps.errors import DomainError

CAPTURES: Final = Counter(
    "handoff_captures_total",
    "Captures by what came of them: unstored ones could be kept nowhere.",
    outcome=("created", "repeated", "queued", "refused", "unstored"),
)
CLICKS: Final = Counter(
    "handoff_clicks_total",
    "Clicks to the provider by what came of them.",
    outcome=("first", "repeated", "queued", "refused", "unstored"),
)
SWEPT: Final = Counter("handoff_swept_total", "Handoffs that the sweep marked as abandoned.")

_Given = ParamSpec("_Given")
_Done = TypeVar("_Done")


def counted(
    counter: Counter, outcome: Callable[[Any], str]
) -> Callable[[Callable[_Given, _Done]], Callable[_Given, _Done]]:
    """Have each call of a rule counted, by `outcome` of what it returns, or by how it fails."""

    def decorate(rule: Callable[_Given, _Done]) -> Callable[_Given, _Done]:
        @wraps(rule)
        def counting(*args: _Given.args, **kwargs: _Given.kwargs) -> _Done:
            try:
                done = rule(*args, **kwargs)
            except DomainError:
                counter.add("refused")
                raise
            except (DatabaseError, InterfaceError):
                counter.add("unstored")
                raise
            counter.add(outcome(done))
            return done

        return counting

    return decorate
