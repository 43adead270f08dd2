"""Records that `crm tick` has looked at and found at rest, so that it need not open them again every minute.

What comes due in a record is decided by its file, the contacts around it, the configuration and the
day alone. So a record that rested does so until one of these changes. Derived and private to this
machine: damaged or gone, records are looked at once more.
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
YOUNG = 50_000_000  # ns; a file may be changed again within one tick of its file system's clock
Stat = tuple[int, int, int, int]
Kept = tuple[str, dict[str, Stat]]


class Rest:
    """The records at rest, as of the days that it is now for those who work here."""

    def __init__(self, root: Path, derived: DerivedFiles, surroundings: str) -> None:
        self.root = root
        self.derived = derived
        self.surroundings = surroundings
        self.stats = self.recalled()

    def recalled(self) -> dict[str, Stat]:
        """The stats of the records that were found at rest in the same surroundings."""
        try:
            surroundings, stats = msgspec.msgpack.decode(self.derived.read(NAME) or b"", type=Kept)
        except msgspec.DecodeError:
            return {}
        return stats if surroundings == self.surroundings else {}

    def awake(self, paths: Iterable[str]) -> dict[str, Stat | None]:
        """Those of these records that have to be looked at, with their stats as they are now."""
        now = {path: self.stat(path) for path in paths}
        return {path: stat for path, stat in now.items() if stat is None or self.stats.get(path) != stat}

    def stat(self, path: str) -> Stat | None:
        """What tells whether a file was changed; None for one that is gone or too young to be sure of."""
        try:
            s = os.stat(self.root / path)
        except OSError:
            return None
        is_young = max(s.st_mtime_ns, s.st_ctime_ns) > time.time_ns() - YOUNG
        return None if is_young else (s.st_size, s.st_mtime_ns, s.st_ctime_ns, s.st_ino)

    def remember(self, found: dict[str, Stat | None], ripe: Sequence[str]) -> None:
        """Keep which of the records that may be ripe are at rest."""
        asked = set(ripe)
        kept = {path: stat for path, stat in self.stats.items() if path in asked}
        kept |= {path: stat for path, stat in found.items() if stat is not None}
        self.derived.keep(NAME, msgspec.msgpack.encode((self.surroundings, kept)))


def describe_surroundings(config: bytes, folders: Iterable[Folder], days: Iterable[date]) -> str:
    """One text of all that decides besides the records: the configuration, the contacts, the days."""
    contacts = [folder for folder in folders if folder.path.startswith("pipeline_data/contacts")]
    parts = (config, msgspec.msgpack.encode(contacts), *(day.isoformat().encode() for day in sorted(days)))
    return "-".join([__version__, *(f"{zlib.crc32(part):08x}.{len(part)}" for part in parts)])
