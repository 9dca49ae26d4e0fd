"""Operations on the business's own settings."""

from django.core.exceptions import ValidationError
from ninja import Router

from shared_apps.accounts.security import any_member, owner_only
from shared_apps.errors import FieldProblem, InvalidFieldsError
from shared_apps.tenants.http import TenantRequest
from tenant_apps.business.schemas import EmbeddingIn, EmbeddingOut
from tenant_apps.business.selectors import get_profile
from tenant_apps.business.services import update_profile

router = Router(by_alias=True)


@router.get("/settings/embedding", response=EmbeddingOut, auth=any_member, tags=["settings"])
def get_embedding(request: TenantRequest) -> EmbeddingOut:
    """The sites that may show the form in a frame."""
    return EmbeddingOut.from_profile(get_profile())


@router.put("/settings/embedding", response=EmbeddingOut, auth=owner_only, tags=["settings"])
def put_embedding(request: TenantRequest, body: EmbeddingIn) -> EmbeddingOut:
    """Save the whole list of sites; it holds at once, in every process."""
    try:
        saved = update_profile(tenant=request.tenant, changes={"frame_origins": body.allowed_origins})
    except ValidationError as error:
        raise InvalidFieldsError([FieldProblem("allowedOrigins", error.messages[0], "origins")]) from None
    return EmbeddingOut.from_profile(saved)
