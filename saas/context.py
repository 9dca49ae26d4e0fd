"""What every template may use."""

from django.conf import settings
from django.http import HttpRequest, QueryDict
from django.utils.encoding import escape_uri_path
from django.utils.http import escape_leading_slashes
from django.utils.translation import get_language

LANGUAGE_PARAM = "lang"


def common(request: HttpRequest) -> dict[str, object]:
    """Return the nonce for the page's one style element, the page's language, and the switch to the others."""
    return {
        "csp_nonce": getattr(request, "csp_nonce", ""),
        "lang": get_language() or settings.LANGUAGE_CODE,
        "languages": list_languages(escape_leading_slashes(escape_uri_path(request.path)), request.GET),
    }


def list_languages(path: str, query: QueryDict) -> list[dict[str, object]]:
    """Return the switch: each language, and the address of a page in it with all that its query carries."""
    switch = []
    for code, name in settings.LANGUAGES:
        changed = query.copy()
        changed[LANGUAGE_PARAM] = code
        is_current = code == get_language()
        switch.append({"code": code, "name": name, "url": f"{path}?{changed.urlencode()}", "is_current": is_current})
    return switch
