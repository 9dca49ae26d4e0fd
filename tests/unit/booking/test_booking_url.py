"""Which addresses are accepted as a booking page, and what is kept of them. U…: numbers of the bad inputs tried."""

from itertools import pairwise

import pytest

from tenant_apps.booking.validators import (
    WARN_IDN,
    WARN_PERSONAL,
    WARN_SAMPLE,
    WARN_UNWRAPPED,
    InvalidBookingUrlError,
    parse_booking_url,
)

REFUSED = [
    # U2: schemes that run or read something
    ("data:text/html,x", "url_not_https"),
    ("vbscript:msgbox(1)", "url_not_https"),
    ("vbscript:", "url_not_https"),
    ("file:///etc/passwd", "url_not_https"),
    ("ftp://calendly.com/acme", "url_not_https"),
    ("ftp://", "url_not_https"),
    ("javascript:alert(1)", "url_not_https"),
    ("JaVaScRiPt:alert(1)//https://calendly.com/", "url_not_https"),
    ("blob:https://calendly.com/x", "url_not_https"),
    ("view-source:https://calendly.com/x", "url_not_https"),
    # U3
    ("http://calendly.com/acme", "url_not_https"),
    ("HTTP://calendly.com/acme", "url_not_https"),
    # U4: no absolute address
    ("//evil.example", "url_not_absolute"),
    ("/path", "url_not_absolute"),
    ("https:evil.example", "url_not_absolute"),
    ("https:/evil.example", "url_not_absolute"),
    ("https:///evil.example", "url_not_absolute"),
    ("https:////evil.example", "url_not_absolute"),
    ("https://", "url_not_absolute"),
    ("https://?x=1", "url_not_absolute"),
    ("https://#x", "url_not_absolute"),
    ("calendly.com/acme", "url_not_absolute"),
    ("", "url_required"),
    # U5
    ("https://user:pw@evil.example/", "url_userinfo"),
    ("https://calendly.com@evil.example/", "url_userinfo"),
    ("https://@calendly.com/", "url_userinfo"),
    ("https://:@calendly.com/", "url_userinfo"),
    ("https://calendly.com\uff20evil.example/", "url_host"),
    # U7 and its kin
    ("https://calendly.com\\@evil.example/", "url_backslash"),
    ("https:\\\\evil.example\\x", "url_backslash"),
    ("https://calendly.com/a\\b", "url_backslash"),
    ("https://calendly.com/?a=\\", "url_backslash"),
    ("https://calendly.com#@evil.example:x@/\\", "url_backslash"),
    # U9
    ("https://calendly.com/\r\nSet-Cookie:a=b", "url_characters"),
    ("https://calendly.com/\tacme", "url_characters"),
    ("https://cal\tendly.com/acme", "url_characters"),
    ("ht\ntps://calendly.com/acme", "url_characters"),
    (" https://calendly.com/acme", "url_characters"),
    ("https://calendly.com/acme ", "url_characters"),
    ("\x00https://calendly.com/acme", "url_characters"),
    ("https://calendly.com/acme\x7f", "url_characters"),
    ("https://calendly.com/a b", "url_characters"),
    ("https://calendly.com/a\u00a0b", "url_characters"),
    ("https://calendly.com/a\u3000b", "url_characters"),
    ("https://calendly.com/a\u2028b", "url_characters"),
    ("https://calendly.com/\u202egnp.exe", "url_characters"),
    ("https://cal\u200bendly.com/", "url_characters"),
    ("https://cal\u00adendly.com/", "url_characters"),
    ("https://calendly.com/\ud800", "url_characters"),
    ("\ufeffhttps://calendly.com/", "url_characters"),
    ("https://calendly.com/%0d%0aSet-Cookie:a=b", "url_characters"),
    ("https://calendly.com/?a=%00", "url_characters"),
    ("https://calendly.com/%1b[31m", "url_characters"),
    ("https://calendly.com/?a=%1F", "url_characters"),
    ("https://calendly.com/#%7F", "url_characters"),
    # U10
    ("https://127.0.0.1/", "url_ip_address"),
    ("https://localhost/", "url_host_not_public"),
    ("https://LOCALHOST./", "url_host_not_public"),
    ("https://app.localhost/", "url_host_not_public"),
    ("https://[::1]/", "url_ip_address"),
    ("https://[::]/", "url_ip_address"),
    ("https://[::1", "url_ip_address"),
    # U11: other notations of an IPv4 address
    ("https://2130706433/", "url_ip_address"),
    ("https://0x7f000001/", "url_ip_address"),
    ("https://0X7F.1/", "url_ip_address"),
    ("https://127.1/", "url_ip_address"),
    ("https://127.0.1/", "url_ip_address"),
    ("https://0177.0.0.1/", "url_ip_address"),
    ("https://127.0.0.1./", "url_ip_address"),
    ("https://127.0.0.0x1/", "url_ip_address"),
    ("https://1.2.3.4.5/", "url_ip_address"),
    ("https://256.256.256.256/", "url_ip_address"),
    ("https://calendly.com.1/", "url_ip_address"),
    ("https://%31%32%37.0.0.1/", "url_ip_address"),
    # U12
    ("https://\u2460\u2461\u2466.\u24ea.\u24ea.\u2460/", "url_ip_address"),
    ("https://127\u30020\u30020\u30021/", "url_ip_address"),
    ("https://127\uff0e0\uff0e0\uff0e1/", "url_ip_address"),
    ("https://127\uff610\uff610\uff611/", "url_ip_address"),
    ("https://\uff11\uff12\uff17.0.0.1/", "url_ip_address"),
    ("https://\uff10x7f.1/", "url_ip_address"),
    ("https://\uff11\uff12\uff17\u30020\u30020\u30021:8000/", "url_ip_address"),
    # U13
    ("https://169.254.169.254/", "url_ip_address"),
    ("https://[::ffff:169.254.169.254]/", "url_ip_address"),
    # U14
    ("https://[64:ff9b::a9fe:a9fe]/", "url_ip_address"),
    ("https://[2002:7f00:1::]/", "url_ip_address"),
    # U15, and a public address: an address in digits is never a booking page
    ("https://100.64.0.1/", "url_ip_address"),
    ("https://224.0.0.1/", "url_ip_address"),
    ("https://0.0.0.0/", "url_ip_address"),
    ("https://10.0.0.5/", "url_ip_address"),
    ("https://8.8.8.8/", "url_ip_address"),
    # U20
    ("https://intranet/", "url_host_not_public"),
    ("https://a.local/", "url_host_not_public"),
    ("https://a.LOCAL./", "url_host_not_public"),
    ("https://a.internal/", "url_host_not_public"),
    ("https://metadata.google.internal/", "url_host_not_public"),
    ("https://a.onion/", "url_host_not_public"),
    ("https://a.invalid/", "url_host_not_public"),
    ("https://router.lan/", "url_host_not_public"),
    ("https://router.home.arpa/", "url_host_not_public"),
    ("https://1.0.0.127.in-addr.arpa/", "url_host_not_public"),
    ("https://a.corp/", "url_host_not_public"),
    ("https://a.c/", "url_host_not_public"),
    ("https://a.c0m/", "url_host_not_public"),
    ("https://com./", "url_host_not_public"),
    # U21
    ("https://calendly.com/".ljust(2049, "a"), "url_too_long"),
    ("https://calendly.com/" + "\u00e4" * 400, "url_too_long"),
    # U25
    ("https://x/{{ref}}", "url_template"),
    ("https://calendly.com/{{ref}}", "url_template"),
    ("https://calendly.com/{ref}", "url_template"),
    ("https://calendly.com/?ref={ref}", "url_template"),
    ("https://calendly.com/?ref=${ref}", "url_template"),
    ("https://calendly.com/?ref={{ref|default}}", "url_template"),
    ("https://calendly.com/?ref=${ref:-none}", "url_template"),
    ("https://calendly.com/?ref=%7B%7Bref%7D%7D", "url_template"),
    ("https://calendly.com/?ref=%7Bref%7D", "url_template"),
    ("https://calendly.com/?ref=<ref>", "url_template"),
    ("https://calendly.com/#{}", "url_template"),
    ("https://x/%s", "url_template"),
    ("https://calendly.com/?ref=%s", "url_template"),
    ("https://calendly.com/?ref=%s&x=1", "url_template"),
    ("https://calendly.com/?ref=%(ref)s", "url_template"),
    ("https://%s/acme", "url_template"),
    # Percent signs that start nothing
    ("https://calendly.com/%zz", "url_percent_encoding"),
    ("https://calendly.com/%", "url_percent_encoding"),
    ("https://calendly.com/?a=100%", "url_percent_encoding"),
    ("https://calendly.com/?a=%4", "url_percent_encoding"),
    ("https://calendly.com/#%u00e4", "url_percent_encoding"),
    ("https://calendly.com/?a=%ff", "url_percent_encoding"),
    ("https://calendly.com/?%e4=1", "url_percent_encoding"),
    ("https://calendly.com/?a=%ed%a0%80", "url_percent_encoding"),
    # Ports: none at all, so that what is matched is the host alone
    ("https://calendly.com:443/acme", "url_port"),
    ("https://calendly.com:8443/acme", "url_port"),
    ("https://calendly.com:/acme", "url_port"),
    ("https://calendly.com:0/acme", "url_port"),
    ("https://calendly.com:99999/acme", "url_port"),
    # Hosts that are no names
    ("https://calendly%2ecom/acme", "url_host"),
    ("https://evil%2f.calendly.com/", "url_host"),
    ("https://a..com/", "url_host"),
    ("https://.calendly.com/", "url_host"),
    ("https://calendly.com../", "url_host"),
    ("https://-a.com/", "url_host"),
    ("https://a-.com/", "url_host"),
    ("https://a_b.com/", "url_host"),
    ("https://a,b.com/", "url_host"),
    ("https://a|b.com/", "url_host"),
    ("https://a]b.com/", "url_host"),
    ("https://a*b.com/", "url_host"),
    ("https://*.com/", "url_host"),
    (f"https://{'a' * 64}.com/", "url_host"),
    (f"https://{'.'.join(['a' * 49] * 6)}.com/", "url_host"),
    (f"https://{'.'.join(['a' * 61] * 4)}.letter/", "url_host"),  # 254 characters
    ("https://\u2603.net/", "url_host"),
    ("https://xn--a.com/", "url_host"),
    ("https://xn--calendly-.com/", "url_host"),
    ("https://a\u2100.com/", "url_host"),
    # Written to look like another name
    ("https://\u24d2alendly.com/", "url_host_lookalike"),
    ("https://\uff43\uff41\uff4c\uff45\uff4e\uff44\uff4c\uff59.com/", "url_host_lookalike"),
    ("https://calendly\u3002com/", "url_host_lookalike"),
    ("https://calendly\uff0ecom/", "url_host_lookalike"),
    ("https://\u212aalendly.com/", "url_host_lookalike"),  # a Kelvin sign
    ("https://o\ufb00ice.com/", "url_host_lookalike"),  # a ligature
    # Steps that one parser walks and the other does not
    ("https://calendly.com/a/../b", "url_ambiguous"),
    ("https://calendly.com/./a", "url_ambiguous"),
    ("https://calendly.com/a/%2e%2E/b", "url_ambiguous"),
    ("https://calendly.com/..", "url_ambiguous"),
]


