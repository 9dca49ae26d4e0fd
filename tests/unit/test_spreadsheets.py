"""No cell of ours runs as a formula, whatever a visitor typed, and nothing that was typed is lost."""

import csv
import io
import re
from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared_apps.spreadsheets import to_cell, to_csv

DANGEROUS = re.compile(r"^\s*[=+\-@\t\r\0]")
STARTS = st.sampled_from(
    ["", "=", "+", "-", "@", "\t", "\r", "\0", " =", "\u3000=", "\ufeff=", "\u200b@", "\x01=", "\n", '"', "'="]
)
TEXTS = st.builds(lambda start, rest: start + rest, STARTS, st.text())


def read(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode(), newline=""), strict=True))


@given(st.lists(st.lists(TEXTS, min_size=2, max_size=2), min_size=1))
@example([['=HYPERLINK("http://evil","x")', "\t=1+1"], [" =1+1", "+17725550177"]])
def test_cells_start_no_formula_and_lose_nothing(rows: list[list[str]]) -> None:
    found = read(to_csv(rows))

    assert [len(row) for row in found] == [2] * len(rows)
    for cells, given_cells in zip(found, rows, strict=True):
        for cell, text in zip(cells, given_cells, strict=True):
            assert not DANGEROUS.match(cell)
            assert cell in (text, f"'{text}")


@pytest.mark.parametrize(
    "text",
    ['=HYPERLINK("http://evil","x")', "\t=1+1", " =1+1", "-2+3", "@SUM(1)", "\r=1", "\0=1", "\u3000=1", "\ufeff=1",
     "\u200b=1", "\uff1d1+1", "\x07=1"],
)  # fmt: skip
def test_formula_gets_an_apostrophe(text: str) -> None:
    assert to_cell(text) == f"'{text}"


@pytest.mark.parametrize("text", ["Jane", "a=b", "1+1", "Anne-Marie", "jane@example.com", "", "O'Neill"])
def test_plain_text_stays_as_it_is(text: str) -> None:
    assert to_cell(text) == text


def test_records_end_by_crlf_and_are_quoted_where_they_must() -> None:
    moment = datetime(2026, 3, 10, 3, 30, 0, 500_000, tzinfo=UTC)
    assert to_csv([["a,b", 'say "hi"', "two\nlines"], [None, 7, moment]]) == (
        b'"a,b","say ""hi""","two\nlines"\r\n,7,2026-03-10T03:30:00Z\r\n'
    )


def test_moment_is_told_in_utc() -> None:
    assert to_cell(datetime.fromisoformat("2026-03-01T00:30:00+02:00")) == "2026-02-28T22:30:00Z"
