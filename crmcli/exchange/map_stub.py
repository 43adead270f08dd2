"""A mapping file to fill in: the columns of a table, and the words that no list of the workspace has."""

from typing import TYPE_CHECKING, Any

from crmcli.domain.importing.import_values import UnknownWord
from crmcli.store.codec.emitter import emit_yaml

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crmcli.domain.importing.import_map import LeftOut, MappedColumn

HEAD = """\
# A mapping for crm import csv --map FILE. Write the id that each word means here; - means no value.
# A column under `ignore` is not imported; give it a field under `columns` instead: docs/data.md
"""


def write_stub_text(
    columns: "Sequence[MappedColumn]", left_out: "Sequence[LeftOut]", unknown: "Sequence[UnknownWord]"
) -> bytes:
    """Return a mapping with what is known; the nearest entry stands for each unknown word, if any."""
    values: dict[str, Any] = {}
    for each in unknown:
        values.setdefault(each.target, {})[each.word] = each.near
    tree: dict[str, Any] = {"columns": {column.heading: column.target for column in columns}}
    if left_out:
        tree["ignore"] = [each.heading for each in left_out]
    if values:
        tree["values"] = values
    return f"{HEAD}{emit_yaml(tree)}".encode()
