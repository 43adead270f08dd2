"""The configuration as it was last understood, remembered by the hash of the file's bytes.

A configuration is full of comments, so reading it takes ruamel 60 ms, at every start; what is
remembered takes one. It is derived: missing, damaged or unwritable, the file itself is read.
"""

import contextlib
import hashlib
import os
from pathlib import Path
from typing import Any

import msgspec

from crmcli import __version__
from crmcli.domain.values import Plain, Value
from crmcli.store import files

NAME = "config"


def recall(private: Path, content: bytes) -> dict[str, Value] | None:
    """The tree that these bytes were understood as, if that is what is remembered here."""
    try:
        kept = files.read(private / NAME) or b""
    except OSError:  # another user's
        return None
    stamp = mark(content, kept[64:])
    if not kept.startswith(stamp):
        return None
    try:
        tree: dict[str, Value] = restored(msgspec.msgpack.decode(kept[len(stamp) :]))
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    return tree


def remember(private: Path, content: bytes, tree: dict[str, Value]) -> None:
    """Keep what these bytes were understood as, in a workspace that has been written to."""
    draft = private / f"{NAME}.{os.getpid()}"
    payload = msgspec.msgpack.encode(flattened(tree))
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(mark(content, payload) + payload)
        os.replace(draft, private / NAME)
    except OSError:  # a read-only or full disk does without
        with contextlib.suppress(OSError):
            files.remove(draft)


def mark(content: bytes, payload: bytes) -> bytes:
    """What a memory of these bytes begins with."""
    return hashlib.sha256(f"{__version__}\0".encode() + content).digest() + hashlib.sha256(payload).digest()


def flattened(value: Any) -> Any:
    """A tree without our own types: an unquoted scalar is bytes."""
    match value:
        case Plain(text=text):
            return text.encode("utf-8")
        case dict():
            return {key: flattened(item) for key, item in value.items()}
        case list():
            return [flattened(item) for item in value]
    return value


def restored(value: Any) -> Any:
    """The tree again."""
    match value:
        case bytes():
            return Plain(value.decode("utf-8"))
        case dict():
            return {key: restored(item) for key, item in value.items()}
        case list():
            return [restored(item) for item in value]
    return value
