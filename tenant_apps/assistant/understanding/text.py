"""Text with its positions: folded for matching, sliced from the original for what is kept as typed."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

_QUOTES = str.maketrans({"’": "'", "‘": "'", "´": "'", "`": "'", "“": '"', "”": '"', "–": "-", "—": "-"})  # noqa: RUF001 - on purpose
_BLANKS = re.compile(r"\s+")
_EDGES = " \t\n.,;:!?¡¿-\"'()*_|/"


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A stretch of the message, from `start` up to `end`."""

    start: int
    end: int

    def overlaps(self, other: "Span") -> bool:
        return self.start < other.end and other.start < self.end


class Message:
    """A message as typed and folded: lower case, without accents, character by character, so that positions agree."""

    def __init__(self, typed: str) -> None:
        self.typed = "".join(" " if unicodedata.category(character) == "Cc" else character for character in typed)
        self.folded = fold(self.typed)
        self.claimed: list[Span] = []
        self.services: list[Span] = []
        self.has_service = self.is_answer = False
        letters = [character for character in self.typed if character.isalpha()]
        capitals = sum(character.isupper() for character in letters)
        # All in capitals: a capital tells nothing. Mixed: sentences begin with one, so a name would have one too.
        self.is_shouted = len(letters) > 3 and capitals > 0.8 * len(letters)
        self.is_mixed = capitals > 0 and not self.is_shouted

    def claim(self, start: int, end: int) -> Span:
        """Mark a stretch as understood; later readers leave it alone."""
        span = Span(start, end)
        self.claimed.append(span)
        return span

    def claim_service(self, start: int, end: int) -> None:
        """Mark a stretch as what is asked for."""
        self.services.append(self.claim(start, end))

    def is_free(self, start: int, end: int) -> bool:
        """Whether nothing in the stretch is claimed."""
        span = Span(start, end)
        return not any(span.overlaps(other) for other in self.claimed)

    def blanked(self) -> str:
        """The folded text with what is claimed replaced by bars, one for each character."""
        return blank(self.folded, self.claimed)

    def slice(self, start: int, end: int) -> str:
        """A stretch as typed."""
        return self.typed[start:end]


def fold(text: str) -> str:
    """Lower case without accents; as long as `text`. The ñ stays: año and ano differ."""
    return "".join(map(_fold_one, text.translate(_QUOTES)))


def _fold_one(character: str) -> str:
    if character in "ñÑ":
        return "ñ"
    plain = unicodedata.normalize("NFD", character)[0].lower()
    return plain if len(plain) == 1 else character


def blank(text: str, spans: Iterable[Span], mark: str = "|") -> str:
    """`text` with the spans replaced by marks."""
    characters = list(text)
    for span in spans:
        characters[span.start : span.end] = mark * (span.end - span.start)
    return "".join(characters)


def tidy(text: str) -> str:
    """One line, without punctuation and blanks at its ends."""
    return _BLANKS.sub(" ", text).strip(_EDGES)


def cut(text: str, longest: int) -> str:
    """At most `longest` characters, cut between words."""
    if len(text) <= longest:
        return text
    head = text[: longest + 1].rpartition(" ")[0]
    return head or text[:longest]
