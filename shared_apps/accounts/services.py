"""Writes of people, their passwords and sessions, and of keys.

Every change of the team first locks the team's rows, in one order: of two owners who demote one another at the same
moment, the second waits, and is then the last one. A conditional UPDATE alone would let both through, since neither
sees the other's uncommitted change.
"""

from datetime import timedelta

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_noop as _

from shared_apps.accounts.enums import MemberState, Role, Scope
from shared_apps.accounts.models import ApiKey, Session, User
from shared_apps.accounts.selectors import list_members
from shared_apps.accounts.tokens import SHOWN_KEY_LENGTH, hash_api_key, make_api_key
from shared_apps.accounts.validators import check_key_name, check_login_email, normalise_login_email
from shared_apps.errors import DomainError, FieldProblem, InvalidFieldsError
from shared_apps.outbox.services import enqueue

MAX_MEMBERS = 200
MAX_API_KEYS = 100
USED_EVERY = timedelta(minutes=1)
_CLEANUP_BATCH = 1_000
_NOBODY = 0


class AccountNotFoundError(DomainError):
    """No such person, session or key here."""

    code = "not_found"
    message = _("There is nothing here by that id.")


class EmailTakenError(DomainError):
    """Somebody of this tenant has the address."""

    code = "taken"
    field = "email"
    message = _("Somebody with this address is on the team already.")


class LastOwnerError(DomainError):
    """Without this person nobody could run the business's account."""

    code = "last_owner"
    message = _("This is the last owner who can log in. Make somebody else an owner first.")


class NotInvitedError(DomainError):
    """Only an invitation that waits can be sent again."""

    code = "not_invited"
    message = _("No invitation of this person is waiting. Whoever forgot a password asks for a link on the login page.")


class LimitReachedError(DomainError):
    """There are as many as there may be."""

    code = "limit_reached"
    message = _("There are too many already. Remove one you no longer need.")


class WrongPasswordError(DomainError):
    """The password that was to prove who asks is not the user's."""

    code = "wrong_password"
    field = "currentPassword"
    message = _("This is not your current password.")


# ---- passwords and sessions -------------------------------------------------------------------------------------


def replace_password(*, user: User, password: str) -> bool:
    """Set `password` and end the user's sessions, unless the password has changed or the user been deactivated since
    `user` was read; True when it was set.

    Of two that spend one link at the same moment the second finds it spent. `user` is changed only in that case.
    """
    known = user.password
    user.set_password(password)
    with transaction.atomic():
        if User.objects.filter(pk=user.pk, password=known, is_active=True).update(password=user.password):
            Session.objects.filter(user=user).delete()
            return True
    user.password = known
    return False


def change_password(*, user: User, current: str, new: str) -> None:
    """Set a new password for one who knows the current one; ends all sessions, the caller's own too.

    Raises WrongPasswordError, and InvalidFieldsError for a password that is too easy to guess.
    """
    if not user.check_password(current):
        raise WrongPasswordError
    try:
        validate_password(new, user)
    except ValidationError as error:
        raise InvalidFieldsError(
            [FieldProblem("newPassword", message, "password") for message in error.messages]
        ) from None
    if not replace_password(user=user, password=new):
        raise WrongPasswordError


def request_password_reset(*, email: str) -> None:
    """Have a link mailed to the person with that address, if there is one. The same two statements if there is none.

    The mail is written in the language of this request.
    """
    found = User.objects.filter(email=normalise_login_email(email), is_active=True).values_list("pk", flat=True).first()
    enqueue(kind="accounts.password_reset", payload={"user": found or _NOBODY, "language": _language()})


def _language() -> str:
    return get_language() or settings.LANGUAGE_CODE


def end_session(*, user: User, public_id: str) -> None:
    """End one of the user's sessions. Raises AccountNotFoundError when it is none of theirs."""
    try:
        ended, _rows = Session.objects.filter(user=user, public_id=public_id).delete()
    except ValidationError:  # not a UUID
        ended = 0
    if not ended:
        raise AccountNotFoundError


def end_other_sessions(*, user: User, session_key: str | None) -> None:
    """End all sessions of the user but the one with that key."""
    Session.objects.filter(user=user).exclude(session_key=session_key).delete()


def delete_expired_sessions() -> int:
    """Delete the expired sessions of the schema that is entered, a thousand in a statement; return how many."""
    deleted = 0
    while True:
        expired = Session.objects.filter(expire_date__lt=timezone.now()).values("pk")[:_CLEANUP_BATCH]
        count, _rows = Session.objects.filter(pk__in=expired).delete()
        deleted += count
        if count < _CLEANUP_BATCH:
            return deleted


