"""A page that is rendered and compressed once and kept, with gaps for what differs at every visit.

Rendering a visitor's page takes some twenty times as long as finding it, and compressing it takes the most of the rest.
Deflate (RFC 1951) lets compressed pieces and stored ones follow each other: a gap is a stored block between pieces that
never refer into it. Across it they may, where its length is known: that of its mark. So nothing secret is compressed,
and the length tells nothing of it (BREACH). What was compressed is not kept: a CRC is affine in the bytes it goes over,
so zeros in their place and one XOR give the same.
"""

import re
import zlib
from collections.abc import Mapping
from typing import Final

from django.http import HttpResponse

_HEADER: Final = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff"  # RFC 1952: deflate, no name, no time, best compression
_NOWHERE: Final = b"\x01"  # stands for a gap in what pieces may refer to; no page has it
_END: Final = b"\x03\x00"  # a last block with nothing in it
_ZEROS: Final = memoryview(bytes(65_536))


class KeptPage:
    """The page `html`, in which each of `gaps`, a mark by its name, is to be replaced at every visit.

    A value is as long as its mark in UTF-8, but for those of the gaps named `free`.
    """

    __slots__ = ("_lengths", "_pieces")

    def __init__(self, html: str, *, gaps: Mapping[str, str], free: frozenset[str] = frozenset()) -> None:
        names = {mark.encode(): name for name, mark in gaps.items()}
        parts = re.split(b"(" + b"|".join(map(re.escape, names)) + b")", html.encode())
        self._lengths = {name: len(mark) for mark, name in names.items() if name not in free}
        self._pieces: list[tuple[str, bytes, int, int]] = []
        before = b""
        for part in parts:
            if part not in names:
                change = zlib.crc32(part) ^ _skip(0, len(part))
                self._pieces.append(("", _deflate(part, before), len(part), change))
                before += part
            else:
                self._pieces.append((names[part], b"", 0, 0))
                before = b"" if names[part] in free else before + _NOWHERE * len(part)

    def fill(self, values: Mapping[str, str]) -> bytes:
        """Return the page as gzip, with `values` by the gaps' names: HTML already, at most 65,535 bytes each."""
        blocks, checksum, length = [_HEADER], 0, 0
        for name, compressed, plain_length, change in self._pieces:
            if name:
                text = values[name].encode()
                if len(text) != self._lengths.get(name, len(text)):
                    raise ValueError(f"{name} must be as long as its mark")
                size = len(text).to_bytes(2, "little")
                blocks += (b"\x00", size, bytes(byte ^ 0xFF for byte in size), text)
                checksum = zlib.crc32(text, checksum)
                length += len(text)
            else:
                blocks.append(compressed)
                checksum = _skip(checksum, plain_length) ^ change
                length += plain_length
        return b"".join([*blocks, _END, checksum.to_bytes(4, "little"), length.to_bytes(4, "little")])


class KeptResponse(HttpResponse):
    """A kept page as one visitor gets it; with `page` and `values` whoever has the response can make the next one's."""

    def __init__(self, page: KeptPage, values: Mapping[str, str]) -> None:
        super().__init__(page.fill(values), headers={"Content-Encoding": "gzip", "Vary": "Accept-Encoding"})
        self.page = page
        self.values = values


def _skip(checksum: int, length: int) -> int:
    """Return the CRC-32 of what had `checksum`, followed by so many zeros."""
    for at in range(0, length, len(_ZEROS)):
        checksum = zlib.crc32(_ZEROS[: length - at], checksum)
    return checksum


def _deflate(text: bytes, before: bytes) -> bytes:
    """Return `text`, which follows `before`, compressed up to a byte's border, without an end."""
    known = b"" if _NOWHERE in text else before[-32_768:]
    compressor = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS, zdict=known)
    return compressor.compress(text) + compressor.flush(zlib.Z_FULL_FLUSH)
