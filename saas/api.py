"""The JSON API of a tenant's host."""

import json
from typing import Any, Never

from django.http import HttpRequest
from ninja.parser import Parser

from saas.description import DescribedAPI
from saas.problems import UnsupportedMediaTypeError, add_handlers
from shared_apps.accounts.api import router as accounts_router
from shared_apps.support.api import router as support_router
from tenant_apps.assistant.api import router as assistant_router
from tenant_apps.booking.api import router as booking_router
from tenant_apps.business.api import router as business_router
from tenant_apps.handoffs.api import router as handoffs_router
from tenant_apps.notifications.api import router as notifications_router


class StrictJsonParser(Parser):
    """JSON in UTF-8, by its Content-Type; nothing that is not JSON by RFC 8259. Django bounds its size."""

    def parse_body(self, request: HttpRequest) -> Any:
        """Return the body.

        Raises UnsupportedMediaTypeError, RequestDataTooBig, and ValueError or RecursionError for its content.
        """
        if request.content_type != "application/json":
            raise UnsupportedMediaTypeError
        return json.loads(request.body.decode("utf-8"), parse_constant=_refuse_constant)


def _refuse_constant(name: str) -> Never:
    raise ValueError("NaN and Infinity are not JSON")


api = DescribedAPI(
    title="Booking handoff",
    version="1",
    description="Capture who asks, send them on to the booking provider, follow what became of it.",
    parser=StrictJsonParser(),
    urls_namespace="api",
)
add_handlers(api)
api.add_router("", booking_router)
api.add_router("", business_router)
api.add_router("", handoffs_router)
api.add_router("", notifications_router)
api.add_router("", assistant_router)
api.add_router("", accounts_router)
api.add_router("", support_router)