@pytest.mark.parametrize(("raw", "code"), REFUSED, ids=[repr(raw)[:60] for raw, _ in REFUSED])
def test_booking_url_bad_is_refused_with_its_code(raw: str, code: str) -> None:
    with pytest.raises(InvalidBookingUrlError) as caught:
        parse_booking_url(raw)
    assert caught.value.code == code
    assert caught.value.field == "externalBookingUrl"
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__  # a traceback would quote what was typed


@pytest.mark.parametrize("raw", [raw for raw, _ in REFUSED if len(raw) > 8])
def test_booking_url_error_never_repeats_what_was_typed(raw: str) -> None:
    with pytest.raises(InvalidBookingUrlError) as caught:
        parse_booking_url(raw)
    assert raw not in caught.value.message
    assert raw not in str(caught.value)
    assert caught.value.message.endswith(".")


@pytest.mark.parametrize(
    ("host", "own_domain"),
    [
        ("app.example.com", "app.example.com"),
        ("coastal-cuts.app.example.com", "app.example.com"),
        ("COASTAL-CUTS.App.Example.com.", "app.example.com"),
        ("coastal-cuts.app.example.com", "APP.example.com:8000"),
        ("coastal-cuts.app.example.com", "app.example.com."),
        ("coastal-cuts.localhost", "localhost"),
        ("coastal-cuts.localhost", "localhost:8000"),
    ],
)
def test_booking_url_at_our_own_domain_is_refused(host: str, own_domain: str) -> None:
    with pytest.raises(InvalidBookingUrlError) as caught:
        parse_booking_url(f"https://{host}/book", own_domain=own_domain)
    assert caught.value.code == "url_own_site"


