"""Whose request it is: a trusted proxy's word counts, read from the right, and nobody else's."""

from typing import Any

import pytest

from saas.middleware import TrustedProxies

PROXY, INNER, CLIENT, CLAIMED = "10.0.0.1", "10.9.9.9", "203.0.113.1", "192.0.2.99"


@pytest.fixture
def proxies(settings: Any) -> TrustedProxies:
    settings.TRUSTED_PROXIES = ["10.0.0.0/8"]
    return TrustedProxies()


@pytest.mark.parametrize(
    ("forwarded", "ip"),
    [
        pytest.param("", PROXY, id="the proxy itself"),
        pytest.param(CLIENT, CLIENT, id="one hop"),
        pytest.param(f"{CLAIMED}, {CLIENT}", CLIENT, id="what the client says itself"),
        pytest.param(f"{CLAIMED}, {CLIENT},{INNER} ", CLIENT, id="two proxies"),
        pytest.param(f"{CLAIMED}, no address, {INNER}", INNER, id="nothing beyond what cannot be read"),
        pytest.param(", ".join([CLAIMED, *[INNER] * 20]), INNER, id="twenty hops at most"),
        pytest.param("2001:db8:1:2:3::4", "2001:db8:1:2::", id="network of an IPv6 client"),
        pytest.param(f"::ffff:{CLIENT}", CLIENT, id="IPv4 in IPv6"),
    ],
)
def test_client_is_the_last_that_is_no_proxy(forwarded: str, ip: str, proxies: TrustedProxies) -> None:
    environ = {"REMOTE_ADDR": PROXY, "HTTP_X_FORWARDED_FOR": forwarded}

    assert proxies.find_client(environ) == (ip, True)


def test_proxy_is_known_in_either_spelling(proxies: TrustedProxies) -> None:
    assert proxies.find_client({"REMOTE_ADDR": f"::ffff:{PROXY}", "HTTP_X_FORWARDED_FOR": CLIENT}) == (CLIENT, True)


@pytest.mark.parametrize("peer", [CLIENT, f"::ffff:{CLIENT}"])
def test_word_of_anybody_else_is_nothing(peer: str, proxies: TrustedProxies) -> None:
    assert proxies.find_client({"REMOTE_ADDR": peer, "HTTP_X_FORWARDED_FOR": CLAIMED}) == (CLIENT, False)
