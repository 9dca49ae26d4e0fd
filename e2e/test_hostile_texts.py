"""What strangers type stays text wherever it is read; our pages follow no stranger and tell nobody whence one comes."""

from typing import Any

from playwright.sync_api import Page, expect

from e2e.conftest import OpenBrowser
from e2e.dashboard import WIDE, ask_for_a_time, row_of, settle
from e2e.stack import Stack
from e2e.steps import fill_in, log_in, send

PROVIDER = "https://harborwellness.as.me"
PAYLOADS = [
    "<img src=x onerror=alert(1)>",
    '"><script>alert(1)</script>',
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "</textarea><script>alert(1)</script>",
    "</title><script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    "<iframe srcdoc='<script>alert(1)</script>'>",
    "<a href=javascript:alert(1)>x</a>",
    "javascript:alert(1)",
    "' onmouseover=alert(1) x='",
    '" autofocus onfocus=alert(1) x="',
    "<details open ontoggle=alert(1)>",
    "<body onload=alert(1)>",
    "<math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "{{constructor.constructor('alert(1)')()}}",
    "${alert(1)}",
    "<!--><img src=x onerror=alert(1)>-->",
    "<base href=//evil.example><object data=javascript:alert(1)>",
]


def _watch(page: Page) -> list[str]:
    """Note every dialog, and every script that a payload managed to start; policy violations fail the test anyway."""
    seen: list[str] = []

    def note(dialog: Any) -> None:
        seen.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", note)
    return seen


def test_t14_nothing_a_visitor_types_runs_in_the_dashboard(stack: Stack, open_page: OpenBrowser) -> None:
    ids = [
        ask_for_a_time(
            stack,
            "coastal-cuts",
            f"T14-{number:02} {payload}"[:120],
            requestedService=payload,
            preferredDateTimeText=payload,
            notes=payload,
            sourcePage=f"/{payload}",
            attribution={"utm_source": payload, "referrer": payload},
        )
        for number, payload in enumerate(PAYLOADS)
    ]
    owner = open_page(viewport=WIDE)
    seen = _watch(owner)
    log_in(owner, stack, "coastal-cuts")
    settle(owner)

    for number, payload in enumerate(PAYLOADS):
        expect(row_of(owner, f"T14-{number:02} {payload}"[:120]).first).to_be_visible()
    for handoff_id, payload in zip(ids, PAYLOADS, strict=True):
        owner.goto(stack.url("coastal-cuts", f"/dashboard/handoffs/{handoff_id}"))
        expect(owner.get_by_test_id("handoff-detail")).to_contain_text(payload)
    owner.goto(stack.url("coastal-cuts", "/dashboard/insights"))
    owner.wait_for_load_state("networkidle")

    assert seen == []
    assert owner.evaluate("document.querySelectorAll('[onerror],[onload],[onfocus],[onmouseover],base').length") == 0


def test_t14_nothing_a_visitor_types_runs_on_their_own_pages(stack: Stack, open_page: OpenBrowser) -> None:
    visitor = open_page()
    seen = _watch(visitor)
    for payload in PAYLOADS[:6]:
        visitor.goto(stack.url("coastal-cuts", "/book"))
        fill_in(visitor, name=payload[:120], service=payload, time=payload)
        send(visitor)

        expect(visitor.locator("main")).to_contain_text(payload)
    assert seen == []


SCRIPT = "javascript:alert(1)"
ELSEWHERE = "//evil.example/x"


def test_t12_every_link_of_a_page_leads_somewhere_safe(stack: Stack, open_page: OpenBrowser) -> None:
    """Pages that were given a script and a stranger's address wherever an address may be given."""
    handoff_id = ask_for_a_time(
        stack,
        "coastal-cuts",
        "T12 Link",
        sourcePage=SCRIPT,
        attribution={"referrer": SCRIPT, "utm_source": SCRIPT, "utm_campaign": f"https:{ELSEWHERE}"},
    )
    visitor, owner = open_page(), open_page(viewport=WIDE)
    log_in(owner, stack, "coastal-cuts")
    settle(owner)
    visits = [
        *((visitor, path) for path in ("/", f"/book?service={SCRIPT}", f"/login?next={SCRIPT}", f"/go/{SCRIPT}")),
        *((visitor, path) for path in (ELSEWHERE, f"/login?next={ELSEWHERE}", f"/?lang=es&utm_source={ELSEWHERE}")),
        *((owner, path) for path in ("/dashboard?q=T12", f"/dashboard/handoffs/{handoff_id}", "/dashboard/insights")),
    ]
    hosts = set()
    for page, path in visits:
        page.goto(stack.url("coastal-cuts", path))
        page.wait_for_load_state("networkidle")
        links = page.evaluate("[...document.links].map((link) => [link.protocol, link.hostname])")
        assert links or path.startswith("/login"), path
        assert {protocol for protocol, _ in links} <= {"http:", "https:", "mailto:", "tel:"}, path
        hosts |= {host for _, host in links if host}
    assert hosts == {"coastal-cuts.localhost", "calendly.com", "www.google.com"}  # ours, the provider, the map


def test_t28_messages_of_strangers_change_nothing(stack: Stack, open_page: OpenBrowser) -> None:
    """The hand-over page listens to the provider's frame alone: that window, and from that origin."""
    visitor = open_page()
    visitor.context.route(f"{PROVIDER}/**", lambda _route: None)  # no answer, so that only a message could count
    visitor.goto(stack.url("harbor-wellness", "/book"))
    fill_in(visitor, name="Message From Nobody", service="Massage")
    send(visitor)
    visitor.get_by_test_id("handoff-cta").click()
    expect(visitor.get_by_test_id("booking-frame")).to_be_attached()
    address = visitor.url

    def tell(source: str, origin: str) -> str | None:
        """Have a message come from a window and an origin; returns what the page makes of its frame then."""
        state: str | None = visitor.evaluate(
            """([source, origin]) => {
                for (const data of [{navigate: "javascript:alert(1)"}, {type: "booking-handoff:height"}, "x", null]) {
                    window.postMessage(data, "*");
                    dispatchEvent(new MessageEvent("message", {data, origin, source: {
                        us: window, frame: document.querySelector("iframe").contentWindow, nobody: null,
                    }[source]}));
                }
                const stage = document.querySelector("[data-stage]");
                return new Promise((resolve) => setTimeout(() => resolve(stage.dataset.state ?? null), 100));
            }""",
            [source, origin],
        )
        return state

    for source, origin in [
        ("us", PROVIDER),
        ("nobody", PROVIDER),
        ("frame", "https://evil.example"),
        ("frame", "null"),
    ]:
        assert tell(source, origin) is None, (source, origin)
    assert tell("frame", PROVIDER) == "alive"  # so it would have been seen
    assert visitor.url == address


def test_t29_provider_hears_neither_our_address_nor_who_comes(stack: Stack, open_page: OpenBrowser) -> None:
    visitor = open_page()
    visitor.goto(stack.url("coastal-cuts", "/book?utm_source=instagram"))
    fill_in(visitor, name="Private Person")
    handoff_id = send(visitor)

    with visitor.expect_request("https://calendly.com/**") as asked:
        visitor.get_by_test_id("handoff-cta").click()

    request = asked.value
    assert "referer" not in request.headers
    assert "Private" not in request.url
    assert "772" not in request.url.replace(handoff_id, "")
