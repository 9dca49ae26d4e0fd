from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import migrations, models

from tenant_apps.handoffs.expressions import CurrentTransaction, SearchText


class Migration(migrations.Migration):
    """Two steps for the column: with its default at once PostgreSQL would write every row of the timeline anew."""

    dependencies = [
        ("handoffs", "0002_erasure"),
    ]

    operations = [
        migrations.AddField("handoffevent", "transaction", models.BigIntegerField(null=True)),
        migrations.AlterField(
            "handoffevent", "transaction", models.BigIntegerField(db_default=CurrentTransaction(), null=True)
        ),
        migrations.AddIndex(
            "handoffevent",
            models.Index(fields=["transaction"], name="handoff_event_transaction"),
        ),
        migrations.AddIndex(
            "bookinghandoff",
            models.Index(fields=["requested_service", "-created_at", "-id"], name="handoff_service_newest"),
        ),
        migrations.AddIndex(
            "bookinghandoff",
            models.Index(fields=["industry_slug", "source_page"], name="handoff_origin"),
        ),
        migrations.AddIndex(
            "bookinghandoff",
            GinIndex(
                OpClass(SearchText(), name="extensions.gin_trgm_ops"), name="handoff_search", gin_pending_list_limit=512
            ),
        ),
    ]