@pytest.mark.parametrize("own_domain", ["app.example.com", "le.com", "", None])
def test_booking_url_beside_our_own_domain_is_accepted(own_domain: str | None) -> None:
    assert parse_booking_url("https://example.com/book", own_domain=own_domain).url == "https://example.com/book"


def test_booking_url_at_our_own_domain_in_a_redirect_is_refused() -> None:
    with pytest.raises(InvalidBookingUrlError) as caught:
        parse_booking_url("https://google.com/url?q=https://a.app.example.com/", own_domain="app.example.com")
    assert caught.value.code == "url_own_site"


CANONICAL = [
    ("https://calendly.com/coastal-cuts-demo/haircut", "https://calendly.com/coastal-cuts-demo/haircut"),
    ("https://harborwellness.as.me/schedule.php", "https://harborwellness.as.me/schedule.php"),
    ("HTTPS://Calendly.COM/Acme", "https://calendly.com/Acme"),
    ("https://calendly.com", "https://calendly.com/"),
    ("https://calendly.com?a=1", "https://calendly.com/?a=1"),
    ("https://calendly.com#top", "https://calendly.com/#top"),
    ("https://calendly.com./acme", "https://calendly.com/acme"),
    ("https://calendly.com/acme?", "https://calendly.com/acme"),
    ("https://calendly.com/acme?#", "https://calendly.com/acme"),
    # U24
    ("https://calendly.com/acme?a=1#frag", "https://calendly.com/acme?a=1#frag"),
    ("https://calendly.com/#/book?step=1#2", "https://calendly.com/#/book?step=1#2"),
    # What is odd and legal stays byte for byte
    ("https://vagaro.com//a//b/", "https://vagaro.com//a//b/"),
    ("https://a.com/?a&b=&=c&&a=2;x=3&d=e+f%20g%2B", "https://a.com/?a&b=&=c&&a=2;x=3&d=e+f%20g%2B"),
    ("https://a.com/?metadata[x]=1&y[]=2", "https://a.com/?metadata[x]=1&y[]=2"),
    ("https://a.com/%e4%E4?x=%c3%A9#%ff", "https://a.com/%e4%E4?x=%c3%A9#%ff"),
    ("https://a.com/a:b@c,d;e=f!$&'()*~", "https://a.com/a:b@c,d;e=f!$&'()*~"),
    ("https://a.com/?u=https://b.com/?x=1", "https://a.com/?u=https://b.com/?x=1"),
    # What is no URL character is percent-encoded
    ("https://a.com/\u00e4?\u00fc=\u4e2d#\u00f6", "https://a.com/%C3%A4?%C3%BC=%E4%B8%AD#%C3%B6"),
    ('https://a.com/^|`"?^|`"=\'#^|`"\'', "https://a.com/%5E%7C%60%22?%5E%7C%60%22=%27#%5E%7C%60%22'"),
    (
        'https://cal.com/a/b?location={"value":"phone"}',
        "https://cal.com/a/b?location=%7B%22value%22:%22phone%22%7D",
    ),
    ("https://r3---sn.a.com/", "https://r3---sn.a.com/"),
    (f"https://{'.'.join(['a' * 61] * 4)}.tools/", f"https://{'.'.join(['a' * 61] * 4)}.tools/"),  # 253 characters
    # A second question mark, which some programs would drop
    ("https://a.com/??a=1&?b??=2&c=?", "https://a.com/?%3Fa=1&%3Fb??=2&c=?"),
    ("https://a.co.uk/", "https://a.co.uk/"),
]


