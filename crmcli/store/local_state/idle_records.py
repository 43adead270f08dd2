"""Records in which `crm tick` found nothing to do, so that it does not open them again every minute.

What comes due in a record depends only on its file, the contacts around it, the configuration and the
day. So a record stays at rest until one of these changes. Derived and private to this machine: where
the list is damaged or missing, all records are examined again.
"""

import os
import time
import zlib
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path

import msgspec

from crmcli import __version__
from crmcli.store.index.file_stats import Folder
from crmcli.store.local_state.derived import DerivedFiles

NAME = "rested"
YOUNG = 50_000_000  # ns; a younger file may change again without a new time stamp
Stat = tuple[int, int, int, int]
Kept = tuple[str, dict[str, Stat]]


class Rest:
    """The records at rest, for the current days of the workspace and its users."""

    def __init__(self, root: Path, derived: DerivedFiles, surroundings: str) -> None:
        self.root = root
        self.derived = derived
        self.surroundings = surroundings
        self.stats = self.recalled()

    def recalled(self) -> dict[str, Stat]:
        """Return the stats of the records that were found at rest in the same surroundings."""
        try:
            surroundings, stats = msgspec.msgpack.decode(self.derived.read(NAME) or b"", type=Kept)
        except msgspec.DecodeError:
            return {}
        return stats if surroundings == self.surroundings else {}

    def awake(self, paths: Iterable[str]) -> dict[str, Stat | None]:
        """Return the records to examine, with their current stats."""
        now = {path: self.stat(path) for path in paths}
        return {path: stat for path, stat in now.items() if stat is None or self.stats.get(path) != stat}

    def stat(self, path: str) -> Stat | None:
        """Return what changes with a file; None for one that is missing or too young to tell."""
        try:
            s = os.stat(self.root / path)
        except OSError:
            return None
        is_young = max(s.st_mtime_ns, s.st_ctime_ns) > time.time_ns() - YOUNG
        return None if is_young else (s.st_size, s.st_mtime_ns, s.st_ctime_ns, s.st_ino)

    def remember(self, found: dict[str, Stat | None], ripe: Sequence[str]) -> None:
        """Save which of the records that may be due are at rest."""
        asked = set(ripe)
        kept = {path: stat for path, stat in self.stats.items() if path in asked}
        kept |= {path: stat for path, stat in found.items() if stat is not None}
        self.derived.keep(NAME, msgspec.msgpack.encode((self.surroundings, kept)))


def describe_surroundings(config: bytes, folders: Iterable[Folder], days: Iterable[date]) -> str:
    """Return a fingerprint of what matters besides the records: configuration, contacts, days."""
    contacts = [folder for folder in folders if folder.path.startswith("pipeline_data/contacts")]
    parts = (config, msgspec.msgpack.encode(contacts), *(day.isoformat().encode() for day in sorted(days)))
    return "-".join([__version__, *(f"{zlib.crc32(part):08x}.{len(part)}" for part in parts)])
