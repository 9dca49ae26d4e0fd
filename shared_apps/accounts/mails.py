"""Jobs that mail somebody a link to choose a password by. The link is made when it is sent and stored nowhere."""

from django.conf import settings

from shared_apps.accounts.enums import MemberState
from shared_apps.accounts.models import User
from shared_apps.accounts.tokens import make_set_password_token
from shared_apps.mail import send_mail, unlink_text
from shared_apps.outbox.hooks import Payload
from shared_apps.tenants.scope import TenantRef
from shared_apps.tenants.selectors import tenant_url


def send_invitation(tenant: TenantRef, payload: Payload) -> None:
    """Mail their link to one who is still invited; to one who came, was let out or removed meanwhile, nothing."""
    user = _find(payload)
    if user is not None and user.state == MemberState.INVITED:
        _send(tenant, user, template="invitation", language=str(payload["language"]))


def send_password_reset(tenant: TenantRef, payload: Payload) -> None:
    """Mail a link to one who forgot their password; their invitation to one who has none yet; to nobody nothing."""
    user = _find(payload)
    if user is not None:
        template = "invitation" if user.state == MemberState.INVITED else "password_reset"
        _send(tenant, user, template=template, language=str(payload["language"]))


def _find(payload: Payload) -> User | None:
    return User.objects.filter(pk=payload["user"], is_active=True).first()


def _send(tenant: TenantRef, user: User, *, template: str, language: str) -> None:
    context = {
        "url": tenant_url(tenant, f"/set-password/{make_set_password_token(user)}"),
        "email": user.email,
        "business_name": unlink_text(tenant.name),  # it goes to whomever the business names
        "days": settings.PASSWORD_RESET_TIMEOUT // 86_400,
    }
    send_mail(to=[user.email], template=template, context=context, tenant=tenant, language=language)
