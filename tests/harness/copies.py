"""Copies of a workspace in which crm finds all that it had derived from the original's files.

The first command in a new workspace reads every record and questionnaire: half a second. A copy made
here is as the original after that command. Tests of what is derived make their workspaces otherwise.
"""

import os
import shutil
import time
from pathlib import Path

import msgspec

from crmcli.store.index import fingerprint
from crmcli.store.index.file_stats import look_at_files
from crmcli.store.local_state.derived import DerivedFiles, Entry, entry_name
from crmcli.store.transactions.files import Directory
from tests.harness.crm import Crm

TICK = 0.01  # seconds; what is changed so long after the copy has another time than the copy


def copy_workspace(original: Path, copy: Path) -> Crm:
    """The command line in a copy of a workspace."""
    shutil.copytree(original, copy)
    believe_copy(copy)
    seal_index(copy)
    time.sleep(TICK)
    return Crm(copy)


def believe_copy(copy: Path) -> None:
    """Have the derived files in a copy believed, as if crm had made them there."""
    place = derived_files(copy)
    found = place.stat()
    entry = Entry(os.path.realpath(copy), place.name.rpartition("-")[2], found.st_dev, found.st_ino)
    state = copy.parent / ".local" / "state" / "crm"
    state.mkdir(parents=True, exist_ok=True)
    (state / entry_name(entry.path)).write_bytes(msgspec.json.encode(entry))


def seal_index(copy: Path) -> None:
    """Have the index in a copy describe the copy's files, which have stats of their own."""
    place = derived_files(copy)
    derived = DerivedFiles(copy, advise=lambda *_: None)
    derived.folder = place
    seal = fingerprint.read_seal(derived)
    database = fingerprint.stat_of(place / "index.sqlite3")
    assert seal is not None
    assert database is not None
    seen = look_at_files(str(copy))
    youngest = max(seen.youngest, *(max(each.mtime, each.ctime) for each in seen.directories))
    of_copy = seal._replace(database=database, looked=youngest + 1, packed=seen.packed)
    with Directory.at(place) as folder:
        fingerprint.write_seal(folder, of_copy._replace(directories=list(seen.directories)))


def derived_files(workspace: Path) -> Path:
    """Where what crm derived from the files of a workspace lies."""
    (place,) = workspace.glob("pipeline_data/.crm/derived-*")
    return place
