"""Which questions the questionnaires of a workspace ask, as far as their files can be read."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from crmcli.store import files
from crmcli.store.yaml.parser import BadYaml, parse

FOLDER = "questionnaires"


def names(root: Path) -> list[str]:
    """The questionnaires there are, by their files."""
    return sorted(path.stem for path in (root / FOLDER).glob("*.yaml"))


def questions(root: Path) -> list[str]:
    """The ids of the questions of all of them; none of a file that cannot be read."""
    found = (id for name in names(root) for id in asked(root / FOLDER / f"{name}.yaml"))
    return list(dict.fromkeys(found))


def asked(path: Path) -> Iterator[str]:
    """The ids of the questions in a file."""
    try:
        tree: Any = parse((files.read(path) or b"").decode("utf-8"))
    except (OSError, UnicodeDecodeError, BadYaml):
        return
    for section in items(tree, "sections"):
        for question in items(section, "questions"):
            if isinstance(question, dict) and isinstance(question.get("id"), str):
                yield question["id"]


def items(mapping: Any, key: str) -> list[Any]:
    """The list under a key; nothing where there is none."""
    found = mapping.get(key) if isinstance(mapping, dict) else None
    return found if isinstance(found, list) else []
