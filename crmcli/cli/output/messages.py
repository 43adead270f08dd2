"""Errors and warnings on stderr: a line of text each, or a JSON object per line for programs."""

import sys
from collections.abc import Sequence
from itertools import pairwise
from typing import ClassVar

from crmcli.domain.localization.translations import IN_ENGLISH, Language, screen_language
from crmcli.domain.values.errors import CrmError, Exit
from crmcli.domain.values.visible_text import visible, visible_json


def print_error(error: CrmError) -> None:
    """Print the error that ended the command."""
    print_message(error, error.code, is_error=True)


def print_warning(message: str) -> None:
    """Print a warning, which does not stop the command."""
    print_message(CrmError(message), Exit.OK)


def print_notice(notice: str) -> None:
    """Print what a change has to tell besides, in the language of the screen where it is a sentence."""
    print_warning(language_of_messages().say(notice))


def language_of_messages() -> Language:
    """Return the language of what the person at the screen is told; for programs English."""
    return IN_ENGLISH if wants_json(sys.argv[1:]) else screen_language()


def print_remark(remark: str) -> None:
    """Tell the person at a terminal that a result is empty, or what it lacks; programs see that."""
    if remark and sys.stderr.isatty() and not wants_json(sys.argv[1:]):
        import shutil  # neither is needed where nothing is remarked

        from crmcli.cli.output.text_width import wrap_text

        lines = wrap_text(remark, shutil.get_terminal_size().columns)
        sys.stderr.write("\n".join(lines) + "\n")


def print_failure(error: CrmError) -> None:
    """Print a failure after which the command continues with the rest."""
    print_message(error, error.code)


def print_message(error: CrmError, code: int, *, is_error: bool = False) -> None:
    """Print an error or a warning, as text or as JSON."""
    text = format_message(error, code, is_error=is_error)
    if Held.lines is None or is_error:
        sys.stderr.write(text)
    else:
        Held.lines.append(text)


def format_message(error: CrmError, code: int, *, is_error: bool) -> str:
    """Return an error or a warning as a line of text, or of JSON."""
    if not wants_json(sys.argv[1:]):
        return f"crm: {visible(str(error))}\n"
    import json

    from crmcli.domain.documents.typed_document import as_document
    from crmcli.domain.documents.workspace_documents import ErrorDocument, WarningDocument

    kind = ErrorDocument if is_error else WarningDocument
    what, where, hint = map(str, (error.what, error.where, error.hint))  # each may be a Sentence
    document = kind(code=int(code), what=what, where=where, hint=hint)
    return visible_json(json.dumps(as_document(document), ensure_ascii=False)) + "\n"


class Held:
    """Warnings that are held back; None if they are printed at once."""

    lines: ClassVar[list[str] | None] = None


def hold_warnings() -> None:
    """Hold warnings back until `print_held`."""
    Held.lines = []


def print_held() -> None:
    """Print the warnings that were held back."""
    sys.stderr.write("".join(Held.lines or ()))
    Held.lines = None


class Format:
    """The format of messages; `as_json` is None until the options of the command are read."""

    as_json: ClassVar[bool | None] = None


def wants_json(arguments: Sequence[str]) -> bool:
    """Tell whether messages are JSON: by the options, or by the unchecked arguments until those are read."""
    if Format.as_json is not None:
        return Format.as_json
    return "--errors=json" in arguments or ("--errors", "json") in pairwise(arguments)
