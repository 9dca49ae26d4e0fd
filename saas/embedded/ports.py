"""Loopback ports: is one free, and which one is."""

import errno
import socket

_LOOPBACKS = ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1"))


def is_port_free(port: int) -> bool:
    """Tell whether nobody listens on `port` of either loopback address.

    Both are asked because a browser tries ::1 first for `localhost` and would reach the other program there.
    """
    return all(_can_bind(family, address, port) for family, address in _LOOPBACKS)


def _can_bind(family: socket.AddressFamily, address: str, port: int) -> bool:
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # old connections in TIME_WAIT do not count
            probe.bind((address, port))
            probe.listen(1)  # two sockets may bind with SO_REUSEADDR, only one may listen
    except OSError as error:
        return error.errno not in (errno.EADDRINUSE, errno.EACCES)  # no IPv6 here: nobody can listen there
    return True


def free_port(preferred: int | None = None) -> int:
    """Return `preferred` where it is free, else one the system picks."""
    if preferred and is_port_free(preferred):
        return preferred
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def next_free_port(first: int, tries: int = 100) -> int | None:
    """Return the first free port from `first` on, None when none of `tries` is."""
    return next((port for port in range(first, first + tries) if is_port_free(port)), None)
