"""What is known of booking providers (`registry.toml`), and the recognition of a provider by an address."""

from tenant_apps.booking.providers.recognition import find_provider, recognise_provider
from tenant_apps.booking.providers.records import (
    Embed,
    EmbedMethod,
    Framing,
    HostPattern,
    PrefillParams,
    Provider,
    ProviderFacts,
    Tracking,
)
from tenant_apps.booking.providers.registry import GENERIC, PROVIDERS

__all__ = [
    "GENERIC",
    "PROVIDERS",
    "Embed",
    "EmbedMethod",
    "Framing",
    "HostPattern",
    "PrefillParams",
    "Provider",
    "ProviderFacts",
    "Tracking",
    "find_provider",
    "recognise_provider",
]
