from django.apps import AppConfig
from django.contrib.postgres.indexes import OpClass
from django.db.models.indexes import IndexExpression


class HandoffsConfig(AppConfig):
    name = "tenant_apps.handoffs"
    label = "handoffs"

    def ready(self) -> None:
        from shared_apps.journal.hooks import register_replay
        from shared_apps.platform.hooks import register_export, register_fact
        from shared_apps.tenants.due import register_work
        from tenant_apps.business.selectors import RETENTION, SWEEP
        from tenant_apps.handoffs.intake import CAPTURE, CLICK, replay_capture, replay_click
        from tenant_apps.handoffs.querysets import NEXT_OVERDUE_SQL, NEXT_STALE_SQL
        from tenant_apps.handoffs.selectors import export_all_handoffs
        from tenant_apps.handoffs.tallies import COUNTS_SQL, LAST_SQL

        register_work(SWEEP, look=NEXT_STALE_SQL)
        register_work(RETENTION, look=NEXT_OVERDUE_SQL)
        register_fact("handoffs", COUNTS_SQL)
        register_fact("last", LAST_SQL)
        register_export("handoffs.csv", export_all_handoffs)
        # As django.contrib.postgres does it; that app would also ask each new connection for types nobody here uses.
        IndexExpression.register_wrappers(*IndexExpression.wrapper_classes, OpClass)
        register_replay(CAPTURE, replay_capture, order=0)
        register_replay(CLICK, replay_click, order=1)
