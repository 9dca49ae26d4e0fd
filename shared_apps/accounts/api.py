"""Operations on the team, on one's own sessions and password, and on API keys. People only; keys open none of them."""

import re

from django.contrib.auth import update_session_auth_hash
from ninja import Router, Status

from shared_apps.accounts import services
from shared_apps.accounts.enums import Role, Scope
from shared_apps.accounts.schemas import (
    ApiKeyIn,
    ApiKeyListOut,
    ApiKeyOut,
    MemberIn,
    MemberListOut,
    MemberOut,
    MemberPatchIn,
    NewApiKeyOut,
    PasswordIn,
    SessionListOut,
    SessionOut,
)
from shared_apps.accounts.security import any_person, get_caller, owner_only
from shared_apps.accounts.selectors import list_api_keys, list_members, list_sessions
from shared_apps.ratelimits import check, hit
from shared_apps.tenants.http import TenantRequest

router = Router(by_alias=True)

_ID = re.compile(r"[1-9][0-9]{0,17}")


def _parse_id(text: str) -> int:
    """Return the id; what is no number as we write it is as unknown as any other."""
    if not _ID.fullmatch(text):
        raise services.AccountNotFoundError
    return int(text)


# ---- oneself ----------------------------------------------------------------------------------------------------


@router.post("/me/password", response={204: None}, auth=any_person, tags=["me"])
def post_password(request: TenantRequest, body: PasswordIn) -> Status[None]:
    """Change one's own password; all other sessions end. Wrong guesses of the current one are limited like logins."""
    user = get_caller(request).person
    limit = ("RATE_LOGIN", request.tenant.schema_name, "password", str(user.pk))
    check(*limit)
    try:
        services.change_password(user=user, current=body.current_password, new=body.new_password)
    except services.WrongPasswordError:
        hit(*limit)
        raise
    update_session_auth_hash(request, user)
    return Status(204, None)


@router.get("/sessions", response=SessionListOut, auth=any_person, tags=["me"])
def get_sessions(request: TenantRequest) -> SessionListOut:
    """One's own open sessions."""
    key = request.session.session_key
    sessions = list_sessions(user=get_caller(request).person)
    return SessionListOut(items=[SessionOut.from_session(session, current_key=key) for session in sessions])


@router.delete("/sessions", response={204: None}, auth=any_person, tags=["me"])
def delete_sessions(request: TenantRequest) -> Status[None]:
    """End all of one's sessions but this one."""
    services.end_other_sessions(user=get_caller(request).person, session_key=request.session.session_key)
    return Status(204, None)


@router.delete("/sessions/{session_id}", response={204: None}, auth=any_person, tags=["me"])
def delete_session(request: TenantRequest, session_id: str) -> Status[None]:
    """End one of one's own sessions; ending this one logs out."""
    services.end_session(user=get_caller(request).person, public_id=session_id)
    return Status(204, None)


# ---- the team ---------------------------------------------------------------------------------------------------


@router.get("/team", response=MemberListOut, auth=owner_only, tags=["team"])
def get_team(request: TenantRequest) -> MemberListOut:
    """Everybody who has a login here, or is invited to one."""
    caller = get_caller(request).person
    return MemberListOut(items=[MemberOut.from_user(member, caller=caller) for member in list_members()])


@router.post("/team", response={201: MemberOut}, auth=owner_only, tags=["team"])
def post_member(request: TenantRequest, body: MemberIn) -> Status[MemberOut]:
    """Invite somebody: they get a link by mail, single use, by which they choose a password."""
    hit("RATE_LOGIN", request.tenant.schema_name, "invite", factor=10)  # each is a mail to whomever they name
    member = services.invite_member(email=body.email, role=Role(body.role))
    return Status(201, MemberOut.from_user(member, caller=get_caller(request).person))


@router.patch("/team/{member_id}", response=MemberOut, auth=owner_only, tags=["team"])
def patch_member(request: TenantRequest, member_id: str, body: MemberPatchIn) -> MemberOut:
    """Give somebody another role, or let them in or out. The last owner stays one: 409."""
    member = services.change_member(
        member_id=_parse_id(member_id), role=Role(body.role) if body.role else None, is_active=body.active
    )
    return MemberOut.from_user(member, caller=get_caller(request).person)


@router.delete("/team/{member_id}", response={204: None}, auth=owner_only, tags=["team"])
def delete_member(request: TenantRequest, member_id: str) -> Status[None]:
    """Remove somebody; their sessions end. The last owner stays: 409."""
    services.remove_member(member_id=_parse_id(member_id))
    return Status(204, None)


@router.post("/team/{member_id}/invitation", response={204: None}, auth=owner_only, tags=["team"])
def post_invitation(request: TenantRequest, member_id: str) -> Status[None]:
    """Send an invitation that waits once more, with a new link; the old one is dead."""
    key = _parse_id(member_id)
    hit("RATE_LOGIN", request.tenant.schema_name, "invitation", str(key))
    services.renew_invitation(member_id=key)
    return Status(204, None)


# ---- keys -------------------------------------------------------------------------------------------------------


@router.get("/api-keys", response=ApiKeyListOut, auth=owner_only, tags=["keys"])
def get_api_keys(request: TenantRequest) -> ApiKeyListOut:
    """The keys, by name and first characters."""
    return ApiKeyListOut(items=[ApiKeyOut.from_key(key) for key in list_api_keys()])


@router.post("/api-keys", response={201: NewApiKeyOut}, auth=owner_only, tags=["keys"])
def post_api_key(request: TenantRequest, body: ApiKeyIn) -> Status[NewApiKeyOut]:
    """Make a key. This answer alone holds it: keep it now."""
    row, key = services.create_api_key(name=body.name, scope=Scope(body.scope))
    return Status(201, NewApiKeyOut(**ApiKeyOut.from_key(row).model_dump(), key=key))


@router.delete("/api-keys/{key_id}", response={204: None}, auth=owner_only, tags=["keys"])
def delete_api_key(request: TenantRequest, key_id: str) -> Status[None]:
    """Revoke a key, at once."""
    services.revoke_api_key(key_id=_parse_id(key_id))
    return Status(204, None)
