"""Files on the timed rules that may fire: `pipeline_data/rules/`, one a rule and timing, kept by git.

Each clone adds files and none changes another's, so that git merges them without conflicts.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from crmcli.domain.rules.releases import Release
from crmcli.store import records
from crmcli.store.transactions import files
from crmcli.store.unreadable import UnreadableError

FOLDER = "pipeline_data/rules"


def path_of_release(release: Release) -> str:
    """Return the path of the file on a rule; releasing one is another file than noticing it."""
    name = re.sub(r"[^A-Za-z0-9._-]", "_", release.rule)[:80].lstrip(".")
    return f"{FOLDER}/{name}-{release.timing}{'-released' if release.at else ''}.yaml"


def write_release(release: Release) -> bytes:
    """Return the content of the file on a rule."""
    return records.write_canonical(release)


def read_releases(root: Path) -> Iterator[Release | UnreadableError]:
    """Yield the rules that may fire, and an error for each file that cannot be read."""
    for path in sorted((root / FOLDER).glob("*.yaml")):
        inside = path.relative_to(root)
        try:
            content = files.read_text_file(path) or b""
            yield records.read_record(inside, content, Release).value
        except UnreadableError as error:
            yield error
        except OSError as error:
            yield UnreadableError(inside, None, "", f"cannot be read: {error.strerror}")
