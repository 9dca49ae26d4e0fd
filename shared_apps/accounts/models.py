"""People who log in, their sessions, and the keys of programs.

The tables exist in public (platform people) and in each tenant's schema (that tenant's people). A user, a session or a
key of one does not exist in another. Permissions are asked of the role; there are no groups and no permission tables.
"""

from collections.abc import Iterable
from importlib import import_module
from typing import ClassVar
from uuid import uuid4

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.base_session import AbstractBaseSession
from django.core.exceptions import ImproperlyConfigured
from django.db import models, transaction
from django.db.models.base import ModelBase
from django.db.models.functions import Now

from shared_apps.accounts.enums import PLATFORM_ROLES, MemberState, Role, Scope
from shared_apps.accounts.validators import MAX_KEY_NAME, check_login_email, normalise_login_email
from shared_apps.tenants.scope import current_schema


class UserQuerySet(models.QuerySet["User"]):
    """People of the current schema."""

    def delete(self) -> tuple[int, dict[str, int]]:
        """Delete these people with their sessions, and look in no other table.

        Django's own would, in all that have a key to people: the admin's log, which only public has, is one of them.
        """
        with transaction.atomic(using=self.db, savepoint=False):
            Session.objects.filter(user__in=self).delete()
            count = self._raw_delete(self.db)
        return count, {"accounts.User": count}


class UserManager(BaseUserManager["User"]):
    """Looks users up by address without regard to case."""

    def get_queryset(self) -> UserQuerySet:
        return UserQuerySet(self.model, using=self._db)

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=normalise_login_email(username or ""))

    def create_user(self, email: str, role: Role, password: str | None = None) -> "User":
        """Make a user; without a password nobody can log in until one is set by a link."""
        user = self.model(email=normalise_login_email(email), role=role)
        user.set_password(password)
        user.save(using=self._db, force_insert=True)
        return user

    def create_superuser(self, email: str, password: str | None = None) -> "User":
        """Make an admin of the platform, for `manage.py createsuperuser`. Raises InvalidFieldsError.

        Nobody of a tenant is one: in its schema this raises ImproperlyConfigured.
        """
        if current_schema() != "public":
            raise ImproperlyConfigured("an admin of the platform is in public alone")
        return self.create_user(check_login_email(email), Role.ADMIN, password)


class User(AbstractBaseUser):
    """A person with a login, an address that is unique in its schema, and one role."""

    email = models.CharField(max_length=254)
    role = models.CharField(max_length=16, choices=Role)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(db_default=Now())

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"

    class Meta:
        constraints = [models.UniqueConstraint(fields=["email"], name="user_email_unique")]

    def __str__(self) -> str:
        return f"user {self.pk}"  # no personal data where a log may print it

    def delete(self, using: str | None = None, keep_parents: bool = False) -> tuple[int, dict[str, int]]:
        return type(self).objects.using(using).filter(pk=self.pk).delete()

    @property
    def is_staff(self) -> bool:
        """Whether the admin's pages greet this person; what they show is asked of the role."""
        return self.role in PLATFORM_ROLES

    @property
    def is_owner(self) -> bool:
        return self.role == Role.OWNER

    @property
    def state(self) -> MemberState:
        if not self.is_active:
            return MemberState.DEACTIVATED
        return MemberState.ACTIVE if self.has_usable_password() else MemberState.INVITED


class Session(AbstractBaseSession):
    """One browser's session; in a tenant's schema, of one of its people.

    `public_id` names it to its owner: the key is a secret. `device` is what the browser said of itself at the login, in
    a few words. `last_seen_at` may lag by minutes.
    """

    public_id = models.UUIDField(default=uuid4)
    user = models.ForeignKey(User, null=True, on_delete=models.CASCADE, related_name="sessions", db_index=False)
    expire_date = models.DateTimeField()  # without Django's index: the table is small, and read by it a few times a day
    created_at = models.DateTimeField(db_default=Now())
    last_seen_at = models.DateTimeField(db_default=Now())
    device = models.CharField(max_length=60, blank=True, default="")

    class Meta:
        indexes = [models.Index(fields=["user"], name="session_by_user")]

    def __str__(self) -> str:
        return f"session {self.public_id}"  # never the key

    @classmethod
    def get_session_store_class(cls) -> type[SessionBase]:
        store: type[SessionBase] = import_module(settings.SESSION_ENGINE).SessionStore
        return store

    def save(
        self,
        *,
        force_insert: bool | tuple[ModelBase, ...] = False,
        force_update: bool = False,
        using: str | None = None,
        update_fields: Iterable[str] | None = None,
    ) -> None:
        """Save as the session engine asks; saving it again keeps its id and its times."""
        if force_update:
            update_fields = ("session_data", "expire_date", "user", "device")
        super().save(force_insert=force_insert, force_update=force_update, using=using, update_fields=update_fields)


class ApiKey(models.Model):
    """What a program of the tenant's calls the API with. `digest` is all that is kept of the key itself."""

    name = models.CharField(max_length=MAX_KEY_NAME)
    scope = models.CharField(max_length=5, choices=Scope)
    prefix = models.CharField(max_length=12)
    digest = models.BinaryField(max_length=32)
    created_at = models.DateTimeField(db_default=Now())
    last_used_at = models.DateTimeField(null=True, default=None)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["digest"], name="api_key_digest_unique")]

    def __str__(self) -> str:
        return f"key {self.pk}"
