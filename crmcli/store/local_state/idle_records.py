"""Records in which `crm tick` found nothing to do, so that it does not open them again every minute.

What comes due in a record depends only on its file, the contacts around it, the configuration, the day,
and on which rules may have come due in it. So a record stays at rest until one of these changes. Derived
and private to this machine: where the list is damaged or missing, all records are examined again.
"""

import os
import time
import zlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path

import msgspec

from crmcli import __version__
from crmcli.store.index.due_records import Ripe
from crmcli.store.index.file_stats import Folder
from crmcli.store.local_state.derived import DerivedFiles

NAME = "rested"
YOUNG = 50_000_000  # ns; a younger file may change again without a new time stamp
Stat = tuple[int, int, int, int, int]
Found = Mapping[str, Sequence[Ripe]]  # what may have come due, by path
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

    def awake(self, found: Found) -> dict[str, Stat | None]:
        """Return the records to examine, with their current stats."""
        now = {path: self.stat(path, due) for path, due in found.items()}
        return {path: stat for path, stat in now.items() if stat is None or self.stats.get(path) != stat}

    def stat(self, path: str, due: Sequence[Ripe]) -> Stat | None:
        """Return what changes with a file and what is due; None for one missing or too young to tell."""
        try:
            s = os.stat(self.root / path)
        except OSError:
            return None
        is_young = max(s.st_mtime_ns, s.st_ctime_ns) > time.time_ns() - YOUNG
        reasons = zlib.crc32(msgspec.msgpack.encode(sorted(due)))
        return None if is_young else (s.st_size, s.st_mtime_ns, s.st_ctime_ns, s.st_ino, reasons)

    def remember(self, idle: dict[str, Stat | None], found: Found) -> None:
        """Save which of the records in which something may be due are at rest."""
        kept = {path: stat for path, stat in self.stats.items() if path in found}
        kept |= {path: stat for path, stat in idle.items() if stat is not None}
        self.derived.keep(NAME, msgspec.msgpack.encode((self.surroundings, kept)))


def describe_surroundings(config: bytes, folders: Iterable[Folder], days: Iterable[date]) -> str:
    """Return a fingerprint of what matters besides the records: configuration, contacts, days."""
    contacts = [folder for folder in folders if folder.path.startswith("pipeline_data/contacts")]
    parts = (config, msgspec.msgpack.encode(contacts), *(day.isoformat().encode() for day in sorted(days)))
    return "-".join([__version__, *(f"{zlib.crc32(part):08x}.{len(part)}" for part in parts)])
