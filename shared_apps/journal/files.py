"""The journal's files: a line per record, appended by one thread, encrypted, and never believed without its checksum.

A line is `<fields> <CRC-32 in hex>`. The first of a file is `H 1 <salt>`; then come

    R <moment, ms> <kind> <schema> <id> <sealed payload>      what is to be stored
    D <place of an R line>                                    it is stored: not to be replayed

The payload, JSON, is sealed by AES-256-GCM under a key of the file's own, with the fields before it bound to it. The
checksum tells a torn line from one that another secret sealed. A file is locked as long as its writer lives.
"""

import base64
import fcntl
import json
import os
import secrets
import threading
import time
import zlib
from binascii import Error as Base64Error
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.utils.crypto import salted_hmac

SUFFIX: Final = ".journal"
MAX_FILE_BYTES: Final = 1_000_000
MAX_FILE_SECONDS: Final = 60.0
_NONCE_BYTES: Final = 12
_to_json: Final = json.JSONEncoder(separators=(",", ":")).encode


class JournalFullError(Exception):
    """The record could not be put on the disk; nothing of it is left there."""


class UnreadableError(Exception):
    """A line is torn, or was sealed with another secret."""


@dataclass(frozen=True, slots=True)
class Record:
    """What is to be stored once the database is there. `kind` is one word; `payload` is JSON and may be personal."""

    kind: str
    schema_name: str
    id: UUID
    at_ms: int
    payload: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Head:
    """What a record line says without being opened, and where it stands."""

    kind: str
    schema_name: str
    id: UUID
    at_ms: int
    offset: int
    length: int


class Seal:
    """The cipher of one file."""

    def __init__(self, salt: str) -> None:
        self.salt = salt
        self._cipher = AESGCM(salted_hmac("journal-file", salt, algorithm="sha256").digest())

    @classmethod
    def new(cls) -> Self:
        return cls(secrets.token_hex(16))

    def header(self) -> bytes:
        return frame(f"H 1 {self.salt}".encode())

    @classmethod
    def of_header(cls, line: bytes) -> Self:
        """Return the cipher a file's first line names. Raises UnreadableError."""
        fields = unframe(line).split(b" ")
        if len(fields) != 3 or fields[:2] != [b"H", b"1"]:
            raise UnreadableError
        return cls(fields[2].decode("ascii", "replace"))

    def close(self, record: Record) -> bytes:
        """Return the line of a record."""
        head = f"R {record.at_ms} {record.kind} {record.schema_name} {record.id.hex}".encode()
        nonce = os.urandom(_NONCE_BYTES)
        plain = _to_json(record.payload).encode()
        return frame(head + b" " + base64.b64encode(nonce + self._cipher.encrypt(nonce, plain, head)))

    def open(self, line: bytes) -> Record:
        """Return the record of a line. Raises UnreadableError."""
        body = unframe(line)
        head, _, sealed = body.rpartition(b" ")
        try:
            raw = base64.b64decode(sealed, validate=True)
            payload = json.loads(self._cipher.decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], head))
            _, at_ms, kind, schema_name, key = head.decode("ascii").split(" ")
            return Record(kind, schema_name, UUID(hex=key), int(at_ms), payload)
        except (InvalidTag, Base64Error, ValueError):
            raise UnreadableError from None


def frame(body: bytes) -> bytes:
    """Return a line: its body, its checksum, a line break."""
    return b"%b %08x\n" % (body, zlib.crc32(body))


def unframe(line: bytes) -> bytes:
    """Return a line's body. Raises UnreadableError when the checksum is another's."""
    body, _, checksum = line.rstrip(b"\n").rpartition(b" ")
    if checksum != b"%08x" % zlib.crc32(body):
        raise UnreadableError
    return body


def read_head(line: bytes, offset: int) -> Head | int | None:
    """Return what a line says: the head of a record, the place of one that is stored, or None for a header.

    Raises UnreadableError.
    """
    fields = unframe(line).split(b" ")
    try:
        match fields:
            case [b"R", at_ms, kind, schema_name, key, _]:
                key_text = key.decode("ascii")
                return Head(kind.decode(), schema_name.decode(), UUID(hex=key_text), int(at_ms), offset, len(line))
            case [b"D", place]:
                return int(place)
            case [b"H", _, _]:
                return None
    except ValueError:
        pass
    raise UnreadableError


def read_record(path: Path, *, offset: int, length: int) -> Record:
    """Return one record of a file. Raises UnreadableError; FileNotFoundError when the file is gone."""
    with path.open("rb") as file:
        seal = Seal.of_header(file.readline())
        file.seek(offset)
        return seal.open(file.read(length))


def is_abandoned(path: Path) -> bool:
    """Tell whether a file's writer is gone. Raises FileNotFoundError."""
    with path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


class JournalWriter:
    """One file, one writer. Closing, by whomever, is the end of it."""

    def __init__(self, folder: Path) -> None:
        self._seal = Seal.new()
        self._opened = time.monotonic()
        self.lock = threading.Lock()
        self.is_in_use = False  # between a record and the word on what became of it
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.name = f"{time.time_ns() // 1_000_000:013d}-{os.getpid():07d}-{secrets.token_hex(4)}"
        # Under another name until it is locked: an unlocked file would count as one whose writer is gone.
        hidden = folder / f".{self.name}"
        self._file = os.open(hidden, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
        self._size = 0
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX)
            self._append(self._seal.header())
            self.sync(0)
            hidden.rename(folder / f"{self.name}{SUFFIX}")
            _sync_folder(folder)
        except (OSError, JournalFullError):
            self.close()
            with suppress(OSError):
                hidden.unlink()
            raise

    @property
    def is_closed(self) -> bool:
        return self._file < 0

    def is_full(self) -> bool:
        """Tell whether the next record belongs in a new file: this one is large, or old, or closed."""
        too_old = time.monotonic() - self._opened > MAX_FILE_SECONDS
        return self._file < 0 or self._size > MAX_FILE_BYTES or too_old

    def append(self, record: Record) -> Head:
        """Hand a record to the kernel and return where it stands: safe from this process's death, not from the
        machine's. Raises JournalFullError.
        """
        line = self._seal.close(record)
        offset = self._append(line)
        return Head(record.kind, record.schema_name, record.id, record.at_ms, offset, len(line))

    def mark_done(self, offset: int) -> None:
        """Note that the record at `offset` is stored. Not synced: at worst it is replayed, which changes nothing."""
        with suppress(JournalFullError):
            self._append(frame(b"D %d" % offset))

    def _append(self, line: bytes) -> int:
        """Write all of a line, or leave nothing of it: a full disk writes a part and says so by its count alone."""
        offset = self._size
        try:
            is_whole = os.write(self._file, line) == len(line)
        except OSError:
            is_whole = False
        if not is_whole:
            self._take_back(offset)
            raise JournalFullError
        self._size += len(line)
        return offset

    def sync(self, offset: int) -> None:
        """Have the last line, which stands at `offset`, survive the machine, too.

        Raises JournalFullError; nothing of the line is left there then.
        """
        try:
            os.fdatasync(self._file)
        except OSError:
            self._take_back(offset)
            self.close()  # what the disk holds now is unknown (and a second fsync would not tell)
            raise JournalFullError from None

    def _take_back(self, size: int) -> None:
        try:
            os.ftruncate(self._file, size)
        except OSError:
            self.close()  # what is torn stays at the end of this file, and nothing is written behind it

    def close(self) -> None:
        """Let go of the file: whoever stores it may remove it then."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


def _sync_folder(folder: Path) -> None:
    """Have the name of a new file survive the machine."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
