"""What stops an embedded service; the message is one line for the person at the keyboard."""


class EmbeddedError(Exception):
    """Something the person can act on. `str()` is one line (plus log lines where a server died)."""


class UnreachableByUserError(EmbeddedError):
    """Root cannot hand PostgreSQL, which refuses to run as root, to any other user here."""


class PortTakenError(EmbeddedError):
    """The port that was asked for by name is in use by another program."""
