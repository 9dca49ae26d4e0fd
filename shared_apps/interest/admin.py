"""The sign-ups in the platform's admin: admins look at them and delete them."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from shared_apps.accounts.enums import Role
from shared_apps.interest.models import Interest
from shared_apps.platform.admin.site import ByRole, site


@admin.register(Interest, site=site)
class InterestAdmin(ByRole, admin.ModelAdmin):
    """Read and deleted; written by the public page alone."""

    may_look = frozenset({Role.ADMIN})
    list_display = ("business_name", "email", "language", "created_at")
    search_fields = ("business_name", "email")
    list_filter = ("language",)
    ordering = ("-created_at", "-id")
    readonly_fields = ("business_name", "email", "language", "created_at")
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
