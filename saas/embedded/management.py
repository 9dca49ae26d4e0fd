"""What `manage.py` does before Django: the values of the env file, and the embedded servers where they are down."""

import os
from collections.abc import Iterator, MutableMapping, Sequence
from contextlib import contextmanager

from saas.embedded.environment import EMBEDDED, application_values, read_env_file
from saas.embedded.paths import DataPaths
from saas.embedded.services import embedded_services

# Commands that ask neither database nor Redis. Whatever is not listed gets both.
_NEED_NOTHING = frozenset(
    {"check", "collectstatic", "compilemessages", "diffsettings", "findstatic", "help", "makemessages", "version"}
)


@contextmanager
def management_environment(arguments: Sequence[str], environ: MutableMapping[str, str] = os.environ) -> Iterator[None]:
    """Run a management command beside, or without, a running demo.

    Args:
        arguments: as in `sys.argv`.
        environ: filled from the env file where it is silent. Without that file, as in production, nothing happens.

    A server of ours is started only when the env file says that it is ours, the environment does not name
    another, and the command needs one; it is stopped at the end unless something else uses it by then.

    Raises:
        EmbeddedError: a server could not be started.
    """
    paths = DataPaths.locate(environ)
    values = read_env_file(paths.env_file)
    if not values:
        yield
        return
    ours = values.get(EMBEDDED, "").split(",")
    starts = needs_services(arguments)
    postgres = starts and "postgres" in ours and not environ.get("DATABASE_URL")
    redis = starts and "redis" in ours and not environ.get("REDIS_URL")
    for name, value in application_values(values).items():
        environ.setdefault(name, value)
    with embedded_services(paths, postgres=postgres, redis=redis) as services:
        environ.update(services.urls)
        yield


def needs_services(arguments: Sequence[str]) -> bool:
    """Tell whether a command line may ask the database or Redis."""
    command = arguments[1] if len(arguments) > 1 else "help"
    asks_help = any(argument in ("-h", "--help", "--version") for argument in arguments[1:])
    return not asks_help and command not in _NEED_NOTHING
