"""The JSON of the business's own settings."""

from typing import Any, Literal

from django.utils.translation import gettext

from shared_apps.accounts.enums import Role
from shared_apps.accounts.models import User
from shared_apps.schemas import In, Out, ReadBack, Text
from shared_apps.tenants.scope import TenantRef
from shared_apps.tenants.selectors import tenant_url
from tenant_apps.business.models import BusinessProfile
from tenant_apps.business.selectors import INDUSTRIES, to_card


class IndustryOut(Out):
    """One kind of business to choose from."""

    slug: str
    label: str


class HoursOut(Out):
    """One span of opening hours; one that closes before it opens closes on the day after."""

    day: str
    opens: str
    closes: str


class ProfileOut(Out):
    """The business's profile, the industries to choose from, and the colour of text on its own colour."""

    business_name: str
    industry: str
    phone: str
    email: str
    address: str
    hours: list[HoursOut]
    services: list[str]
    brand_colour: str
    time_zone: str
    region: str
    language: str
    abandon_after_hours: int
    retention_days: int
    notification_emails: list[str]
    industries: list[IndustryOut]
    accent_text: str

    @classmethod
    def from_profile(cls, profile: BusinessProfile) -> "ProfileOut":
        return cls(
            business_name=profile.name,
            industry=profile.industry,
            phone=profile.phone,
            email=profile.email,
            address=profile.address,
            hours=[HoursOut(**span) for span in profile.hours],
            services=profile.services,
            brand_colour=profile.brand_colour,
            time_zone=profile.time_zone,
            region=profile.region,
            language=profile.language,
            abandon_after_hours=profile.abandon_after_hours,
            retention_days=profile.retention_days,
            notification_emails=profile.notification_emails,
            industries=[IndustryOut(slug=each.slug, label=gettext(each.label)) for each in INDUSTRIES.values()],
            accent_text=to_card(profile).accent_text,
        )


class HoursIn(In):
    """One span of opening hours, HH:MM."""

    day: Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
    opens: Text
    closes: Text


class ProfileIn(In):
    """The whole profile as it is to be; null text is the same as empty. What GET adds may come back and is ignored."""

    business_name: Text
    industry: Text
    phone: Text | None = ""
    email: Text | None = ""
    address: Text | None = ""
    hours: list[HoursIn]
    services: list[Text]
    brand_colour: Text
    time_zone: Text
    region: Text
    language: Literal["en", "es"]
    abandon_after_hours: int
    retention_days: int
    notification_emails: list[Text]
    industries: ReadBack = None
    accent_text: ReadBack = None

    def to_changes(self) -> dict[str, Any]:
        """Return the fields by the model's names."""
        given = self.model_dump()
        texts = {name: given[name] or "" for name in ("phone", "email", "address")}
        return {"name": given.pop("business_name")} | given | texts


class MeOut(Out):
    """Who is logged in, and the business they work for. `bookingUrl` is the address of its form."""

    email: str
    role: Role
    business_name: str
    client_id: str
    time_zone: str
    language: str
    region: str
    booking_url: str
    retention_days: int
    abandon_after_hours: int

    @classmethod
    def from_profile(cls, profile: BusinessProfile, *, user: User, tenant: TenantRef) -> "MeOut":
        return cls(
            email=user.email,
            role=Role(user.role),
            business_name=profile.name,
            client_id=tenant.client_id,
            time_zone=profile.time_zone,
            language=profile.language,
            region=profile.region,
            booking_url=tenant_url(tenant, "/book"),
            retention_days=profile.retention_days,
            abandon_after_hours=profile.abandon_after_hours,
        )


class EmbeddingOut(Out):
    """On which sites the form may stand in a frame."""

    allowed_origins: list[str]

    @classmethod
    def from_profile(cls, profile: BusinessProfile) -> "EmbeddingOut":
        return cls(allowed_origins=profile.frame_origins)


class EmbeddingIn(In):
    """The whole list, as it is to be."""

    allowed_origins: list[str]
