"""The files that a new workspace begins with, and how they are created."""

import os
from pathlib import Path

from msgspec.structs import replace

from crmcli.domain.model.config import AutoCommit, Config
from crmcli.domain.values.errors import RefusedError
from crmcli.store import records
from crmcli.store.git.ignored_files import IGNORE_FILE, IGNORED
from crmcli.store.new_workspace.schema_files import SCHEMA_FOLDER
from crmcli.store.new_workspace.template_folders import Laid
from crmcli.store.transactions import files
from crmcli.store.transactions.files import Tree
from crmcli.store.workspace import CONFIG

LANGUAGE_SERVER = b"# yaml-language-server:"
IGNORED_BY_GIT: Laid = {IGNORE_FILE: IGNORED.encode()}


def add_login(content: bytes, login: str) -> bytes:
    """Return a configuration with a login name added to its first user, unless it is known, or nobody is."""
    config = records.read_record(CONFIG, content, Config)
    if not config.value.users:
        return content
    first, *others = config.value.users
    if any(login in (user.id, *user.logins) for user in config.value.users):
        return content
    first = replace(first, logins=(*first.logins, login))
    return records.edit_record(config, replace(config.value, users=(first, *others)))


def turn_on_commits(content: bytes) -> bytes:
    """Return a configuration in which each command commits what it changed."""
    config = records.read_record(CONFIG, content, Config)
    git = replace(config.value.git, commit=AutoCommit.COMMAND)
    return records.edit_record(config, replace(config.value, git=git))


def lead_to_schemas(laid: Laid) -> Laid:
    """Return the files with a line in each YAML file that names its schema to editors."""
    return {path: name_schema(path, content) for path, content in laid.items()}


def name_schema(path: str, content: bytes) -> bytes:
    """Return a file with the line that names its schema to editors, if it has one and no such line yet."""
    schema = "schema/config.json" if path == str(CONFIG) else ""
    schema = f"../{SCHEMA_FOLDER}/questionnaire.json" if path.startswith("questionnaires/") else schema
    if not schema or content.startswith(LANGUAGE_SERVER):
        return content
    return LANGUAGE_SERVER + f" $schema={schema}\n".encode() + content


def refuse_existing(root: Path, laid: Laid) -> None:
    """Check that none of these files exists in a directory.

    Raises RefusedError for the first file or link that does: nothing is overwritten.
    """
    for path in laid:
        if os.path.lexists(root / path):
            raise RefusedError("exists already, nothing was created", where=str(root / path))


def lay_down(root: Path, laid: Laid, *, is_shared: bool = False) -> None:
    """Create a workspace, for its user alone, or for the group of the directory.

    `crm.yaml` is written last, so that a workspace that has it is complete.
    """
    with files.told_as_storage_error(hint="the directory holds a part of the workspace"):
        with files.make_private(root) as place:
            if is_shared:
                place.share()
        with Tree(root) as tree:
            for folder in {files.split_path(path)[0] for path in laid}:
                tree.make(folder)  # refuses a link before any file is written
            for path in sorted(laid, key=lambda each: each == str(CONFIG)):
                folder, name = files.split_path(path)
                tree.make(folder).put(name, laid[path])
                tree.sync([folder])
