"""Links to the built front end, by Vite's manifest."""

import json
from functools import cache
from typing import Any

from django import template
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

register = template.Library()


@cache
def _manifest() -> dict[str, Any]:
    try:
        manifest: dict[str, Any] = json.loads(settings.VITE_MANIFEST.read_text())
    except FileNotFoundError:
        raise ImproperlyConfigured("The front end is not built. Run `make frontend`.") from None
    return manifest


@cache
def _stylesheets(entry: str) -> tuple[str, ...]:
    """Return the file names of an entry's stylesheets, those of its imports first."""
    manifest = _manifest()
    names: list[str] = []

    def collect(key: str) -> None:
        for imported in manifest[key].get("imports", []):
            collect(imported)
        names.extend(name for name in manifest[key].get("css", []) if name not in names)

    collect(entry)
    return tuple(names)


@register.simple_tag
@cache
def vite_css(entry: str) -> SafeString:
    """The stylesheet links of an entry such as "src/console.ts"."""
    return format_html_join(
        "", '<link rel="stylesheet" href="{}{}">', ((settings.STATIC_URL, name) for name in _stylesheets(entry))
    )


@cache
def _styles(entry: str) -> SafeString:
    built = settings.VITE_MANIFEST.parent.parent
    text = "".join((built / name).read_text(encoding="utf-8").strip() for name in _stylesheets(entry))
    return SafeString(text)  # nosec B703 # nosemgrep: markup-by-hand - a stylesheet of ours, as Vite built it


@register.simple_tag
def vite_style(entry: str, nonce: str) -> SafeString:
    """The styles of an entry within the page: a first visit paints one round trip earlier than with a link."""
    return format_html('<style nonce="{}">{}</style>', nonce, _styles(entry))


@register.simple_tag
@cache
def vite_js(entry: str) -> SafeString:
    """The module script of an entry."""
    return format_html('<script type="module" src="{}"></script>', vite_url(entry))


@register.simple_tag
@cache
def vite_url(entry: str) -> str:
    """The path of an entry's script, for a page that loads it later."""
    return f"{settings.STATIC_URL}{_manifest()[entry]['file']}"


@register.simple_tag
@cache
def vite_ahead(module: str) -> SafeString:
    """Links for a module that the entry imports later, with what it shares with others; none for one not built."""
    if module not in _manifest():
        return SafeString("")
    chunks = [module, *(key for key in _manifest()[module].get("imports", []) if not _manifest()[key].get("isEntry"))]
    styles = [(settings.STATIC_URL, name) for key in chunks for name in _manifest()[key].get("css", [])]
    return format_html(
        "{}{}",
        format_html_join("", '<link rel="modulepreload" href="{}">', ((vite_url(key),) for key in chunks)),
        format_html_join("", '<link rel="stylesheet" href="{}{}">', styles),
    )
