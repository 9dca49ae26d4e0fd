"""Whatever a visitor types, the page around it is the same page: no tag, no attribute, no style comes of it."""

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from shared_apps.tenants.scope import TenantRef
from tests.clients import TenantClient
from tests.html import PageTree

PIECES = st.sampled_from(
    ["<", ">", '"', "'", "&", "&lt;", "<script>", "</textarea>", "</title>", "<!--", "-->", "<![CDATA[", "javascript:",
     "{{", "}}", "{%", "%}", "\u2028", "\u202e", "=", "/", "`", "\n", " onerror=", "\\", "%3C"]
)  # fmt: skip
TEXTS = st.lists(PIECES | st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=4), max_size=10).map("".join)


def _read(page: PageTree) -> dict[str, str]:
    """Return what the page's fields hold, by their names."""
    inputs = {field["name"]: field.attributes.get("value", "") for field in page.all("input") if "name" in field}
    return inputs | {field["name"]: "".join(field.pieces) for field in page.all("textarea")}


def _shape(page: PageTree) -> set[tuple[str, tuple[str, ...]]]:
    """Return the page's elements, each with the names of its attributes."""
    return {(element.tag, tuple(element.attributes)) for element in page.elements}


def _send(visitor: TenantClient, text: str) -> PageTree:
    form = {"customerName": text, "requestedService": text, "notes": text, "preferredDateTimeText": ""}
    answer = visitor.post("/book", form)
    assert answer.status_code == 422
    return PageTree(answer.content.decode())


def test_page_is_the_same_whatever_was_typed(ready: TenantRef, visitor: TenantClient) -> None:
    plain, wrong = _send(visitor, "Jane Doe"), _send(visitor, "Jane\nDoe")  # a line break is an error beside its field
    allowed = _shape(plain) | _shape(wrong)

    @settings(max_examples=60, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    @given(text=TEXTS.map(lambda text: f"a{text}"))
    @example(text='"><script>alert(1)</script>')
    @example(text="</textarea></form><img src=x onerror=alert(1)>")
    def hold(text: str) -> None:
        page = _send(visitor, text)
        fields = _read(page)

        assert fields["customerName"] == text
        assert fields["requestedService"] == text
        assert fields["notes"].strip() == text.strip()
        assert _shape(page) <= allowed
        assert _count_active(page) == _count_active(plain)

    hold()


ACTIVE = {"script", "style", "img", "form", "input", "textarea", "button"}


def _count_active(page: PageTree) -> int:
    return len([element for element in page.elements if element.tag in ACTIVE])
