"""What stands in a file before a schema gives it types: texts, plain scalars, lists, mappings."""

from __future__ import annotations

from typing import Any, TypeAlias

import msgspec


class Plain(msgspec.Struct, frozen=True, gc=False):
    """A scalar that stood unquoted and that YAML may take for something else than a text.

    It holds its exact characters (`120`, `1e5`, `NO`, `2026-12-31`, `~`, or none at all for
    `key:`), for the schema to judge. It never equals a text:

    >>> Plain("NO") == "NO"
    False
    """

    text: str


Value: TypeAlias = str | Plain | list[Any] | dict[str, Any]  # lists and mappings of values, that is
