"""CSV that a spreadsheet can open without harm: RFC 4180, UTF-8 with its mark, and no cell that runs as a formula."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime

from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

CONTENT_TYPE = "text/csv; charset=utf-8; header=present"
BYTE_ORDER_MARK = "\ufeff".encode()  # without it Excel reads UTF-8 as something else

# What spreadsheets skip before they look for the sign of a formula; full-width signs count where such are typed.
_SKIPPED = r"[\s\x00-\x1f\x7f-\x9f\xad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]"
_FORMULA = re.compile(rf"{_SKIPPED}*[=+\-@\uff1d\uff0b\uff0d\uff20]|\s*[\t\r\0]")

Cell = str | int | float | datetime | None


def to_cell(value: Cell) -> str:
    """Return what stands in the file: times in UTC with `Z`, nothing for None, and text that starts no formula.

    A text that would gets an apostrophe before it, which spreadsheets take for "this is text" (OWASP, CSV injection).
    """
    if value is None:
        return ""
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%Y-%m-%dT%H:%M:%S}Z"
    if isinstance(value, str) and _FORMULA.match(value):
        return f"'{value}"
    return str(value)


def to_csv(rows: Iterable[Sequence[Cell]]) -> bytes:
    """Return records of RFC 4180, each ended by CRLF."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows([to_cell(value) for value in row] for row in rows)
    return text.getvalue().encode()


def csv_response(name: str, content: bytes | Iterator[bytes]) -> HttpResponseBase:
    """Return a download named `name` (letters, digits, dots and hyphens): whole, or as its parts come."""
    headers = {"Content-Type": CONTENT_TYPE, "Content-Disposition": f'attachment; filename="{name}"'}
    if isinstance(content, bytes):
        return HttpResponse(BYTE_ORDER_MARK + content, headers=headers)
    return StreamingHttpResponse(_marked(content), headers=headers)


def _marked(content: Iterator[bytes]) -> Iterator[bytes]:
    yield BYTE_ORDER_MARK
    yield from content
