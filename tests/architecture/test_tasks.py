"""Every task says where it runs, has a name of its own, and takes what JSON can carry."""

import inspect
import types
import typing
from typing import Any

import pytest
from celery import Task
from django.apps import apps

from saas.celery import configure
from shared_apps.outbox.hooks import known_jobs
from shared_apps.tenants.due import known_work
from shared_apps.tenants.tasks import PlatformTask, TenantTask
from worker.schedule import SCHEDULE

PRIMITIVES = {str, int, float, bool, types.NoneType}


def _all_tasks() -> dict[str, Task[Any, Any]]:
    app = configure()
    app.loader.import_default_modules()
    return {name: task for name, task in app.tasks.items() if not name.startswith("celery.")}


TASKS = _all_tasks()


def _is_primitive(annotation: Any) -> bool:
    """Whether JSON gives back what was put in: a str, int, float, bool or None, and lists and dicts of them."""
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin in (list, types.UnionType, typing.Union):
        return all(_is_primitive(argument) for argument in arguments)
    if origin is dict:
        return arguments[0] is str and _is_primitive(arguments[1])
    return annotation in PRIMITIVES


def test_tasks_are_found() -> None:
    assert {"handoffs.sweep_handoffs", "outbox.relay", "tenants.scan_for_work"} <= set(TASKS)


@pytest.mark.parametrize("name", sorted(TASKS))
def test_task_says_where_it_runs(name: str) -> None:
    assert isinstance(TASKS[name], TenantTask | PlatformTask)


@pytest.mark.parametrize("name", sorted(TASKS))
def test_task_has_an_explicit_name_of_its_app_and_function(name: str) -> None:
    """Celery's own names hold the module's path, which a message in the queue would then depend on."""
    label, _, verb = name.partition(".")

    assert label in {config.label for config in apps.get_app_configs()}
    assert verb == TASKS[name].run.__name__
    assert TASKS[name].run.__module__.rpartition(".")[2] == "tasks"


@pytest.mark.parametrize("name", sorted(TASKS))
def test_task_takes_primitives_only(name: str) -> None:
    hints = typing.get_type_hints(TASKS[name].run)
    parameters = inspect.signature(TASKS[name].run).parameters

    assert [each for each in parameters if not _is_primitive(hints.get(each, Any))] == []


@pytest.mark.parametrize(
    ("annotation", "is_primitive"),
    [
        (str, True), (list[str], True), (str | None, True), (dict[str, int], True), (list[dict[str, bool]], True),
        (bytes, False), (list[bytes], False), (dict[int, str], False), (Any, False), (object, False), (Task, False),
    ],
)  # fmt: skip
def test_primitives_are_told_from_the_rest(annotation: Any, is_primitive: bool) -> None:
    assert _is_primitive(annotation) is is_primitive


@pytest.mark.parametrize("kind", sorted(known_jobs()))
def test_job_is_named_like_a_task_of_an_app(kind: str) -> None:
    """The name stands in rows that outlive a release."""
    label, _, verb = kind.partition(".")

    assert label in {config.label for config in apps.get_app_configs()}
    assert verb.isidentifier()


def test_work_of_the_due_list_is_known_to_the_scan() -> None:
    assert {"outbox", "sweep"} <= known_work()


@pytest.mark.parametrize("entry", sorted(SCHEDULE))
def test_schedule_asks_for_platform_tasks_that_exist(entry: str) -> None:
    """Beat knows no tenant."""
    assert isinstance(TASKS[SCHEDULE[entry]["task"]], PlatformTask)
