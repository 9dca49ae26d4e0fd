"""The message catalogs: what is marked for translation in code and templates, and the Spanish of it.

`manage.py update_catalogs` brings `frontend/locale/es/LC_MESSAGES/django.po` up to date with the code and compiles it.
Reading and compiling is Babel's; no gettext programs are needed.
"""

import io
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.utils.translation.template import templatize

_FOLDERS = ("saas", "shared_apps", "tenant_apps")
_KEYWORDS = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
}
LANGUAGE = "es"


def catalog_path(suffix: str) -> Path:
    """Return where the catalog lies; `suffix` is po or mo."""
    return Path(settings.LOCALE_PATHS[0]) / LANGUAGE / "LC_MESSAGES" / f"django.{suffix}"


def collect_messages() -> Catalog:
    """Return every message that code and templates mark, with the files that do."""
    catalog = Catalog(locale=LANGUAGE, charset="utf-8")
    for path, source in _sources():
        place = path.relative_to(settings.BASE_DIR).as_posix()
        for _line, message, _comments, context in extract("python", io.BytesIO(source.encode()), _KEYWORDS):
            catalog.add(message, locations=[(place, 0)], context=context)
    return catalog


def _sources() -> Iterator[tuple[Path, str]]:
    for folder in _FOLDERS:
        for path in sorted((settings.BASE_DIR / folder).rglob("*.py")):
            yield path, path.read_text(encoding="utf-8")
    for path in sorted((settings.BASE_DIR / "frontend" / "templates").rglob("*.*")):
        python = templatize(path.read_text(encoding="utf-8"))
        yield path, "\n".join(line.lstrip() for line in python.splitlines())


def read_catalog() -> Catalog:
    """Return the catalog as it lies in its file."""
    with catalog_path("po").open("rb") as file:
        return read_po(file, locale=LANGUAGE)


def update_catalog() -> Catalog:
    """Return the catalog with exactly the messages of today's code, keeping what is translated."""
    found = collect_messages()
    catalog = read_catalog()
    catalog.update(found, no_fuzzy_matching=True, update_creation_date=False)
    catalog.obsolete.clear()
    return catalog


def list_untranslated(catalog: Catalog) -> list[str]:
    """Return the ids that have no translation, or a doubtful one."""
    return [str(message.id) for message in catalog if message.id and (message.fuzzy or not _is_whole(message.string))]


def _is_whole(translation: object) -> bool:
    """Whether there is a translation; of a message with a plural, all its forms."""
    return all(translation) if isinstance(translation, tuple | list) else bool(translation)


def write_catalog(catalog: Catalog) -> None:
    """Write the catalog and its compiled form; the same catalog gives the same bytes."""
    with catalog_path("po").open("wb") as file:
        write_po(file, catalog, width=110, omit_header=False, sort_output=True, include_lineno=False)
    catalog_path("mo").write_bytes(compile_catalog(catalog))


def compile_catalog(catalog: Catalog) -> bytes:
    """Return the compiled form."""
    file = io.BytesIO()
    write_mo(file, catalog)
    return file.getvalue()
