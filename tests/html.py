"""A page as a browser reads it: its elements, what they are in, and their text."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

_VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "option", "source", "wbr"}


@dataclass(eq=False)
class Element:
    """One element. An attribute without a value has the value ""."""

    tag: str
    attributes: dict[str, str]
    parent: Element | None
    pieces: list[str] = field(default_factory=list)

    def __getitem__(self, name: str) -> str:
        return self.attributes[name]

    def __contains__(self, name: str) -> bool:
        return name in self.attributes

    @property
    def text(self) -> str:
        """All text inside, blanks and line breaks as one blank."""
        return " ".join("".join(self.pieces).split())

    def is_in(self, other: Element) -> bool:
        """Whether it stands somewhere inside `other`."""
        return self.parent is not None and (self.parent is other or self.parent.is_in(other))


class PageTree(HTMLParser):
    """The elements of a page, in its order."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[Element] = []
        self._open: list[Element] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        parent = self._open[-1] if self._open else None
        self.elements.append(Element(tag, {name: value or "" for name, value in attrs}, parent))
        if tag not in _VOID:
            self._open.append(self.elements[-1])

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop().tag != tag:
            pass

    def handle_data(self, data: str) -> None:
        for element in self._open:
            element.pieces.append(data)

    def all(self, tag: str = "", **wanted: str) -> list[Element]:
        """Return the elements of a tag whose attributes have these values; `_` is `-`, at the end nothing."""
        wanted = {name.removesuffix("_").replace("_", "-"): value for name, value in wanted.items()}
        return [
            each
            for each in self.elements
            if tag in ("", each.tag) and all(each.attributes.get(name) == value for name, value in wanted.items())
        ]

    def having(self, attribute: str) -> list[Element]:
        """Return the elements that have an attribute, whatever its value."""
        return [each for each in self.elements if attribute in each]

    def one(self, tag: str = "", **wanted: str) -> Element:
        """Return the only such element."""
        [found] = self.all(tag, **wanted)
        return found

    def mark(self, name: str) -> Element:
        """Return the only element with a test mark."""
        return self.one(data_testid=name)
