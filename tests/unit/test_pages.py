"""A kept page: gzip as any browser reads it, with what differs put into its gaps."""

import gzip

from hypothesis import given
from hypothesis import strategies as st

from shared_apps.pages import KeptPage

MARKS = {"nonce": "\x01nonce\x01", "key": "\x01key\x01"}
_texts = st.text(st.characters(codec="utf-8", exclude_characters="\x01"), max_size=300)


@given(pieces=st.lists(_texts, min_size=1, max_size=5), nonce=_texts, key=_texts)
def test_kept_page_is_what_rendering_it_would_have_given(pieces: list[str], nonce: str, key: str) -> None:
    html = "".join(f"{piece}{MARKS['nonce']}{piece}{MARKS['key']}" for piece in pieces)
    expected = "".join(f"{piece}{nonce}{piece}{key}" for piece in pieces)

    page = KeptPage(html, gaps=MARKS, free=frozenset(MARKS))

    for _ in range(2):  # filling it leaves it as it was
        assert gzip.decompress(page.fill({"nonce": nonce, "key": key})).decode() == expected


def test_kept_page_is_compressed_but_for_its_gaps() -> None:
    page = KeptPage(f"{'<p>the same</p>' * 1000}{MARKS['key']}", gaps={"key": MARKS["key"]}, free=frozenset({"key"}))

    filled = page.fill({"key": "secret-secret-secret"})

    assert len(filled) < 200
    assert b"secret-secret-secret" in filled


def test_checksum_of_a_long_page_holds() -> None:
    pieces = ["0123456789abcdef" * size for size in (1, 4_096, 4_097, 20_000)]
    html = MARKS["key"].join(pieces)

    page = KeptPage(html, gaps={"key": MARKS["key"]}, free=frozenset({"key"}))

    assert gzip.decompress(page.fill({"key": "another"})).decode() == "another".join(pieces)


@given(pieces=st.lists(_texts, min_size=2, max_size=5), key=st.text("0123456789abcdef", min_size=32, max_size=32))
def test_pieces_refer_across_a_gap_of_known_length(pieces: list[str], key: str) -> None:
    mark = "f" * 32
    html = mark.join(piece.replace("f", "") * 3 for piece in pieces)

    page = KeptPage(html, gaps={"key": mark})

    assert gzip.decompress(page.fill({"key": key})).decode() == html.replace(mark, key)
