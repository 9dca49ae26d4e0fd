"""The cleanup of expired sessions: one dispatch hands the schemas out in chunks."""

import logging

from celery import shared_task
from django.db import DatabaseError, InterfaceError

from shared_apps.accounts.hooks import list_cleanups
from shared_apps.accounts.services import delete_expired_sessions
from shared_apps.tenants.scope import TenantNotActiveError, tenant_scope
from shared_apps.tenants.selectors import list_active_tenants
from shared_apps.tenants.tasks import PlatformTask

logger = logging.getLogger(__name__)

CHUNK = 200


@shared_task(name="accounts.dispatch_session_cleanup", base=PlatformTask, expires=3600)
def dispatch_session_cleanup() -> int:
    """Clean up public's sessions, and send out the cleanup of every active tenant; returns how many chunks."""
    delete_expired_sessions()
    schemas = [tenant.schema_name for tenant in list_active_tenants()]
    chunks = [schemas[at : at + CHUNK] for at in range(0, len(schemas), CHUNK)]
    for chunk in chunks:
        clean_up_sessions.delay(chunk)
    return len(chunks)


@shared_task(name="accounts.clean_up_sessions", base=PlatformTask)
def clean_up_sessions(schemas: list[str]) -> int:
    """Delete the expired sessions of each of `schemas`, and what other apps want gone; returns how many sessions.

    One failure does not stop the rest.
    """
    deleted = 0
    for schema in schemas:
        try:
            with tenant_scope(schema):
                deleted += delete_expired_sessions()
                for clean_up in list_cleanups():
                    clean_up()
        except (TenantNotActiveError, DatabaseError, InterfaceError) as error:
            logger.warning("session cleanup of %s failed: %s", schema, type(error).__name__)
    return deleted
