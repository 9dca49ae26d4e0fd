"""What search in every tenant's schema stands on: pg_trgm, in a schema of its own that is in nobody's search path.

The extension is a trusted one: a role with CREATE on the database, such as its owner, may make it.
"""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("tenants", "0004_lifecycle"),
    ]

    operations = [
        migrations.RunSQL(
            "CREATE SCHEMA IF NOT EXISTS extensions; CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA extensions",
            migrations.RunSQL.noop,
        ),
    ]
