"""The shape of a provider's record. `registry.toml` says what each field means."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, ClassVar, TypedDict

from pydantic import ConfigDict, StringConstraints

# A misspelt field in the data stops the start instead of being ignored.
_STRICT = ConfigDict(extra="forbid")

_Slug = Annotated[str, StringConstraints(pattern=r"^[a-z]+$")]
_HostGlob = Annotated[str, StringConstraints(pattern=r"^(\*\.)?[a-z0-9*-]+(\.[a-z0-9-]+)+$")]


class EmbedMethod(StrEnum):
    """How the provider wants its page shown inside another."""

    IFRAME = "iframe"
    SCRIPT = "script"
    NONE = "none"


class Framing(StrEnum):
    """Whether the page may be put in a frame. Only YES without a probe of the saved address."""

    YES = "yes"
    VERIFY = "verify"
    WIDGET_ONLY = "widget_only"
    NO = "no"
    UNKNOWN = "unknown"


class ProviderFacts(TypedDict):
    """What the API tells of a provider. `prefill` lists, of name, email and phone, what its page takes."""

    id: str
    label: str
    framing: str
    carrier: str | None
    prefill: list[str]


@dataclass(frozen=True, slots=True)
class HostPattern:
    """One shape of address: any of `hosts`, the whole `path`, every parameter of `query`."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    hosts: tuple[_HostGlob, ...]
    path: str = ".*"
    query: tuple[str, ...] = ()
    framing: Framing | None = None


@dataclass(frozen=True, slots=True)
class OwnHost:
    """The provider also runs on hosts of the tenant's; `path` is the whole path there."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    framing: Framing
    path: str = ".*"


@dataclass(frozen=True, slots=True)
class Embed:
    """How the page is framed: parameters (in order) and path suffix that the framed address gets."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    method: EmbedMethod
    framing: Framing
    url_params: tuple[tuple[str, str], ...] = ()
    path_suffix: str = ""


@dataclass(frozen=True, slots=True)
class Tracking:
    """The parameter that brings our reference back, and others that would where the tenant uses that one."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    ref_param: str | None = None
    alternatives: tuple[str, ...] = ()
    needs_tenant_setup: bool = False


@dataclass(frozen=True, slots=True)
class PrefillParams:
    """Names of the parameters that fill in the visitor's name, address and phone on the provider's page."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    name: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None
    phone: str | None = None
    tried: bool = True


@dataclass(frozen=True, slots=True)
class Provider:
    """What is known of one provider; from `recognise_provider`, as it holds for the address in question."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    id: _Slug
    label: str
    embed: Embed
    hosts: tuple[HostPattern, ...] = ()
    own_host: OwnHost | None = None
    strip_params: tuple[str, ...] = ()
    tracking: Tracking = Tracking()
    prefill: PrefillParams = PrefillParams()

    @property
    def carrier(self) -> str | None:
        """The parameter that brings our reference back with no set-up by the tenant; None without one."""
        return None if self.tracking.needs_tenant_setup else self.tracking.ref_param

    @property
    def can_frame(self) -> bool:
        """Whether the page may be framed by default, without a probe."""
        return self.embed.framing is Framing.YES

    def to_public(self) -> ProviderFacts:
        """Return the facts in the API's spelling."""
        taken = self.prefill if self.prefill.tried else PrefillParams()
        known = {"name": taken.name or taken.first_name, "email": taken.email, "phone": taken.phone}
        return ProviderFacts(
            id=self.id,
            label=self.label,
            framing=self.embed.framing.value,
            carrier=self.carrier,
            prefill=[detail for detail, param in known.items() if param],
        )
