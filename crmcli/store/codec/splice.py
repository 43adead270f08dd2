"""Editing of a text to hold a changed value, with every other character left unchanged."""

from __future__ import annotations

from collections.abc import Iterator

from crmcli.domain.values.values import Value
from crmcli.store.codec.codec_errors import CannotEdit
from crmcli.store.codec.parser import BadYaml, parse_yaml

__all__ = ["CannotEdit", "splice_tree"]


def splice_tree(source: str, new: dict[str, Value]) -> str:
    """Return the source edited to hold the new tree; raises `BadYaml`, `CannotEdit` and `Unwritable`.

    The result has been read again and always holds the new tree.

    >>> print(splice_tree("tags: [pag]   # kind\\nowner: marie\\n", {"tags": ["pag", "rika"]}), end="")
    tags: [pag, rika]   # kind
    """
    if parse_yaml(source) == new:
        return source
    for result in _attempts(source, new):
        if _reads_as(result, new):
            return result
    raise CannotEdit(None, "the edited text would not read back as the new value")


def _attempts(source: str, new: dict[str, Value]) -> Iterator[str]:
    """Yield the edited text, then alternatives for block scalars that would take in lines below them."""
    from crmcli.store.codec.editor import edit_source, with_last_line_ended
    from crmcli.store.codec.style import leaf_on_lines, leaf_on_one_line

    yield edit_source(source, new, leaf_on_lines)
    source = with_last_line_ended(source)
    yield edit_source(source, new, leaf_on_lines)
    yield edit_source(source, new, leaf_on_one_line)


def _reads_as(text: str, value: dict[str, Value]) -> bool:
    try:
        return parse_yaml(text) == value
    except BadYaml:
        return False
