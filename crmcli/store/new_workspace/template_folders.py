"""The folders that `crm init` copies a workspace from: those shipped with crm, or one of a firm.

A folder may come from a stranger: nothing is read through a link, no program is copied, and what is too
large or not a part of a workspace is left out and named.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import msgspec

import crmcli
from crmcli.domain.values.errors import RefusedError, UsageError
from crmcli.store import records
from crmcli.store.local_state.coverage import HOOKS
from crmcli.store.scenario_files import FOLDER as SCENARIOS
from crmcli.store.transactions import files
from crmcli.store.transactions.files import Tree
from crmcli.store.workspace import CONFIG, FOLDERS

Laid = dict[str, bytes]  # the content of each file, by its path in the workspace
NEUTRAL, STOVES = "neutral", "stoves"
SHARED_IN_FRENCH = ("templates/mail/", "templates/questionnaire/", "templates/report/")
MADE_ANEW = ("pipeline_data/schema/", "pipeline_data/rules/", "pipeline_data/quarantine/")
OF_EVERY_WORKSPACE = (".gitignore", ".crm")  # hidden, and made anew
NAME = r"[^/\0.][^/\0]*"  # of a file or folder that is not hidden
CONFIGURATION = re.compile(
    rf"pipeline_data/crm\.yaml|{SCENARIOS}/{NAME}\.yaml|questionnaires/{NAME}\.yaml|templates/(?:{NAME}/)*{NAME}"
)
DATA = re.compile(
    rf"pipeline_data/(?:(?:opportunities|contacts)/(?:{NAME}/)*{NAME}\.yaml"
    rf"|(?:mail|outbox|sent|files|examples)/(?:{NAME}/)*{NAME})"
)
MOST_FILES = 20_000
LARGEST_TOTAL = 512 * 1024 * 1024  # bytes
MOST_NAMED = 3  # files that one line names


class TemplateFolder(msgspec.Struct, frozen=True):
    """The files of a template, and what else stands in its folder."""

    name: str
    configuration: Laid
    data: Laid  # records, and what belongs to them
    left_out: tuple[str, ...] = ()  # one line each


def open_template(name: str, language: str) -> TemplateFolder:
    """Return the template with this name, or in the folder of this name.

    Raises UsageError where there is neither, RefusedError for a folder that cannot be copied.
    """
    if name == NEUTRAL:
        return neutral_template(language)
    if name == STOVES:
        return sort_files(STOVES, dict(read_tree(sample_source(), [])), [])
    root = Path(name).expanduser()
    if not os.path.lexists(root):
        known = f"{NEUTRAL}, {STOVES}, or a folder that holds {CONFIG}"
        raise UsageError(f"no template {name!r}", hint=f"--template {known}")
    if not (root / CONFIG).is_file() or (root / CONFIG).is_symlink():
        raise UsageError(f"not a template: it has no {CONFIG}", where=name)
    left_out: list[str] = []
    with files.told_as_storage_error(hint="nothing was created"):
        found = dict(read_tree(root, left_out))
    return sort_files(name, found, left_out)


def neutral_template(language: str) -> TemplateFolder:
    """Return the template for any trade, in a language; the French one shares templates with the sample."""
    own = dict(read_tree(Path(crmcli.__file__).parent / "workspaces" / NEUTRAL / language, []))
    if language == "fr":
        shared = read_tree(sample_source(), [], ("templates",))
        own |= {path: content for path, content in shared if path.startswith(SHARED_IN_FRENCH)}
    return sort_files(NEUTRAL, own, [])


def sample_source() -> Path:
    """Return the folder of the sample: in the installed package, or at the root of its repository."""
    package = Path(crmcli.__file__).parent
    return package / "sample" if (package / "sample").is_dir() else package.parent


def read_tree(
    root: Path, left_out: list[str], folders: tuple[str, ...] = FOLDERS
) -> Iterator[tuple[str, bytes]]:
    """Yield the files below the folders of a template, sorted; add a line for each that is not copied.

    Raises RefusedError where they are too many or too large.
    """
    number = size = 0
    with Tree(root) as tree:
        for path in (path for folder in folders for path in walk_plain_files(root, folder, left_out)):
            content = read_plain_file(tree, path)
            number, size = number + 1, size + len(content)
            if number > MOST_FILES or size > LARGEST_TOTAL:
                most = f"more than {MOST_FILES} files or {LARGEST_TOTAL >> 20} MB"
                raise RefusedError(f"{most}, nothing was created", where=str(root))
            yield path, content


def walk_plain_files(root: Path, folder: str, left_out: list[str]) -> Iterator[str]:
    """Yield the paths of the regular files below a folder; links, pipes and hidden names are left out."""
    place = root / folder
    if place.is_symlink():
        left_out.append(f"{folder}: a symbolic link")
        return
    if not place.is_dir():
        return
    with os.scandir(place) as entries:
        found = sorted(entries, key=lambda each: each.name)
    for entry in found:
        path = f"{folder}/{entry.name}"
        if entry.name.startswith("."):
            left_out.extend([] if entry.name in OF_EVERY_WORKSPACE else [f"{path}: hidden"])
        elif entry.is_symlink():
            left_out.append(f"{path}: a symbolic link")
        elif entry.is_dir():
            yield from walk_plain_files(root, path, left_out)
        elif entry.is_file():
            yield path
        else:
            left_out.append(f"{path}: not a regular file")


def read_plain_file(tree: Tree, path: str) -> bytes:
    """Return the content of a file of a template, not following links.

    Raises RefusedError for one that is too large, or cannot be read.
    """
    try:
        return tree.read(path, files.LARGEST_TEXT if CONFIGURATION.fullmatch(path) else files.LARGEST) or b""
    except OSError as error:
        raise RefusedError(f"cannot be copied: {error.strerror}, nothing was created", where=path) from error


def sort_files(name: str, found: Laid, left_out: list[str]) -> TemplateFolder:
    """Return a template of these files; lines name the programs and what is not a part of a workspace."""
    configuration = {path: each for path, each in found.items() if CONFIGURATION.fullmatch(path)}
    data = {path: each for path, each in found.items() if DATA.fullmatch(path)}
    others = [path for path in found if path not in configuration and path not in data]
    others = [path for path in others if not path.startswith(MADE_ANEW)]
    hooks = [path for path in others if path.startswith(f"{HOOKS}/")]
    for paths, reason in (
        (hooks, "programs are not copied"),
        (sorted({*others} - {*hooks}), "not a part of a template"),
    ):
        if paths:
            more = f" and {len(paths) - MOST_NAMED} more" if len(paths) > MOST_NAMED else ""
            left_out.append(f"{', '.join(paths[:MOST_NAMED])}{more}: {reason}")
    return TemplateFolder(name, configuration, data, tuple(left_out))


def has_records(template: TemplateFolder) -> bool:
    """Tell whether a template holds records, for `--demo`."""
    return any(records.kind_of(path) for path in template.data)
