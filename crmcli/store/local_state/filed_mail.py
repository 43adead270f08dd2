"""The files of mailboxes whose messages were filed, so that a Maildir that is filed again is not read again.

A file is known by its name, size and time; what is remembered of it is the identity of its message, for which
the workspace is asked each time. So a message that the workspace has lost is filed again. Derived and private
to this machine: where the list is missing, the files are read again.
"""

import hashlib
import os
from pathlib import Path

from crmcli.store.local_state.derived import DerivedFiles

NAME = "filed-mail"
KEY, IDENTITY = 16, 32  # bytes
MOST = 200_000  # files that are remembered, the latest


class FiledMail:
    """The remembered files of mailboxes, with the identities of their messages."""

    def __init__(self, derived: DerivedFiles) -> None:
        self.derived = derived
        content = derived.read(NAME) or b""
        places = range(0, len(content) - KEY - IDENTITY + 1, KEY + IDENTITY)
        self.identities = {content[at : at + KEY]: content[at + KEY : at + KEY + IDENTITY] for at in places}
        self.is_changed = False

    def recall(self, path: Path) -> str:
        """Return the identity of the message in a file; empty if that is not known."""
        key = make_key(path)
        return self.identities[key].hex() if key in self.identities else ""

    def remember(self, path: Path, identity: str) -> None:
        """Note the identity, a SHA-256 in hexadecimal digits, of the message in a file."""
        key = make_key(path)
        if key:
            self.identities[key] = bytes.fromhex(identity)
            self.is_changed = True

    def save(self) -> None:
        """Keep what is remembered, if it has changed."""
        if self.is_changed:
            latest = list(self.identities.items())[-MOST:]
            self.derived.keep(NAME, b"".join(key + identity for key, identity in latest))
            self.is_changed = False


def make_key(path: Path) -> bytes:
    """Return what tells a file of a Maildir from others; empty where it is gone.

    Its flags, behind a colon, and its directory, `new` or `cur`, change while it is the same file.
    """
    try:
        found = os.stat(path)
    except OSError:
        return b""
    box, name = path.parent.parent.absolute(), path.name.partition(":")[0]
    words = (str(box), name, str(found.st_size), str(found.st_mtime_ns))
    return hashlib.blake2b(b"\0".join(map(os.fsencode, words)), digest_size=KEY).digest()
