"""The console blocks of a document, run one after the other as a reader would, and what they print.

`python -m tests.docs.console --write` writes what they print now into the documents.
"""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from crmcli.domain.values.ids import is_id
from tests.harness.places import ROOT

DOCUMENTS = sorted([ROOT / "README.md", *ROOT.glob("docs/**/*.md")])
BLOCK = re.compile(r"^```console\n(.*?)^```$", re.DOTALL | re.MULTILINE)
WORD = re.compile(r"\b[a-z][0-9a-z]{7}\b")


class Step(NamedTuple):
    """A command of a document with what the document says it prints."""

    command: str
    printed: str


def blocks(text: str) -> list[list[Step]]:
    """The console blocks of a document."""
    return [list(steps(found[1])) for found in BLOCK.finditer(text)]


def steps(block: str) -> Iterator[Step]:
    """The commands of a block; a line that ends in a backslash goes on."""
    command, printed = "", ""
    for line in block.splitlines(keepends=True):
        if line.startswith("$ "):
            if command:
                yield Step(command, printed)
            command, printed = line[2:], ""
        elif command.endswith("\\\n"):
            command += line
        else:
            printed += line
    if command:
        yield Step(command, printed)


class Console:
    """A shell in a directory of its own, on a fixed day, that remembers where it is between commands."""

    def __init__(self, directory: Path, programs: Path = Path(sys.executable).parent) -> None:
        self.programs = programs  # where crm is
        self.state = directory / ".state"
        self.home = directory / "home"
        self.home.mkdir()
        self.state.write_text(f"cd {self.home}\n")
        self.ids: dict[str, str] = {}  # what the document calls a record, and its id here

    def run(self, step: Step) -> str:
        """What a command prints here, with the ids that the document uses."""
        script = f"{self.state.read_text()}\n{self.here(step.command)}\n"
        script += f"{{ export -p; echo cd \"'$PWD'\"; }} > {self.state}\n"
        environment = {
            "PATH": f"{self.programs}:/usr/local/bin:/usr/bin:/bin",
            "HOME": str(self.home),
            "LANG": "C.UTF-8",
            "COLUMNS": "100",
            "CRM_NOW": "2026-11-24T09:00",
            "CRM_LANG": "en",
        }
        done = subprocess.run(
            ["bash", "-c", script],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=60,
        )
        self.learn(step.printed, done.stdout)
        return self.there(done.stdout)

    def learn(self, expected: str, actual: str) -> None:
        """Remember which id stands here for which of the document, if the texts agree or have as many ids."""
        known, found = ids(expected), ids(actual)
        if masked(expected) == masked(actual) or len(known) == len(found):
            for there, here in zip(known, found, strict=True):
                self.ids.setdefault(there, here)

    def here(self, text: str) -> str:
        """A text with the ids of this workspace."""
        return WORD.sub(lambda found: self.ids.get(found[0], found[0]), text)

    def there(self, text: str) -> str:
        """A text with the ids of the document."""
        back = {here: there for there, here in self.ids.items()}
        return WORD.sub(lambda found: back.get(found[0], found[0]), text)


def ids(text: str) -> list[str]:
    """All words of a text that have the form of an id."""
    return [word for word in WORD.findall(text) if is_id(word)]


def masked(text: str) -> str:
    """A text without its ids, and without what differs from machine to machine."""
    return WORD.sub(lambda found: "········" if is_id(found[0]) else found[0], text)


def rewritten(text: str, directory: Path) -> str:
    """The document with what its commands print now."""
    console = Console(directory)

    def block(found: re.Match[str]) -> str:
        lines = [f"$ {step.command}{console.run(step)}" for step in steps(found[1])]
        return (
            "```console\n" + "".join(line if line.endswith("\n") else f"{line}\n" for line in lines) + "```"
        )

    return BLOCK.sub(block, text)


def main() -> None:
    """Write what the commands of all documents print now."""
    for document in DOCUMENTS:
        with tempfile.TemporaryDirectory() as directory:
            text = document.read_text("utf-8")
            document.write_text(rewritten(text, Path(directory)), "utf-8")


if __name__ == "__main__":
    os.umask(0o022)
    main()
