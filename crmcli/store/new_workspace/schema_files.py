"""The JSON Schemas of a workspace's files, for editors: derived from crm, so git ignores them."""

from pathlib import Path

import msgspec

from crmcli.domain.documents.schemas import FILES
from crmcli.store.transactions import files
from crmcli.store.transactions.files import LinkedError, Tree

SCHEMA_FOLDER = "pipeline_data/schema"


def schema_files() -> dict[str, bytes]:
    """Return the content of each schema file, by its path in the workspace."""
    return {
        f"{SCHEMA_FOLDER}/{name}.json": msgspec.json.format(msgspec.json.encode(schema()), indent=1) + b"\n"
        for name, schema in FILES.items()
    }


def stale_schemas(root: Path) -> list[str]:
    """Return the paths of the schema files that are missing, or made by another version of crm."""
    with Tree(root) as tree:
        return [path for path, content in schema_files().items() if read_quietly(tree, path) != content]


def read_quietly(tree: Tree, path: str) -> bytes | None:
    """Return the content of a file; None where it cannot be read."""
    try:
        return tree.read(path)
    except (OSError, LinkedError):
        return None


def write_schemas(root: Path) -> list[str]:
    """Write the schema files that are missing or stale; return their paths.

    Raises LinkedError where a link would lead out of the workspace.
    """
    written = stale_schemas(root)
    made = schema_files()
    with files.told_as_storage_error(), Tree(root) as tree:
        for path in written:
            folder, name = files.split_path(path)
            tree.make(folder).put(name, made[path])
        tree.sync([SCHEMA_FOLDER] if written else [])
    return written
