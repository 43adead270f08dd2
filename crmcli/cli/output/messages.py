"""What is said beside the data, on stderr: a line for people, an object a line for wrappers."""

import sys
from collections.abc import Sequence
from itertools import pairwise
from typing import ClassVar

from crmcli.domain.values.errors import CrmError, Exit
from crmcli.domain.values.visible_text import visible

PARTS = ("what", "where", "hint")


def print_error(error: CrmError) -> None:
    """What ended the command."""
    print_message(error, "crm.error/1", error.code)


def print_warning(message: str) -> None:
    """Something that stops nothing."""
    print_message(CrmError(message), "crm.warning/1", Exit.OK)


def print_failure(error: CrmError) -> None:
    """Something that could not be done, while the rest goes on."""
    print_message(error, "crm.warning/1", error.code)


def print_message(error: CrmError, schema: str, code: int) -> None:
    """An error or a warning, as it is wanted."""
    if not wants_json(sys.argv[1:]):
        sys.stderr.write(f"crm: {visible(str(error))}\n")
        return
    import json

    document = {"schema": schema, "code": int(code), **{name: getattr(error, name) for name in PARTS}}
    sys.stderr.write(json.dumps(document, ensure_ascii=False) + "\n")


class Format:
    """How messages are printed; None as long as the options of the command are not read."""

    as_json: ClassVar[bool | None] = None


def wants_json(arguments: Sequence[str]) -> bool:
    """Do the options ask for errors as objects, or the arguments, which may be wrong in any way?"""
    if Format.as_json is not None:
        return Format.as_json
    return "--errors=json" in arguments or ("--errors", "json") in pairwise(arguments)
