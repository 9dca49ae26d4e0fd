"""`/metrics` as Prometheus reads it."""

from typing import Any

from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


def scrape(**more: Any) -> Samples:
    """Return {(name, labels): value} of all that is told."""
    response = Client(headers={"host": "localhost"}).get("/metrics", **more)
    assert response.status_code == 200
    assert response["Content-Type"].startswith("text/plain; version=")
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(response.content.decode())
        for sample in family.samples
    }
