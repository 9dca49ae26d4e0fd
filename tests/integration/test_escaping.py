"""Whatever a visitor types, the page around it is the same page: no tag, no attribute, no style comes of it."""

from html.parser import HTMLParser

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from shared_apps.tenants.scope import TenantRef
from tests.clients import TenantClient

PIECES = st.sampled_from(
    ["<", ">", '"', "'", "&", "&lt;", "<script>", "</textarea>", "</title>", "<!--", "-->", "<![CDATA[", "javascript:",
     "{{", "}}", "{%", "%}", "\u2028", "\u202e", "=", "/", "`", "\n", " onerror=", "\\", "%3C"]
)  # fmt: skip
TEXTS = st.lists(PIECES | st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=4), max_size=10).map("".join)


class _Page(HTMLParser):
    """The page as a browser reads it: its elements with the names of their attributes, and what its fields hold."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.shape: list[tuple[str, tuple[str, ...]]] = []
        self.fields: dict[str, str] = {}
        self._textarea: str | None = None
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.shape.append((tag, tuple(name for name, _ in attrs)))
        if tag == "input" and given.get("name"):
            self.fields[given["name"] or ""] = given.get("value") or ""
        self._textarea = given.get("name") if tag == "textarea" else None
        if self._textarea:
            self.fields[self._textarea] = ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self._textarea = None

    def handle_data(self, data: str) -> None:
        if self._textarea:
            self.fields[self._textarea] += data


def _send(visitor: TenantClient, text: str) -> _Page:
    form = {"customerName": text, "requestedService": text, "notes": text, "preferredDateTimeText": ""}
    answer = visitor.post("/book", form)
    assert answer.status_code == 422
    return _Page(answer.content.decode())


def test_page_is_the_same_whatever_was_typed(ready: TenantRef, visitor: TenantClient) -> None:
    plain, wrong = _send(visitor, "Jane Doe"), _send(visitor, "Jane\nDoe")  # a line break is an error beside its field
    allowed = {*plain.shape, *wrong.shape}

    @settings(max_examples=60, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    @given(text=TEXTS.map(lambda text: f"a{text}"))
    @example(text='"><script>alert(1)</script>')
    @example(text="</textarea></form><img src=x onerror=alert(1)>")
    def hold(text: str) -> None:
        page = _send(visitor, text)

        assert page.fields["customerName"] == text
        assert page.fields["requestedService"] == text
        assert page.fields["notes"].strip() == text.strip()
        assert set(page.shape) <= allowed
        assert _count_active(page) == _count_active(plain)

    hold()


ACTIVE = {"script", "style", "img", "form", "input", "textarea", "button"}


def _count_active(page: _Page) -> int:
    return len([tag for tag, _ in page.shape if tag in ACTIVE])
