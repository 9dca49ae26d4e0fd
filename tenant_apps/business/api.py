"""Operations on the business's own settings."""

from django.http import HttpResponse
from ninja import Router

from shared_apps.accounts.security import any_person, any_reader, get_caller, settings_writer
from shared_apps.tenants.http import TenantRequest
from shared_apps.versions import read_if_match, set_etag
from tenant_apps.business.schemas import EmbeddingIn, EmbeddingOut, MeOut, ProfileIn, ProfileOut
from tenant_apps.business.selectors import get_profile
from tenant_apps.business.services import update_frame_origins, update_profile

router = Router(by_alias=True)


@router.get("/me", response=MeOut, auth=any_person, tags=["me"])
def get_me(request: TenantRequest) -> MeOut:
    """Who is logged in, and what the dashboard needs to know of the business."""
    return MeOut.from_profile(get_profile(), user=get_caller(request).person, tenant=request.tenant)


@router.get("/settings/profile", response=ProfileOut, auth=any_reader, tags=["settings"])
def get_business_profile(request: TenantRequest, response: HttpResponse) -> ProfileOut:
    """The business's profile; the ETag goes back as If-Match."""
    profile = get_profile()
    set_etag(response, version=profile.version)
    return ProfileOut.from_profile(profile)


@router.put("/settings/profile", response=ProfileOut, auth=settings_writer, tags=["settings"])
def put_business_profile(request: TenantRequest, response: HttpResponse, profile: ProfileIn) -> ProfileOut:
    """Save the whole profile. With If-Match only if nobody saved since, else 412."""
    saved = update_profile(
        tenant=request.tenant,
        changes=profile.to_changes(),
        expected_version=read_if_match(request),
        is_support=get_caller(request).visit is not None,
    )
    set_etag(response, version=saved.version)
    return ProfileOut.from_profile(saved)


@router.get("/settings/embedding", response=EmbeddingOut, auth=any_reader, tags=["settings"])
def get_embedding(request: TenantRequest) -> EmbeddingOut:
    """The sites that may show the form in a frame."""
    return EmbeddingOut.from_profile(get_profile())


@router.put("/settings/embedding", response=EmbeddingOut, auth=settings_writer, tags=["settings"])
def put_embedding(request: TenantRequest, body: EmbeddingIn) -> EmbeddingOut:
    """Save the whole list of sites; it holds at once, in every process."""
    return EmbeddingOut.from_profile(update_frame_origins(tenant=request.tenant, origins=body.allowed_origins))
