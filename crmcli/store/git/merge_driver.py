"""The merge driver of crm in a clone: the attributes that choose it, the setting that runs it."""

import os
import re
import shlex
import shutil
import sys
from pathlib import Path

from crmcli.domain.model.mail_folder import MailFolder
from crmcli.domain.values.errors import CrmError
from crmcli.store.git.git_command import ask_git
from crmcli.store.git.ignored_files import IGNORE_FILE, IGNORED
from crmcli.store.git.repository import Repository
from crmcli.store.transactions import files
from crmcli.store.transactions.files import Tree

ATTRIBUTES = ".gitattributes"
NAME_KEY, DRIVER_KEY = "merge.crm.name", "merge.crm.driver"
DRIVER_NAME = "crm, field by field"
ARGUMENTS = "merge-driver %O %A %B %P"
HEADING = "# crm merges its files field by field, and keeps their bytes"
MERGED = {
    "pipeline_data/crm.yaml": "pipeline_data/crm.yaml",
    "pipeline_data/opportunities/**": "pipeline_data/opportunities/2026/a--a0000000.yaml",
    "pipeline_data/contacts/**": "pipeline_data/contacts/a--a0000000.yaml",
    **{f"pipeline_data/{each}/*.eml": f"pipeline_data/{each}/a.eml" for each in MailFolder},
    "questionnaires/**": "questionnaires/a.yaml",
}
"""The patterns of files that crm merges, each with a path that it matches."""
RAW = "*.eml"  # the bytes of mails are never converted


def list_missing_attributes(repository: Repository) -> list[str]:
    """Return the lines that `.gitattributes` lacks; also equal attributes from elsewhere count."""
    wanted = {f"{pattern} -text merge=crm": ("merge", "crm", path) for pattern, path in MERGED.items()}
    wanted = {f"{RAW} -text": ("text", "unset", "a.eml"), **wanted}
    paths = [repository.prefix + path for _, _, path in wanted.values()]
    said = ask_git(["check-attr", "-z", "merge", "text", "--", *paths], repository.top)
    parts = (said or "").split("\0")
    found = set(zip(parts[::3], parts[1::3], parts[2::3], strict=False))
    return [
        line
        for line, (name, value, path) in wanted.items()
        if (repository.prefix + path, name, value) not in found
    ]


def add_attributes(root: Path, repository: Repository) -> bool:
    """Add the missing lines to `.gitattributes`; tell whether there were any."""
    missing = list_missing_attributes(repository)
    if missing:
        append_lines(root, ATTRIBUTES, [HEADING, *missing])
    return bool(missing)


def ignore_private(root: Path, repository: Repository) -> bool:
    """Have git ignore what is private to this machine; tell whether anything was missing."""
    inside = f"{repository.prefix}pipeline_data/.crm/journal/pending"
    if ask_git(["check-ignore", "-q", "--no-index", "--", inside], repository.top) is not None:
        return False
    append_lines(root, IGNORE_FILE, IGNORED.splitlines())
    return True


def append_lines(root: Path, path: str, lines: list[str]) -> None:
    """Append lines to a text file in the workspace, created where missing; links are not followed."""
    with files.told_as_storage_error(), Tree(root) as tree:
        folder, name = files.split_path(path)
        before = tree.read(path) or b""
        glue = b"" if not before or before.endswith(b"\n") else b"\n"
        added = "".join(f"{line}\n" for line in lines).encode()
        tree.make(folder).put(name, before + glue + added)
        tree.sync([folder])


def read_driver(repository: Repository) -> str:
    """Return the command line of the merge driver in a clone; empty without one."""
    return (ask_git(["config", "--get", DRIVER_KEY], repository.top) or "").strip()


def find_missing_program(driver: str) -> str:
    """Return the program of a driver's command line if it is not there; else an empty text."""
    try:
        program = shlex.split(driver)[0]
    except (ValueError, IndexError):
        return driver
    return "" if shutil.which(program) else program


def install_driver(repository: Repository) -> bool:
    """Write the merge driver into the configuration of a clone; tell whether it was missing or another one.

    Raises CrmError where git refuses.
    """
    line = f"{name_program()} {ARGUMENTS}"
    if read_driver(repository) == line:
        return False
    for key, value in ((NAME_KEY, DRIVER_NAME), (DRIVER_KEY, line)):
        if ask_git(["config", "--local", "--replace-all", key, value], repository.top) is None:
            raise CrmError("git does not take the merge driver", where=str(repository.common / "config"))
    return True


def name_program() -> str:
    """Return how git calls crm: `crm` if the search path leads to this program, else its absolute path.

    The first survives an update that moves the program; the second works where it is not in the path.
    """
    here = os.path.abspath(sys.argv[0])
    found = shutil.which("crm")
    if not re.fullmatch(r"crm", os.path.basename(here)) or not os.access(here, os.X_OK):
        beside = Path(sys.executable).with_name("crm")  # `python -m crmcli`
        if not beside.exists():
            return "crm"
        here = str(beside)
    is_same = found is not None and os.path.realpath(found) == os.path.realpath(here)
    return "crm" if is_same else shlex.quote(here)
