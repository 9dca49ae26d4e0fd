"""Real rows for tests. Use inside `enter_tenant(...)`: the rows stand in the schema that is entered."""

from typing import Any

from django.utils import timezone
from factory.declarations import LazyAttribute, LazyFunction, SelfAttribute, Sequence
from factory.django import DjangoModelFactory

from shared_apps.accounts.enums import Role
from shared_apps.accounts.models import User
from tenant_apps.handoffs.ids import new_handoff_id
from tenant_apps.handoffs.models import BookingHandoff


class UserFactory(DjangoModelFactory[User]):
    """A person with a login; the password is `correct-horse-battery`."""

    class Meta:
        model = User

    email = Sequence(lambda n: f"person{n}@example.com")
    role = Role.OWNER

    @classmethod
    def _create(cls, model_class: type[User], *args: Any, **kwargs: Any) -> User:
        password = kwargs.pop("password", None)
        return User.objects.create_user(kwargs.pop("email"), kwargs.pop("role"), password)


_LATER = {"status", "redirected_at", "completed_at", "abandoned_at", "erased_at"}  # what no capture brings


class HandoffFactory(DjangoModelFactory[BookingHandoff]):
    """A handoff just received, written as the capture writes it, with its first event; later things may come too."""

    class Meta:
        model = BookingHandoff

    created_at = LazyFunction(timezone.now)
    pending_since = SelfAttribute("created_at")
    id = LazyAttribute(lambda handoff: new_handoff_id(now=handoff.created_at))
    customer_name = "Jane Doe"
    customer_email = "jane@example.com"
    requested_service = "Haircut"
    preferred_date_time_text = "Friday after 5"

    @classmethod
    def _create(cls, model_class: type[BookingHandoff], *args: Any, **kwargs: Any) -> BookingHandoff:
        handoff = BookingHandoff(**kwargs)
        assert BookingHandoff.objects.insert_once(handoff)
        if later := {name: value for name, value in kwargs.items() if name in _LATER}:
            BookingHandoff.objects.filter(pk=handoff.pk).update(**later)
        return handoff
