"""The Celery process: `celery -A worker.app worker` and `celery -A worker.app beat`."""

import os
from importlib import import_module
from typing import Any

import django
from celery import Task
from celery.signals import setup_logging, task_postrun, task_prerun

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "saas.settings")
django.setup()

from saas.celery import configure  # noqa: E402 - needs the settings
from saas.logs import set_line_facts  # noqa: E402 - the same
from worker.schedule import SCHEDULE  # noqa: E402 - the same


@setup_logging.connect
def keep_our_logging(**kwargs: object) -> None:
    """Leave logging as Django's settings made it: JSON lines without personal data."""


@task_prerun.connect
def name_task(task_id: str, task: "Task[Any, Any]", **kwargs: object) -> None:
    """Have the lines of a task say which one it is."""
    set_line_facts(task=task_id, taskName=task.name)


@task_postrun.connect
def forget_task(**kwargs: object) -> None:
    """The next lines are no task's."""
    set_line_facts()


app = configure()
app.conf.beat_schedule = SCHEDULE
app.conf.beat_scheduler = "worker.life:LivingScheduler"
import_module("worker.life")  # its signal
