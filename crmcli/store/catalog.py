"""The record files of a workspace and the ids in their names; reads directories only."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

NAME = r"(?a)(?:(?P<slug>.*)--)?(?P<id>[a-hj-km-np-tv-z][0-9a-hj-km-np-tv-z]{7})\.yaml"
SLUG_LENGTH = 48


def record_files(root: Path, kind: str) -> list[str]:
    """Return the paths below `pipeline_data/<kind>`, relative to the workspace, sorted."""
    return sorted(walk_files(root, f"pipeline_data/{kind}"))


def walk_files(root: Path, directory: str) -> Iterator[str]:
    """Yield every `*.yaml` below a directory; hidden files and directories are left out."""
    try:
        with os.scandir(root / directory) as entries:
            found = list(entries)
    except OSError:  # missing, or not readable: the index reports that
        return
    for entry in found:
        if entry.name.startswith("."):
            continue
        if entry.is_dir(follow_symlinks=False):
            yield from walk_files(root, f"{directory}/{entry.name}")
        elif entry.name.endswith(".yaml"):
            yield f"{directory}/{entry.name}"


def id_in_name(path: str) -> str | None:
    """Return the id that a file's name ends with.

    >>> id_in_name("pipeline_data/opportunities/2026/pag-rika--k7f3q9mx.yaml")
    'k7f3q9mx'
    """
    found = re.fullmatch(NAME, path.rpartition("/")[2])
    return found["id"] if found else None


def slug_in_name(path: str) -> str:
    """Return the readable part of a file's name."""
    name = path.rpartition("/")[2].removesuffix(".yaml")
    return name.rpartition("--")[0] or name


def file_name(title: str, id: str) -> str:
    """Return the name of a new record's file: a slug of its title, and its id."""
    from slugify import slugify

    slug = slugify(title, max_length=SLUG_LENGTH, word_boundary=True, backend="text-unidecode")
    return f"{slug}--{id}.yaml" if slug else f"{id}.yaml"
