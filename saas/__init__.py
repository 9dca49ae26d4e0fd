"""The composition root: settings, URL maps, APIs, Celery wiring, and the embedded services. No rules."""

__version__ = "0.1.0"
