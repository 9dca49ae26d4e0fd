from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "tenant_apps.notifications"
    label = "notifications"

    def ready(self) -> None:
        from shared_apps.outbox.hooks import register_job
        from tenant_apps.handoffs.enums import NEW_HANDOFF
        from tenant_apps.notifications import services

        register_job(NEW_HANDOFF, services.tell_new_handoff)
        register_job(services.SEND_NEW_HANDOFF, services.send_new_handoff)
        register_job(services.COLLECT_DIGEST, services.collect_digest)
        register_job(services.SEND_DIGEST, services.send_digest)
        register_job(services.PLAN_SUMMARY, services.plan_summary)
        register_job(services.SEND_SUMMARY, services.send_summary)
