"""Errors and warnings on stderr: a line of text each, or a JSON object per line for programs."""

import sys
from collections.abc import Sequence
from itertools import pairwise
from typing import ClassVar

from crmcli.domain.values.errors import CrmError, Exit
from crmcli.domain.values.visible_text import visible

PARTS = ("what", "where", "hint")


def print_error(error: CrmError) -> None:
    """Print the error that ended the command."""
    print_message(error, "crm.error/1", error.code)


def print_warning(message: str) -> None:
    """Print a warning, which does not stop the command."""
    print_message(CrmError(message), "crm.warning/1", Exit.OK)


def print_failure(error: CrmError) -> None:
    """Print a failure after which the command continues with the rest."""
    print_message(error, "crm.warning/1", error.code)


def print_message(error: CrmError, schema: str, code: int) -> None:
    """Print an error or a warning, as text or as JSON."""
    if not wants_json(sys.argv[1:]):
        sys.stderr.write(f"crm: {visible(str(error))}\n")
        return
    import json

    document = {"schema": schema, "code": int(code), **{name: getattr(error, name) for name in PARTS}}
    sys.stderr.write(json.dumps(document, ensure_ascii=False) + "\n")


class Format:
    """The format of messages; `as_json` is None until the options of the command are read."""

    as_json: ClassVar[bool | None] = None


def wants_json(arguments: Sequence[str]) -> bool:
    """Tell whether messages are JSON: by the options, or by the unchecked arguments until those are read."""
    if Format.as_json is not None:
        return Format.as_json
    return "--errors=json" in arguments or ("--errors", "json") in pairwise(arguments)
