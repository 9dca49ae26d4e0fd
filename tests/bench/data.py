"""Fills a tenant with handoffs and their timelines, by PostgreSQL itself: a million in about half a minute."""

from django.db import connection

from shared_apps.tenants.scope import TenantRef, enter_tenant

RARE_NAME = "Xanthippe Quillfeather"  # one row in 200,000, and one at least
COMMON_SERVICE = "Haircut"  # every third row
TABLES = ("handoffs_bookinghandoff", "handoffs_handoffevent")

_HANDOFFS = """
    INSERT INTO handoffs_bookinghandoff
        (id, created_at, pending_since, source_page, industry_slug, customer_name, customer_email, customer_phone,
         requested_service, preferred_date_time_text, notes, status, redirected_at, completed_at, abandoned_at,
         external_booking_url_used, metadata)
    SELECT id, at, at, (ARRAY['/', '/', '/book'])[1 + dice %% 3], 'salon', name,
           lower(replace(name, ' ', '.')) || n || '@example.com', '+1772' || lpad((n * 7919 %% 10000000)::text, 7, '0'),
           (ARRAY['Haircut', 'Haircut', 'Colour', 'Highlights', 'Blow-dry', 'Beard trim'])[1 + dice / 7 %% 6],
           'Friday after ' || 1 + n %% 6, CASE n %% 4 WHEN 0 THEN 'Please call before noon.' ELSE '' END, status,
           CASE WHEN status IN ('redirected', 'completed_external') THEN at + interval '1 s' * (5 + dice %% 300) END,
           CASE status WHEN 'completed_external' THEN at + interval '2 hours' END,
           CASE status WHEN 'abandoned' THEN at + interval '24 hours' END,
           'https://calendly.com/bench/visit?tca_ref=' || id,
           CASE n %% 2 WHEN 0 THEN '{}'
                ELSE '{"attribution": {"utm_source": "google", "utm_campaign": "local"}}' END::jsonb
    FROM (
        SELECT n, dice, gen_random_uuid() AS id,
               now() - interval '3 years' * ((%(rows)s - n) / %(rows)s::float) AS at,
               CASE WHEN n %% 200000 = 77 THEN %(rare)s
                    ELSE (ARRAY['Maria', 'James', 'Sofia', 'Liam', 'Ana', 'Noah', 'Emma', 'Mateo', 'Olivia', 'Priya'])
                         [1 + dice / 42 %% 10] || ' ' ||
                         (ARRAY['Garcia', 'Smith', 'Martinez', 'Johnson', 'Lopez', 'Brown', 'Davis', 'Chen', 'Nguyen'])
                         [1 + dice / 420 %% 9] END AS name,
               (ARRAY['completed_external', 'completed_external', 'redirected', 'redirected', 'abandoned'])
               [1 + dice / 3780 %% 5] AS status
        FROM (SELECT n, abs(hashint8(n)::bigint) AS dice FROM generate_series(1, %(rows)s::bigint) AS n) AS thrown
    ) AS drawn
"""
_EVENTS = """
    INSERT INTO handoffs_handoffevent (handoff_id, type, at, actor, evidence, detail)
    SELECT h.id, e.type, e.at, 'visitor', 'system', ''
    FROM handoffs_bookinghandoff AS h CROSS JOIN LATERAL (
        VALUES (1, 'created', h.created_at), (2, 'redirected', h.redirected_at), (3, 'completed', h.completed_at),
               (4, 'abandoned', h.abandoned_at)
    ) AS e (step, type, at)
    WHERE e.at IS NOT NULL ORDER BY h.created_at, e.step
"""


def fill(tenant: TenantRef, rows: int) -> None:
    """Give a tenant `rows` handoffs over three years, all settled, and statistics; its indexes are made anew."""
    with enter_tenant(tenant), connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute(
            "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = current_schema() AND tablename = ANY(%s)"
            " AND indexname LIKE 'handoff\\_%%'",
            [list(TABLES)],
        )
        indexes = cursor.fetchall()
        for name, _ in indexes:
            cursor.execute(f'DROP INDEX "{name}"')
        cursor.execute(_HANDOFFS, {"rows": rows, "rare": RARE_NAME})
        cursor.execute(_EVENTS)
        for _, definition in indexes:
            cursor.execute(definition)
        for table in TABLES:
            cursor.execute(f"VACUUM (ANALYZE) {table}")
        cursor.execute("RESET statement_timeout")
