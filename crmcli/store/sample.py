"""The files that `crm init` creates: the sample shipped with the program, its dates moved to today."""

import os
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from msgspec.structs import replace

import crmcli
from crmcli.domain.documents.schemas import FILES
from crmcli.domain.model.config import Config
from crmcli.domain.model.record_types import Contact, Opportunity, Part
from crmcli.domain.values.errors import RefusedError
from crmcli.domain.values.values import Plain
from crmcli.store import records, scenario_files
from crmcli.store.transactions import files
from crmcli.store.transactions.files import Tree
from crmcli.store.workspace import CONFIG

FOLDERS = ("pipeline_data", "questionnaires", "templates")
IGNORED = """\
# private to this machine
.crm/
# input that could not be filed
quarantine/
"""
MAIL_IGNORED = """\
# the exact bytes of received mail; mail.in_git in crm.yaml says whether they belong here
mail/
"""
SCHEMA_FOLDER = "pipeline_data/schema"
Laid = dict[str, bytes]  # the content of each file, by its path in the workspace


def sample_source() -> Path:
    """Return the folder of the sample: in the installed package, or at the root of its repository."""
    package = Path(crmcli.__file__).parent
    return package / "sample" if (package / "sample").is_dir() else package.parent


def bare_workspace() -> Laid:
    """Return a workspace without records: configuration, questionnaires and templates."""
    found = {path: content for path, content in shipped_files() if records.kind_of(path) is None}
    return {path: content for path, content in found.items() if not is_data(path)} | ignored_by_git()


def demo_workspace(today: date) -> Laid:
    """Return the whole sample, its dates moved so that its newest event happened yesterday."""
    laid = dict(shipped_files())
    known = {path: records.kind_of(path) for path in laid}
    read = {
        path: records.read_record(Path(path), laid[path], kind).value for path, kind in known.items() if kind
    }
    newest = max(instant.date() for record in read.values() for instant in find_instants(record))
    by = today - newest - timedelta(days=1)
    for path, record in read.items():
        del laid[path]
        moved = shift_instants(record, by)
        laid[place_record(path, moved)] = records.write_canonical(moved)
    return laid | ignored_by_git()


def shipped_files() -> Iterator[tuple[str, bytes]]:
    """Yield every file of the sample, sorted by path; hidden files are left out."""
    root = sample_source()
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob("*")):
            inside = path.relative_to(root)
            if path.is_file() and not any(part.startswith(".") for part in inside.parts):
                yield str(inside), path.read_bytes()


def is_data(path: str) -> bool:
    """Tell whether a file belongs to records rather than to the configuration."""
    kept = path == str(CONFIG) or path.startswith(f"{scenario_files.FOLDER}/")
    return path.startswith("pipeline_data/") and not kept


def ignored_by_git() -> Laid:
    """Return the `.gitignore` file."""
    return {"pipeline_data/.gitignore": (IGNORED + MAIL_IGNORED).encode()}


def place_record(path: str, record: Opportunity | Contact) -> str:
    """Return the path of a moved record; an opportunity lies in the folder of its year of creation."""
    folder, _, name = path.rpartition("/")
    if isinstance(record, Opportunity) and record.created:
        folder = f"pipeline_data/opportunities/{record.created.year}"
    return f"{folder}/{name}"


def find_instants(value: Any) -> Iterator[datetime]:
    """Yield all instants in a record."""
    if isinstance(value, datetime):
        yield value
    elif isinstance(value, Part):
        yield from (at for name in value.__struct_fields__ for at in find_instants(getattr(value, name)))
    elif isinstance(value, tuple):
        yield from (at for item in value for at in find_instants(item))


def shift_instants(value: Any, by: timedelta) -> Any:
    """Return a value with every day and instant in it moved."""
    match value:
        case Part():
            return replace(
                value, **{name: shift_instants(getattr(value, name), by) for name in value.__struct_fields__}
            )
        case datetime() | date():
            return value + by
        case Plain(text=text):
            return Plain(moved_text(text, by))
        case tuple() | list():
            return type(value)(shift_instants(item, by) for item in value)
        case dict():
            return {key: shift_instants(item, by) for key, item in value.items()}
    return value


def moved_text(text: str, by: timedelta) -> str:
    """Return a plain scalar, moved if it is a day."""
    try:
        return (date.fromisoformat(text) + by).isoformat()
    except ValueError:
        return text


def known_here(content: bytes, login: str) -> bytes:
    """Return the sample's configuration with a login name added to its first user, unless known."""
    config = records.read_record(CONFIG, content, Config)
    first, *others = config.value.users
    if any(login in (user.id, *user.logins) for user in config.value.users):
        return content
    first = replace(first, logins=(*first.logins, login))
    return records.edit_record(config, replace(config.value, users=(first, *others)))


def with_schemas(laid: Laid) -> Laid:
    """Return the files with JSON Schemas added, and a line that names its schema in each YAML file."""
    import msgspec

    written = dict(laid)
    for name, schema in FILES.items():
        written[f"{SCHEMA_FOLDER}/{name}.json"] = (
            msgspec.json.format(msgspec.json.encode(schema()), indent=2) + b"\n"
        )
    for path, content in laid.items():
        if path == str(CONFIG):
            written[path] = led_to("schema/config.json", content)
        elif path.startswith("questionnaires/"):
            written[path] = led_to(f"../{SCHEMA_FOLDER}/questionnaire.json", content)
    return written


def led_to(schema: str, content: bytes) -> bytes:
    """Return a YAML file with the line that names its schema to editors."""
    return f"# yaml-language-server: $schema={schema}\n".encode() + content


def lay_down(root: Path, laid: Laid) -> None:
    """Create a workspace; `crm.yaml` is written last, so that a workspace that has it is complete.

    Raises RefusedError where a file or a link exists already: nothing is overwritten.
    """
    for path in laid:
        if os.path.lexists(root / path):
            raise RefusedError("exists already, nothing was created", where=str(root / path))
    with files.told_as_storage_error(hint="the directory holds a part of the workspace"):
        files.make_private(root).close()
        with Tree(root) as tree:
            for folder in {files.split_path(path)[0] for path in laid}:
                tree.make(folder)  # refuses a link before any file is written
            for path in sorted(laid, key=lambda each: each == str(CONFIG)):
                folder, name = files.split_path(path)
                tree.make(folder).put(name, laid[path])
                tree.sync([folder])
