"""What every template may use."""

from django.http import HttpRequest


def common(request: HttpRequest) -> dict[str, str]:
    """Return the nonce for the page's one style element and the page's language."""
    return {"csp_nonce": getattr(request, "csp_nonce", ""), "lang": "en"}
