"""Answers are compressed for who takes it, and their length does not tell exactly what is in them."""

import gzip
from typing import Any

import pytest

from shared_apps.tenants.scope import TenantRef, enter_tenant
from tests.clients import TenantClient
from tests.factories import HandoffFactory

LIST = "/api/v1/handoffs"


@pytest.fixture
def filled(alpha: TenantRef) -> TenantRef:
    """A tenant with a list that is worth compressing."""
    with enter_tenant(alpha):
        HandoffFactory.create_batch(10)
    return alpha


def _get(client: TenantClient, accepted: str, **more: str) -> Any:
    return client.get(LIST, headers={"accept-encoding": accepted} | {k.replace("_", "-"): v for k, v in more.items()})


@pytest.mark.usefixtures("filled")
def test_list_is_compressed_for_who_takes_it(owner: TenantClient) -> None:
    plain, compressed = _get(owner, "identity"), _get(owner, "br, gzip")

    assert "Content-Encoding" not in plain
    assert compressed["Content-Encoding"] == "gzip"
    assert gzip.decompress(compressed.content) == plain.content
    assert int(compressed["Content-Length"]) == len(compressed.content) < len(plain.content) / 2
    for answer in (plain, compressed):
        assert "Accept-Encoding" in answer["Vary"]


@pytest.mark.usefixtures("filled")
def test_compressed_answer_has_a_weak_tag_which_is_still_good(owner: TenantClient) -> None:
    strong, weak = _get(owner, "identity")["ETag"], _get(owner, "gzip")["ETag"]

    assert [strong[:1], weak[:3]] == ['"', 'W/"']
    assert _get(owner, "gzip", if_none_match=weak).status_code == 304


@pytest.mark.usefixtures("filled")
def test_length_of_the_same_answer_varies(owner: TenantClient) -> None:
    assert len({len(_get(owner, "gzip").content) for _ in range(20)}) > 5


@pytest.mark.usefixtures("alpha")
def test_answer_of_one_packet_is_sent_as_it_is(owner: TenantClient) -> None:
    answer = _get(owner, "gzip")

    assert answer.content == b'{"items":[],"nextCursor":null}'
    assert "Content-Encoding" not in answer
