"""A page that is rendered and compressed once and kept, with gaps for what differs at every visit.

Rendering a visitor's page takes some twenty times as long as finding it, and compressing it takes the most of the rest.
Deflate (RFC 1951) lets compressed pieces and stored ones follow each other: a gap is a stored block between pieces
that do not refer across it. So nothing secret is compressed, and the length tells nothing of it (BREACH).
"""

import re
import zlib
from collections.abc import Mapping
from typing import Final

_HEADER: Final = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff"  # RFC 1952: deflate, no name, no time, best compression
_END: Final = b"\x03\x00"  # a last block with nothing in it


class KeptPage:
    """The page `html`, in which each of `gaps`, a mark by its name, is to be replaced at every visit."""

    __slots__ = ("_pieces",)

    def __init__(self, html: str, *, gaps: Mapping[str, str]) -> None:
        names = {mark.encode(): name for name, mark in gaps.items()}
        parts = re.split(b"(" + b"|".join(map(re.escape, names)) + b")", html.encode())
        self._pieces = [(names[part], b"", b"") if part in names else ("", part, _deflate(part)) for part in parts]

    def fill(self, values: Mapping[str, str]) -> bytes:
        """Return the page as gzip, with `values` by the gaps' names: HTML already, at most 65,535 bytes each."""
        blocks, checksum, length = [_HEADER], 0, 0
        for name, plain, compressed in self._pieces:
            if name:
                text = values[name].encode()
                size = len(text).to_bytes(2, "little")
                blocks += (b"\x00", size, bytes(byte ^ 0xFF for byte in size), text)
            else:
                text = plain
                blocks.append(compressed)
            checksum = zlib.crc32(text, checksum)
            length += len(text)
        return b"".join([*blocks, _END, checksum.to_bytes(4, "little"), length.to_bytes(4, "little")])


def _deflate(text: bytes) -> bytes:
    """Return `text` compressed, up to a byte's border, without an end."""
    compressor = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    return compressor.compress(text) + compressor.flush(zlib.Z_FULL_FLUSH)
