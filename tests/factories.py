"""Real rows for tests. Use inside `enter_tenant(...)`: the rows stand in the schema that is entered."""

from typing import Any

from django.utils import timezone
from factory.declarations import LazyAttribute, LazyFunction, SelfAttribute, Sequence
from factory.django import DjangoModelFactory

from shared_apps.accounts.enums import Role
from shared_apps.accounts.models import User
from shared_apps.platform.grants import make_grant, use_grant
from shared_apps.platform.services import ensure_platform_user
from shared_apps.support.models import SupportAccess
from shared_apps.support.services import begin_access
from shared_apps.tenants.scope import TenantRef, enter_tenant
from tenant_apps.handoffs.ids import new_handoff_id
from tenant_apps.handoffs.models import BookingHandoff
from tenant_apps.handoffs.received import Received


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
        assert BookingHandoff.objects.insert_once(Received(*(getattr(handoff, name) for name in Received._fields)))
        if later := {name: value for name, value in kwargs.items() if name in _LATER}:
            BookingHandoff.objects.filter(pk=handoff.pk).update(**later)
        return handoff


def open_support(
    tenant: TenantRef, *, email: str = "help@platform.example", access_id: int | None = None
) -> SupportAccess:
    """An open support session at `tenant`, of a platform person who is made where there is none; no browser has it."""
    person = ensure_platform_user(email=email, role=Role.SUPPORT, password=None)
    with enter_tenant(tenant):
        opened = use_grant(tenant=tenant, token=make_grant(tenant=tenant, person=person))
        assert opened is not None
        access = begin_access(opened=opened)
        if access_id is not None:
            SupportAccess.objects.filter(pk=access.pk).update(id=access_id)
            access.pk = access_id
    return access