@pytest.mark.parametrize(("raw", "canonical"), CANONICAL)
def test_booking_url_is_kept_in_canonical_form(raw: str, canonical: str) -> None:
    parsed = parse_booking_url(raw)
    assert parsed.url == canonical
    assert parsed.warnings == ()
    assert parsed.is_idn is False
    assert parse_booking_url(canonical) == parsed


def test_booking_url_of_the_longest_length_is_accepted() -> None:
    """What the column holds, and what the message promises: 2048 characters."""
    longest = "https://calendly.com/".ljust(2048, "a")
    assert parse_booking_url(longest).url == longest


@pytest.mark.parametrize(
    ("raw", "host"),
    [
        ("https://\u0430pple.com/", "xn--pple-43d.com"),  # U22: the first letter is Cyrillic
        ("https://\u0410PPLE.com/", "xn--pple-43d.com"),
        ("https://xn--pple-43d.com/", "xn--pple-43d.com"),
        ("https://XN--PPLE-43D.com/", "xn--pple-43d.com"),
        ("https://fa\u00df.de/", "xn--fa-hia.de"),
        ("https://salon.\u043e\u043d\u043b\u0430\u0439\u043d/", "salon.xn--80asehdb"),
    ],
)
def test_booking_url_international_host_is_kept_in_ascii_with_a_warning(raw: str, host: str) -> None:
    parsed = parse_booking_url(raw)
    assert (parsed.url, parsed.host, parsed.is_idn) == (f"https://{host}/", host, True)
    assert parsed.warnings == (WARN_IDN,)


