"""Messages from files: one in an .eml file, many in an mbox file, a Maildir, or a stream."""

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, NamedTuple

from crmcli.domain.values.errors import NotFoundError, TryAgainError
from crmcli.mail.incoming.repair_source import is_oversized

ENVELOPE = (  # the line before each message of an mbox file (RFC 4155, appendix A)
    rb"From [^\s]{1,320}[ \t]{1,3}(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? [^\r\n]{1,60}\d{4}\b[^\r\n]{0,60}\r?\n"
)
FIRST = re.compile(ENVELOPE)
NEXT = re.compile(rb"\r?\n\r?\n(" + ENVELOPE + rb")(?=[!-9;-~]{1,100}:|>From )")
LONGEST_ENVELOPE = 1024  # bytes that NEXT may look at
QUOTED = re.compile(rb"^>(?=>*From )", re.MULTILINE)  # mboxrd: a line of the text that looks like an envelope
PIECE = 4 * 1024 * 1024  # bytes read at a time
MAILDIR = ("new", "cur")


class Found(NamedTuple):
    """A message, and where it stands: the file, with the number of the message in it if it has several."""

    content: bytes
    source: str
    letter: Path | None = None  # the file, if it is one of a Maildir


def list_files(paths: Sequence[str]) -> list[Path]:
    """Return the files of messages at these paths: files, Maildirs, directories of .eml files.

    Raises NotFoundError for a path that does not exist, or a directory without messages.
    """
    found: list[Path] = []
    for text in paths:
        path = Path(text)
        if path.is_dir():
            found += list_directory(path)
        elif path.exists():
            found.append(path)
        else:
            raise NotFoundError("no such file or directory", where=text)
    return found


def list_directory(path: Path) -> list[Path]:
    """Return the messages of a Maildir, those that are new first, or the .eml files of a directory.

    Raises NotFoundError where it is neither.
    """
    if is_maildir(path):
        found = (each for name in MAILDIR for each in list_names(path / name))
        return [each for each in found if not each.name.startswith(".")]
    letters = [each for each in list_names(path) if each.suffix == ".eml"]
    if not letters:
        raise NotFoundError("is neither a Maildir nor a directory of .eml files", where=str(path))
    return letters


def is_letter(path: Path) -> bool:
    """Tell whether a file lies in a Maildir, as one of its messages."""
    return path.parent.name in MAILDIR and is_maildir(path.parent.parent)


def is_maildir(path: Path) -> bool:
    """Tell whether a directory is a Maildir."""
    return all((path / name).is_dir() for name in MAILDIR)


def list_names(folder: Path) -> list[Path]:
    """Return the files of a directory by name, which in a Maildir begins with the time."""
    with os.scandir(folder) as entries:
        return sorted(Path(each.path) for each in entries if each.is_file())


def measure_files(files: Sequence[Path]) -> int:
    """Return the bytes of these files together; one that vanished has none."""
    total = 0
    for path in files:
        with suppress(OSError):
            total += path.stat().st_size
    return total


def read_messages(files: Sequence[Path]) -> Iterator[Found]:
    """Yield the messages of these files.

    A file that vanished is left out: another program may have moved it. Raises TryAgainError where one cannot
    be read.
    """
    for path in files:
        try:
            with path.open("rb") as stream:
                if is_letter(path):
                    yield Found(stream.read(), str(path), path)
                else:
                    yield from split_messages(stream, str(path))
        except FileNotFoundError:
            continue
        except OSError as error:
            raise TryAgainError(f"cannot be read: {error.strerror}", where=str(path)) from error


def split_messages(stream: BinaryIO, source: str) -> Iterator[Found]:
    """Yield the message of a stream, or each message if it is an mbox file.

    Mail programs deliver a single message with such a line before it, too; it is one message unless a further
    separator follows a blank line and is itself followed by a header.
    """
    first = stream.readline(LONGEST_ENVELOPE)
    if not FIRST.fullmatch(first):
        content = first + stream.read()
        yield Found(content, source)
        return
    for number, content in enumerate(split_mbox(stream, first)):
        yield Found(content, f"{source}#{number + 1}" if number else source)


def split_mbox(stream: BinaryIO, first: bytes) -> Iterator[bytes]:
    """Yield the messages of an mbox file that begins with this envelope line.

    A single message is yielded exactly as it came, with that line.
    """
    held, place, is_single = bytearray(first), 0, True
    while piece := stream.read(PIECE):
        held += piece
        while (found := NEXT.search(held, place)) and found.start() < len(held) - LONGEST_ENVELOPE:
            yield unquote_message(held[: found.start() + 1])
            del held[: found.start(1)]
            place, is_single = 0, False
        place = found.start() if found else max(0, len(held) - LONGEST_ENVELOPE)
    while found := NEXT.search(held, place):
        yield unquote_message(held[: found.start() + 1])
        del held[: found.start(1)]
        place, is_single = 0, False
    yield bytes(held) if is_single else unquote_message(held)


def unquote_message(content: bytearray) -> bytes:
    """Return a message without its envelope line, and without the quoting of lines that look like one.

    The lines of a very large message stay as they are.
    """
    del content[: content.find(b"\n") + 1]
    return bytes(content) if is_oversized(content) else QUOTED.sub(b"", bytes(content))
