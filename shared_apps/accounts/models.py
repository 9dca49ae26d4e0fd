"""People who log in.

The table exists in public (platform admins) and in each tenant's schema (that tenant's people). A user or a session of
one does not exist in another. Permissions are asked of the role; there are no groups and no permission tables.
"""

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models.functions import Now

from shared_apps.accounts.enums import PLATFORM_ROLES, Role


def normalise_login_email(email: str) -> str:
    """Return the address as it is stored and looked up: trimmed and in lower case."""
    return email.strip().lower()


class UserQuerySet(models.QuerySet["User"]):
    """People of the current schema."""

    def delete(self) -> tuple[int, dict[str, int]]:
        """Delete these people, and look in no other table.

        Django's own would, in all that have a key to people: the admin's log, which only public has, is one of them.
        """
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
