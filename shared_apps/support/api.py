"""Operations on support sessions: an owner's on those of the business, and support's look at its own."""

import re

from ninja import Router, Status

from shared_apps.accounts.security import get_caller, owner_only, support_only
from shared_apps.support import services
from shared_apps.support.schemas import SupportAccessListOut, SupportAccessOut, SupportSessionOut
from shared_apps.support.selectors import list_entries
from shared_apps.tenants.http import TenantRequest

router = Router(by_alias=True, tags=["support"])

_ID = re.compile(r"[1-9][0-9]{0,17}")


def _parse_id(text: str) -> int:
    if not _ID.fullmatch(text):
        raise services.AccessNotFoundError
    return int(text)


@router.get("/support-access", response=SupportAccessListOut, auth=owner_only)
def get_support_access(request: TenantRequest) -> SupportAccessListOut:
    """When the platform's support was here, and is."""
    return SupportAccessListOut(items=[SupportAccessOut.from_entry(entry) for entry in list_entries()])


@router.post("/support-access/{access_id}/raise", response=SupportAccessOut, auth=owner_only)
def post_raise(request: TenantRequest, access_id: str) -> SupportAccessOut:
    """Let an open support session complete and reopen handoffs and save settings, until it ends. Over: 409."""
    entry = services.raise_access(access_id=_parse_id(access_id), by=get_caller(request).actor)
    return SupportAccessOut.from_entry(entry)


@router.delete("/support-access/{access_id}", response={204: None}, auth=owner_only)
def delete_support_access(request: TenantRequest, access_id: str) -> Status[None]:
    """End a support session at once; the log keeps it."""
    services.end_access(access_id=_parse_id(access_id), by=get_caller(request).actor)
    return Status(204, None)


@router.get("/support-session", response=SupportSessionOut, auth=support_only)
def get_support_session(request: TenantRequest) -> SupportSessionOut:
    """One's own support session; 401 once it is over. Members have none: 403."""
    return SupportSessionOut.from_visit(get_caller(request).guest)
