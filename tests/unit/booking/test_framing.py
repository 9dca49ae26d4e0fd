"""Response headers read as browsers do: may our page frame theirs?"""

import pytest

from tenant_apps.booking.framing import FramingVerdict, read_framing

PARENT = "https://coastal-cuts.handoff.example"
PAGE = "https://book.provider.example/coastal"
XFO = "x-frame-options"
CSP = "content-security-policy"


def judge(*headers: tuple[str, str], parent: str = PARENT, page: str = PAGE) -> FramingVerdict:
    return read_framing(headers, provider_url=page, parent_origin=parent)


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [(XFO, "")],
        [(XFO, "ALLOW-FROM https://coastal-cuts.handoff.example")],  # unknown to browsers: no effect
        [(XFO, "nonsense")],
        [(XFO, "ALLOWALL")],
        [(CSP, "default-src 'none'")],
        [(CSP, "frame-ancestors *")],
        [(CSP, "frame-ancestors https:")],
        [(CSP, "frame-ancestors https://*.handoff.example")],
        [(CSP, "frame-ancestors https://coastal-cuts.handoff.example")],
        [(CSP, "frame-ancestors https://coastal-cuts.handoff.example:443")],
        [(CSP, "frame-ancestors coastal-cuts.handoff.example")],
        [(CSP, "frame-ancestors coastal-cuts.handoff.example:*")],
        [(CSP, "frame-ancestors http://coastal-cuts.handoff.example")],  # http admits https
        [(CSP, "frame-ancestors http://coastal-cuts.handoff.example:80")],
        [(CSP, "frame-ancestors https://*")],
        [(CSP, "FRAME-ANCESTORS HTTPS://COASTAL-CUTS.HANDOFF.EXAMPLE")],
        [(CSP, "frame-ancestors 'none' https://coastal-cuts.handoff.example")],  # 'none' counts only alone
        [(CSP, "frame-ancestors https://coastal-cuts.handoff.example/path")],
        [(CSP, "frame-ancestors *; frame-ancestors 'none'")],  # the first directive of a policy holds
        [(XFO, "DENY"), (CSP, "frame-ancestors *")],  # frame-ancestors makes X-Frame-Options void
        [("Content-Security-Policy-Report-Only", "frame-ancestors 'none'")],
        [("X-Frame-Options-Policy", "DENY")],
    ],
    ids=str,
)
def test_page_that_may_be_framed(headers: list[tuple[str, str]]) -> None:
    assert judge(*headers) == FramingVerdict.ALLOWED


@pytest.mark.parametrize(
    "headers",
    [
        [(XFO, "DENY")],
        [(XFO, "deny")],
        [("X-FRAME-OPTIONS", " Deny ")],
        [(XFO, "SAMEORIGIN")],
        [(XFO, "SameOrigin")],
        [(XFO, "DENY, DENY")],
        [(XFO, "DENY, SAMEORIGIN")],
        [(XFO, "SAMEORIGIN"), (XFO, "ALLOWALL")],
        [(XFO, "nonsense"), (XFO, "DENY")],
        [(XFO, "ALLOWALL, nonsense")],
        [(CSP, "frame-ancestors 'none'")],
        [(CSP, "frame-ancestors 'self'")],
        [(CSP, "frame-ancestors")],
        [(CSP, "frame-ancestors ftp:")],
        [(CSP, "frame-ancestors https://elsewhere.example")],
        [(CSP, "frame-ancestors https://handoff.example")],
        [(CSP, "frame-ancestors https://*.coastal-cuts.handoff.example")],
        [(CSP, "frame-ancestors https://coastal-cuts.handoff.example:8443")],
        [(CSP, "frame-ancestors data:")],
        [(CSP, "frame-ancestors *"), (CSP, "frame-ancestors 'none'")],  # every policy has to admit us
        [(CSP, "frame-ancestors *, frame-ancestors 'none'")],  # two policies in one header
        [(CSP, "default-src 'self', frame-ancestors 'none'")],
        [(CSP, "Frame-Ancestors 'none'")],
        [(CSP, "frame-ancestors https://coastal-cuts.handoff.example:80")],  # 80 admits 443 for http alone
        [(CSP, "default-src 'self'; frame-ancestors 'self'; frame-ancestors *")],
        [(CSP, "script-src 'none';frame-ancestors\t'none'")],
        [(XFO, "ALLOWALL"), (CSP, "frame-ancestors 'none'")],
        [(CSP, "frame-ancestors nonsense!")],
    ],
    ids=str,
)
def test_page_that_may_not_be_framed(headers: list[tuple[str, str]]) -> None:
    assert judge(*headers) == FramingVerdict.REFUSED


def test_scheme_of_a_source_without_one_is_the_pages() -> None:
    source = (CSP, "frame-ancestors coastal-cuts.handoff.example")
    assert judge(source, parent="http://coastal-cuts.handoff.example") == FramingVerdict.REFUSED
    assert judge(source, parent=PARENT) == FramingVerdict.ALLOWED


def test_ports_count() -> None:
    parent = "http://coastal-cuts.localhost:8000"
    assert judge((CSP, "frame-ancestors http://*.localhost"), parent=parent) == FramingVerdict.REFUSED
    assert judge((CSP, "frame-ancestors http://*.localhost:8000"), parent=parent) == FramingVerdict.ALLOWED
    assert judge((CSP, "frame-ancestors http://*.localhost:*"), parent=parent) == FramingVerdict.ALLOWED


def test_same_origin_is_only_the_pages_own() -> None:
    assert judge((XFO, "SAMEORIGIN"), parent="https://book.provider.example") == FramingVerdict.ALLOWED
    assert judge((CSP, "frame-ancestors 'self'"), parent="https://book.provider.example:443") == FramingVerdict.ALLOWED
