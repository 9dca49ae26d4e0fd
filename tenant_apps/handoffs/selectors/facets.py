"""What there is to filter by."""

from django.db import connection

MAX_VALUES = 200
_MAX_STEPS = 1000

# PostgreSQL has no skip scan for DISTINCT: this steps in an index from one value to the next larger one, so a million
# rows of twenty values cost twenty steps (PostgreSQL wiki, "Loose indexscan"). The empty text of an erased row counts
# for nothing. Sources stand behind the industry in their index, so its steps are pairs.
_STATEMENT = f"""
    WITH RECURSIVE services(value) AS (
        (SELECT requested_service FROM handoffs_bookinghandoff WHERE requested_service > ''
         ORDER BY requested_service LIMIT 1)
        UNION ALL
        SELECT (SELECT requested_service FROM handoffs_bookinghandoff WHERE requested_service > services.value
                ORDER BY requested_service LIMIT 1)
        FROM services WHERE services.value IS NOT NULL
    ), origins(industry, source) AS (
        (SELECT industry_slug, source_page FROM handoffs_bookinghandoff ORDER BY industry_slug, source_page LIMIT 1)
        UNION ALL
        SELECT following.* FROM origins CROSS JOIN LATERAL (
            SELECT industry_slug, source_page FROM handoffs_bookinghandoff
            WHERE (industry_slug, source_page) > (origins.industry, origins.source)
            ORDER BY industry_slug, source_page LIMIT 1
        ) AS following
    ), some_origins AS MATERIALIZED (SELECT * FROM origins LIMIT {_MAX_STEPS})
    SELECT ARRAY(SELECT value FROM services WHERE value IS NOT NULL LIMIT {MAX_VALUES}),
           ARRAY(SELECT DISTINCT source FROM some_origins WHERE source > '' ORDER BY source LIMIT {MAX_VALUES}),
           ARRAY(SELECT DISTINCT industry FROM some_origins WHERE industry > '' ORDER BY industry LIMIT {MAX_VALUES})
"""  # noqa: S608 - two numbers of this module


def list_facets() -> dict[str, list[str]]:
    """Return {services, sources, industries} that occur in the current tenant, at most 200 each, in one statement."""
    with connection.cursor() as cursor:
        cursor.execute(_STATEMENT)
        return dict(zip(("services", "sources", "industries"), cursor.fetchone(), strict=True))
