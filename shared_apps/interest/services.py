"""Keeping a sign-up of interest."""

from django.utils.translation import gettext_noop as _

from shared_apps.accounts.validators import check_login_email
from shared_apps.errors import FieldProblem, InvalidFieldsError
from shared_apps.interest.models import Interest
from shared_apps.ratelimits import hit
from shared_apps.tenants.scope import public_scope
from shared_apps.texts import has_controls, is_visible

NAME_LIMIT = 120


def record_interest(*, email: str, business_name: str, language: str, client_ip: str) -> None:
    """Keep a sign-up. The same address again changes its name; nobody is told whether it was there before.

    Counts against RATE_CAPTURE_PER_IP. Raises RateLimitedError, InvalidFieldsError.
    """
    hit("RATE_CAPTURE_PER_IP", "public", "interest", client_ip)
    problems: list[FieldProblem] = []
    business_name = business_name.strip()
    if not is_visible(business_name) or has_controls(business_name) or len(business_name) > NAME_LIMIT:
        text = _("Enter the name of your business, at most 120 characters.")
        problems.append(FieldProblem("businessName", text, "name"))
    try:
        email = check_login_email(email)
    except InvalidFieldsError as error:
        problems.extend(error.problems)
    if problems:
        raise InvalidFieldsError(problems)
    row = Interest(email=email, business_name=business_name, language=language)
    with public_scope():
        Interest.objects.bulk_create(
            [row], update_conflicts=True, unique_fields=["email"], update_fields=["business_name", "language"]
        )
