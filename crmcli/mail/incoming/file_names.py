"""Names under which attachments are saved: one level, printable, not hidden, each once."""

from collections.abc import Iterable

from crmcli.domain.values.clean_text import clean_text
from crmcli.domain.values.visible_text import visible

LONGEST_NAME = 100  # characters
LONGEST_SUFFIX = 10
FORBIDDEN = frozenset('/\\:*?"<>|')
RESERVED = frozenset(["con", "prn", "aux", "nul"])  # names of devices in Windows


def safe_names(names: Iterable[str]) -> list[str]:
    """Return names for files in one directory, in order; equal ones are numbered.

    >>> safe_names(["../../etc/passwd", "Toit.jpg", "toit.jpg", ".bashrc", ""])
    ['passwd', 'Toit.jpg', 'toit-2.jpg', 'bashrc', 'attachment']
    """
    taken: set[str] = set()
    found: list[str] = []
    for name in names:
        safe = number_name(safe_name(name), taken)
        taken.add(safe.casefold())
        found.append(safe)
    return found


def safe_name(name: str) -> str:
    """Return the last part of a name, without characters that a file system or a terminal takes amiss."""
    last = clean_text(name).replace("\\", "/").rstrip("/").rpartition("/")[2]
    shown = "".join("_" if char in FORBIDDEN or not char.isprintable() else char for char in visible(last))
    bare = " ".join(shown.split()).strip(". -") or "attachment"
    stem, dot, suffix = bare.rpartition(".")
    if not dot or len(suffix) > LONGEST_SUFFIX:
        stem, suffix = bare, ""
    if stem.casefold() in RESERVED:
        stem = f"_{stem}"
    return stem[:LONGEST_NAME] + (f".{suffix}" if suffix else "")


def number_name(name: str, taken: set[str]) -> str:
    """Return a name, with a number before its suffix where it is taken; case does not count."""
    stem, dot, suffix = name.rpartition(".")
    number = 1
    numbered = name
    while numbered.casefold() in taken:
        number += 1
        numbered = f"{stem}-{number}.{suffix}" if dot else f"{name}-{number}"
    return numbered
