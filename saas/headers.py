"""The headers of an answer of Django's, kept for the next of its kind."""

from collections.abc import Iterable
from typing import NamedTuple, Self

from django.http import HttpResponseBase


class KeptHeaders(NamedTuple):
    """What Django's middlewares say of every answer of a kind; a header that names the nonce is cut at it."""

    fixed: tuple[tuple[str, str], ...]
    cut: tuple[tuple[str, tuple[str, ...]], ...]

    @classmethod
    def of(cls, response: HttpResponseBase, *, nonce: str, without: Iterable[str]) -> Self:
        """Return the headers of a response in which `nonce` stands, but for those `without` name: its very own."""
        given = [(name, value) for name, value in response.items() if name not in without]
        return cls(
            tuple((name, value) for name, value in given if nonce not in value),
            tuple((name, tuple(value.split(nonce))) for name, value in given if nonce in value),
        )

    def fill(self, nonce: str) -> list[tuple[str, str]]:
        """Return them for an answer with a nonce of its own."""
        return [*self.fixed, *((name, nonce.join(parts)) for name, parts in self.cut)]
