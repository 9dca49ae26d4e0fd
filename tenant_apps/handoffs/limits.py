"""How often a visitor may send, and a business may export."""

from shared_apps.ratelimits import RateLimitedError, Use, hit, hit_each
from shared_apps.tenants.http import TenantRequest
from tenant_apps.handoffs.figures import CAPTURES


def limit_capture(request: TenantRequest) -> None:
    """Count one capture of this address and of this tenant; raises RateLimitedError when either is over."""
    schema = request.tenant.schema_name
    try:
        hit_each(
            Use("RATE_CAPTURE_PER_IP", (schema, request.client_ip)),
            Use("RATE_CAPTURE_PER_TENANT", (schema,)),
        )
    except RateLimitedError:
        CAPTURES.add("refused")
        raise


def limit_export(request: TenantRequest) -> None:
    """Count one export of this tenant; raises RateLimitedError when it is over."""
    hit("RATE_EXPORT", request.tenant.schema_name)