@pytest.mark.parametrize("host", ["acme.example", "acme.test"])
def test_booking_url_sample_host_is_accepted_with_a_warning(host: str) -> None:
    assert parse_booking_url(f"https://{host}/").warnings == (WARN_SAMPLE,)


WRAPPED = [
    "https://www.google.com/url?q=https://calendly.com/acme/cut%3Fa%3D1%26b%3D2&sa=D&ust=1",
    "https://google.com/url?sa=t&url=https%3A%2F%2Fcalendly.com%2Facme%2Fcut%3Fa%3D1%26b%3D2",
    "https://eur01.safelinks.protection.outlook.com/?url=https%3A%2F%2Fcalendly.com%2Facme%2Fcut%3Fa%3D1%26b%3D2"
    "&data=05%7C01%7Cjane%40example.com",
    "https://l.facebook.com/l.php?u=https%3A%2F%2Fcalendly.com%2Facme%2Fcut%3Fa%3D1%26b%3D2&h=AT0",
    "https://lm.facebook.com/l.php?u=https%3A%2F%2Fcalendly.com%2Facme%2Fcut%3Fa%3D1%26b%3D2&h=AT0",
    "https://l.facebook.com/l.php?u=https%3A%2F%2Fwww.google.com%2Furl%3Fq%3Dhttps%253A%252F%252Fcalendly.com"
    "%252Facme%252Fcut%253Fa%253D1%2526b%253D2",
]


@pytest.mark.parametrize("raw", WRAPPED)
def test_booking_url_in_a_known_redirect_is_taken_out(raw: str) -> None:
    parsed = parse_booking_url(raw)
    assert parsed.url == "https://calendly.com/acme/cut?a=1&b=2"
    assert parsed.host == "calendly.com"
    assert parsed.warnings == (WARN_UNWRAPPED,)


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("https://www.google.com/url?q=http://calendly.com/acme", "url_not_https"),
        ("https://www.google.com/url?q=javascript:alert(1)", "url_not_https"),
        ("https://www.google.com/url?q=https://127.0.0.1/", "url_ip_address"),
        ("https://www.google.com/url?q=https://calendly.com%5C@evil.example/", "url_backslash"),
        ("https://www.google.com/url?q=%ff", "url_percent_encoding"),
        ("https://www.google.com/url?q=", "url_wrapped"),
        ("https://www.google.com/url", "url_wrapped"),
        ("https://www.google.com/url?q=https://a.com/&q=https://b.com/", "url_wrapped"),
        ("https://www.google.com/url?q=https://a.com/&url=https://b.com/", "url_wrapped"),
        ("https://l.facebook.com/l.php", "url_wrapped"),
        ("https://a.safelinks.protection.outlook.com/", "url_wrapped"),
    ],
)
def test_booking_url_in_a_redirect_is_held_to_the_same_rules(raw: str, code: str) -> None:
    with pytest.raises(InvalidBookingUrlError) as caught:
        parse_booking_url(raw)
    assert caught.value.code == code


