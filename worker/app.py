"""The Celery process: `celery -A worker.app worker` and `celery -A worker.app beat`."""

import os

import django
from celery.signals import setup_logging

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "saas.settings")
django.setup()

from saas.celery import configure  # noqa: E402 - needs the settings
from worker.schedule import SCHEDULE  # noqa: E402


@setup_logging.connect
def keep_our_logging(**kwargs: object) -> None:
    """Leave logging as Django's settings made it: JSON lines without personal data."""


app = configure()
app.conf.beat_schedule = SCHEDULE
