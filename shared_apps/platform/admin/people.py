"""The platform's people."""

from typing import Any, cast

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import BaseUserCreationForm, UserChangeForm
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest

from shared_apps.accounts.enums import PLATFORM_ROLES, Role
from shared_apps.accounts.models import User
from shared_apps.accounts.validators import normalise_login_email
from shared_apps.platform.admin.site import ByRole, site
from shared_apps.platform.grants import revoke_grants

PLATFORM_CHOICES = [(role.value, role.label) for role in Role if role in PLATFORM_ROLES]


class PersonForm(UserChangeForm):
    """One of the platform's people; the last admin stays one."""

    role = forms.ChoiceField(choices=PLATFORM_CHOICES)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        stays = cleaned.get("role") == Role.ADMIN and cleaned.get("is_active")
        others = User.objects.filter(role=Role.ADMIN, is_active=True).exclude(pk=self.instance.pk)
        if not stays and not others.exists():
            raise ValidationError("This is the last active admin. Make another one first.")
        return cleaned


class NewPersonForm(BaseUserCreationForm):
    """A new one of the platform's people, with a first password."""

    role = forms.ChoiceField(choices=PLATFORM_CHOICES)

    class Meta:
        model = User
        fields = ("email",)

    def clean_email(self) -> str:
        email = normalise_login_email(self.cleaned_data["email"])
        if User.objects.filter(email=email).exists():
            raise ValidationError("Somebody has this address already.")
        return email

    def save(self, commit: bool = True) -> User:
        self.instance.role = self.cleaned_data["role"]
        return cast(User, super().save(commit))


@admin.register(User, site=site)
class PersonAdmin(ByRole, UserAdmin):
    """The platform's people. Admins alone see them."""

    may_look = frozenset({Role.ADMIN})
    form, add_form = PersonForm, NewPersonForm
    list_display = ("email", "role", "is_active", "last_login")
    list_filter = ("role", "is_active")
    search_fields = ("email",)
    ordering = ("email",)
    filter_horizontal = ()
    actions = None
    fieldsets = ((None, {"fields": ("email", "role", "is_active", "password")}),)
    add_fieldsets = ((None, {"fields": ("email", "role", "password1", "password2")}),)

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return super().get_queryset(request).filter(role__in=PLATFORM_ROLES)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # the log names them: deactivate instead

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """Save; one who is deactivated is out of every dashboard too."""
        super().save_model(request, obj, form, change)
        if not obj.is_active:
            revoke_grants(person_id=obj.pk)