def test_booking_url_in_too_many_redirects_is_refused() -> None:
    raw = "https://google.com/url?q=" * 4 + "https://calendly.com/acme"
    assert parse_booking_url(raw.removeprefix("https://google.com/url?q=")).url == "https://calendly.com/acme"
    with pytest.raises(InvalidBookingUrlError) as caught:
        parse_booking_url(raw)
    assert caught.value.code == "url_wrapped"


@pytest.mark.parametrize(
    "raw",
    [
        "https://google.com.evil.example/url?q=https://calendly.com/acme",
        "https://notgoogle.com/url?q=https://calendly.com/acme",
        "https://google.com/search?q=https://calendly.com/acme",
        "https://safelinks.protection.outlook.com/?url=https://calendly.com/acme",
        "https://facebook.com/l.php?u=https://calendly.com/acme",
    ],
)
def test_booking_url_that_only_resembles_a_redirect_is_kept(raw: str) -> None:
    assert parse_booking_url(raw).url == raw


@pytest.mark.parametrize(
    "segment",
    [
        "email=jane@example.com",
        "Email=jane%40example.com",
        "%65mail=x",
        "e-mail=x",
        "name=Jane+Doe",
        "first_name=Jane",
        "firstName=Jane",
        "Last-Name=Doe",
        "full+name=Jane",
        "phone=%2B4915155501",
        "phone_number=1",
        "tel=1",
        "smsPhone=1",
        "attendeePhoneNumber=1",
        "invitee_email=x",
        "invitee_full_name=x",
        "name",
    ],
)
def test_booking_url_details_of_a_person_are_taken_out(segment: str) -> None:
    parsed = parse_booking_url(f"https://a.com/p?x=1&{segment}&y=%41+b#f")
    assert parsed.url == "https://a.com/p?x=1&y=%41+b#f"
    assert parsed.warnings == (WARN_PERSONAL,)
    assert parse_booking_url(f"https://a.com/p?{segment}").url == "https://a.com/p"


@pytest.mark.parametrize("segment", ["names=x", "service=name", "mailbox=x", "username=x", "guests=2", "x=email"])
def test_booking_url_other_parameters_are_kept(segment: str) -> None:
    assert parse_booking_url(f"https://a.com/p?{segment}").warnings == ()


@pytest.mark.parametrize(
    ("raw", "kept"),
    [
        (
            "https://calendly.com/a/b?guests=jane@example.com&month=2026-12",
            "https://calendly.com/a/b?month=2026-12",
        ),
        ("https://cal.com/a/b?notes=call+me&duration=30", "https://cal.com/a/b?duration=30"),
        ("https://zcal.co/a/b?guests=x", "https://zcal.co/a/b"),
        ("https://meetings.hubspot.com/a?company=Doe", "https://meetings.hubspot.com/a"),
    ],
)
def test_booking_url_what_the_provider_takes_about_a_person_is_taken_out(raw: str, kept: str) -> None:
    parsed = parse_booking_url(raw)
    assert (parsed.url, parsed.warnings) == (kept, (WARN_PERSONAL,))


def test_booking_url_warnings_come_together_and_once() -> None:
    inner = "https%3A%2F%2F%D0%B0pple.test%2F%3Femail%3Dx"
    parsed = parse_booking_url(f"https://google.com/url?q=https%3A%2F%2Fgoogle.com%2Furl%3Fq%3D{inner}")
    assert parsed.url == "https://xn--pple-43d.test/"
    assert parsed.warnings == (WARN_UNWRAPPED, WARN_PERSONAL, WARN_IDN, WARN_SAMPLE)
    assert all(a != b for a, b in pairwise(parsed.warnings))