# ---- the team ---------------------------------------------------------------------------------------------------


def invite_member(*, email: str, role: Role) -> User:
    """Add a person, who chooses a password by the link that is mailed to them.

    Raises InvalidFieldsError for what is no address, EmailTakenError, LimitReachedError.
    """
    email = check_login_email(email)
    if list_members().count() >= MAX_MEMBERS:
        raise LimitReachedError
    with transaction.atomic():
        try:
            with transaction.atomic():
                member = User.objects.create_user(email, role)
        except IntegrityError:
            raise EmailTakenError from None
        enqueue(kind="accounts.invitation", payload={"user": member.pk, "language": _language()})
    return member


def renew_invitation(*, member_id: int) -> None:
    """Send the invitation again; links of earlier ones are worth nothing from now on.

    Raises AccountNotFoundError, and NotInvitedError for one who has a password or is deactivated.
    """
    with transaction.atomic():
        member = _lock_team(member_id)[member_id]
        if member.state != MemberState.INVITED:
            raise NotInvitedError
        member.set_unusable_password()  # another one: links are made over it
        member.save(update_fields=["password"])
        enqueue(kind="accounts.invitation", payload={"user": member.pk, "language": _language()})


def change_member(*, member_id: int, role: Role | None, is_active: bool | None) -> User:
    """Give a person another role, or let them in or out; None leaves either as it is. Return the person.

    Letting somebody out ends their sessions; so does letting them in, for one that began meanwhile.
    Raises AccountNotFoundError, LastOwnerError.
    """
    with transaction.atomic():
        team = _lock_team(member_id)
        member = team[member_id]
        if role == Role.STAFF or is_active is False:
            _refuse_if_last_owner(member, team)
        if role is not None:
            member.role = role
        if is_active is not None and is_active != member.is_active:
            member.is_active = is_active
            Session.objects.filter(user=member).delete()
        member.save(update_fields=["role", "is_active"])
    return member


def remove_member(*, member_id: int) -> None:
    """Remove a person with their sessions. What they did stays in the timelines under their address.

    Raises AccountNotFoundError, LastOwnerError.
    """
    with transaction.atomic():
        team = _lock_team(member_id)
        _refuse_if_last_owner(team[member_id], team)
        team[member_id].delete()


def _lock_team(member_id: int) -> dict[int, User]:
    """Return the team as committed, by id, for this transaction alone to change. Raises AccountNotFoundError.

    FOR NO KEY UPDATE: logging in, which refers to a user, does not wait for it.
    """
    team = {member.pk: member for member in list_members().select_for_update(no_key=True)}
    if member_id not in team:
        raise AccountNotFoundError
    return team


def _refuse_if_last_owner(member: User, team: dict[int, User]) -> None:
    """Raise LastOwnerError unless an owner who has a password stays; one who is only invited may never come."""
    others = (one for one in team.values() if one.pk != member.pk and one.is_owner)
    if member.is_owner and member.is_active and not any(one.state == MemberState.ACTIVE for one in others):
        raise LastOwnerError


# ---- keys -------------------------------------------------------------------------------------------------------


def create_api_key(*, name: str, scope: Scope) -> tuple[ApiKey, str]:
    """Make a key; return its row, and the key itself, which nobody can see again.

    Raises InvalidFieldsError for the name, LimitReachedError.
    """
    name = check_key_name(name)
    if ApiKey.objects.count() >= MAX_API_KEYS:
        raise LimitReachedError
    key = make_api_key()
    return ApiKey.objects.create(name=name, scope=scope, prefix=key[:SHOWN_KEY_LENGTH], digest=hash_api_key(key)), key


def revoke_api_key(*, key_id: int) -> None:
    """Delete a key: it is nobody's from the next request on. Raises AccountNotFoundError."""
    if not ApiKey.objects.filter(pk=key_id).delete()[0]:
        raise AccountNotFoundError


def use_api_key(key: str) -> ApiKey | None:
    """Return the row of a valid key of this schema, None for any other text. Notes the use once a minute."""
    digest = hash_api_key(key)
    found = ApiKey.objects.filter(digest=digest).first() if digest is not None else None
    if found is None:
        return None
    now = timezone.now()
    if found.last_used_at is None or found.last_used_at < now - USED_EVERY:
        lately = Q(last_used_at=None) | Q(last_used_at__lt=now - USED_EVERY)
        ApiKey.objects.filter(lately, pk=found.pk).update(last_used_at=now)
    return found
