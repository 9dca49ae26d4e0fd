"""The JSON of the business's own settings."""

from shared_apps.schemas import In, Out
from tenant_apps.business.models import BusinessProfile


class EmbeddingOut(Out):
    """On which sites the form may stand in a frame."""

    allowed_origins: list[str]

    @classmethod
    def from_profile(cls, profile: BusinessProfile) -> "EmbeddingOut":
        return cls(allowed_origins=profile.frame_origins)


class EmbeddingIn(In):
    """The whole list, as it is to be."""

    allowed_origins: list[str]
