"""App configuration."""

from django.apps import AppConfig


class InterestConfig(AppConfig):
    """Sign-ups on the platform's own page, in the public schema."""

    name = "shared_apps.interest"
