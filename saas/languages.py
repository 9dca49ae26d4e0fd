"""Which language a visitor reads: the switch, else the browser's, else the tenant's own."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.translation.trans_real import parse_accept_lang_header

from saas.context import LANGUAGE_PARAM
from saas.problems import known_snapshot, unreachable_page

_YEAR_SECONDS = 365 * 24 * 3600
_LANGUAGES = frozenset(dict(settings.LANGUAGES))


class LanguageMiddleware:
    """Answers in the visitor's language; `?lang=es` is the switch, remembered by a cookie of this host."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        chosen = _supported(request.GET.get(LANGUAGE_PARAM, "")) if request.META.get("QUERY_STRING") else ""
        language = chosen or choose_language(request)
        with translation.override(language):
            response = self.get_response(request)
        response.setdefault("Content-Language", language)
        patch_vary_headers(response, ["Accept-Language"])
        if chosen and request.method == "GET":
            response.set_cookie(
                settings.LANGUAGE_COOKIE_NAME,
                chosen,
                max_age=_YEAR_SECONDS,
                secure=not settings.IS_DEVELOPMENT,
                httponly=True,
                samesite="Lax",
            )
        return response


def answer_unreachable(request: HttpRequest) -> HttpResponse:
    """Return the page for a host that nobody can look up just now; see UNREACHABLE_PAGE."""
    with translation.override(choose_language(request)):
        return unreachable_page(request)


def choose_language(request: HttpRequest) -> str:
    """Return the language of a request that names none in its address."""
    found = find_wanted_language(
        remembered=request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, ""),
        accepted=request.META.get("HTTP_ACCEPT_LANGUAGE", ""),
    )
    if found:
        return found
    snapshot = known_snapshot(request)
    return snapshot.business.language if snapshot is not None else settings.LANGUAGE_CODE


def find_wanted_language(*, remembered: str, accepted: str) -> str:
    """Return the language of ours that the switch's cookie, else an Accept-Language header, asks for; "" for none."""
    if remembered and (found := _supported(remembered)):
        return found
    if not accepted:
        return ""
    wishes = parse_accept_lang_header(accepted[:500].lower())
    return next((found for wanted, _quality in wishes if (found := _supported(wanted))), "")


def _supported(tag: str) -> str:
    """Return the language of ours that a tag such as `es-MX` asks for; "" for none."""
    language = tag.partition("-")[0].lower()
    return language if language in _LANGUAGES else ""
