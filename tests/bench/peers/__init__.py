"""Other ways to do the same, small and ours, to measure beside. Each is a Django project of its own in one file."""

import os
from typing import Any

from psycopg.conninfo import conninfo_to_dict


def read_database() -> dict[str, Any]:
    """Return Django's settings of the database that PEER_DATABASE names."""
    given = conninfo_to_dict(os.environ["PEER_DATABASE"])
    names = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
    return {"ENGINE": "django.db.backends.postgresql"} | {
        names[name]: str(value) for name, value in given.items() if name in names
    }
