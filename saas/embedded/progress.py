"""One line per step, with the seconds since the start, so that nobody watches a silent screen."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO


class Progress:
    """Writes steps to `stream` (standard output unless given), flushed line by line."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stdout
        self._began = time.monotonic()

    def say(self, text: str) -> None:
        print(f"[{time.monotonic() - self._began:6.1f}s] {text}", file=self._stream, flush=True)

    @contextmanager
    def step(self, doing: str, done: str) -> Iterator[None]:
        """Announce `doing`, and `done` once the block ended without an error."""
        self.say(f"{doing} ...")
        yield
        self.say(done)


class Silent(Progress):
    """Says nothing: for services that start beside a command whose output is its own."""

    def say(self, text: str) -> None:
        return
