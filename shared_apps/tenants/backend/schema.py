"""Schemas as lean as can be: each index is paid for once per tenant."""

from typing import Any

from django.db.backends.ddl_references import Statement
from django.db.backends.postgresql.schema import DatabaseSchemaEditor


class LeanSchemaEditor(DatabaseSchemaEditor):
    """Django's own, without the second index for LIKE that it gives every unique text column.

    Django's session table has one such column, and nobody asks for sessions by a prefix of their key.
    """

    def _create_like_index_sql(self, model: Any, field: Any) -> Statement | None:
        return None
