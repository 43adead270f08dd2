"""The files of a workspace that a program line depends on, and what cannot be known about it.

No list of files can be complete: `make` runs what a Makefile says, a script calls other scripts. So every
file that the line names, or that the program reads on its own, is covered by its hash, and the rest is
listed in words.
"""

import hashlib
import os
import re
import shlex
import stat
from collections.abc import Iterator, Sequence
from glob import escape, iglob
from itertools import islice, pairwise
from pathlib import Path
from string import Template
from typing import NamedTuple

from crmcli.store.transactions import files

HOOKS = "pipeline_data/hooks"
DATA = "pipeline_data"  # its files change with every command; only hooks are programs
LARGEST = 64 * 1024 * 1024  # bytes of a file whose content is hashed
DIRECTORY = "a directory"
MOST_PIECES = 1000  # of one line
MOST_MATCHES = 100  # files per pattern like `*.sh`
WRITTEN = re.compile(r"(?<!<)>>?\s*[^\s;|&<>()'\"]+")
PIECE = re.compile(r"""[^\s;|&<>()'"`{}\[\]]+""")
SHEBANG = re.compile(rb"#!([^\n\0]{1,500})")
VERSION = re.compile(r"[0-9.]+\Z")  # of python3.11

READ_BY_ITSELF = {
    "make": ("GNUmakefile", "makefile", "Makefile"),
    "gmake": ("GNUmakefile", "makefile", "Makefile"),
    "npm": ("package.json", ".npmrc"),
    "npx": ("package.json", ".npmrc"),
    "pnpm": ("package.json", ".npmrc"),
    "yarn": ("package.json", ".yarnrc", ".yarnrc.yml"),
    "bun": ("package.json", "bunfig.toml"),
    "just": ("justfile", "Justfile", ".justfile"),
    "task": ("Taskfile.yml", "Taskfile.yaml", "taskfile.yml", "taskfile.yaml"),
    "rake": ("rakefile", "Rakefile", "rakefile.rb", "Rakefile.rb"),
    "invoke": ("tasks.py",),
    "inv": ("tasks.py",),
    "fab": ("fabfile.py",),
    "nox": ("noxfile.py",),
    "tox": ("tox.ini", "pyproject.toml", "setup.cfg"),
    "git": (".git/config",),
    "ansible-playbook": ("ansible.cfg",),
    "docker-compose": ("compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"),
    "docker": ("compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml", "Dockerfile"),
}
"""The files that a tool reads from its directory by default."""

RUNNERS = frozenset(
    (
        *("sh", "bash", "dash", "zsh", "ksh", "mksh", "fish", "busybox", "source", "tclsh", "osascript"),
        *("python", "pypy", "node", "deno", "ruby", "perl", "php", "lua", "awk", "gawk", "sed", "Rscript"),
    )
)
"""Programs that run the file named next on the line."""


class Unread(NamedTuple):
    """A named file whose content is not covered, the reason, and a stamp that changes with the file."""

    path: str
    reason: str
    stamp: str


class Coverage(NamedTuple):
    """The files that trusting a program line covers, and what it does not cover, in words."""

    contents: tuple[tuple[str, str], ...]  # (path, SHA-256 of its real path and content)
    unread: tuple[Unread, ...]
    left_open: tuple[str, ...]


def cover_program(root: Path, line: str) -> Coverage:
    """Return the files that a program line depends on, with the interpreters of its scripts."""
    return Collector(root).collect(line)


def split_words(line: str) -> list[str]:
    """Split a program line into words, without a shell; return none for a line that cannot be split."""
    try:
        return shlex.split(line)
    except ValueError:
        return []


class Collector:
    """Follows a line to its files, and a script to its interpreter, each once."""

    def __init__(self, root: Path) -> None:
        self.root = Path(os.path.abspath(root))
        self.real_root = Path(os.path.realpath(root))
        self.search = [path for path in map(self.resolve, os.get_exec_path()) if self.is_inside(path)]
        self.contents: dict[str, str] = {}
        self.unread: dict[str, Unread] = {}
        self.left_open: dict[str, None] = {}  # in this order, each once

    def collect(self, line: str) -> Coverage:
        """Return everything that a line leads to."""
        words = split_words(line)
        for tool in map(tool_name, pieces_of(words, self.root)):
            self.say_what_calls(tool)
        for directory in self.search:
            self.leave_open(f"programs in {self.shown(directory)}/, where $PATH leads")
        waiting = [words]
        while waiting:
            waiting += self.follow(waiting.pop())
        return Coverage(
            tuple(sorted(self.contents.items())), tuple(self.unread.values()), tuple(self.left_open)
        )

    def follow(self, words: Sequence[str]) -> list[list[str]]:
        """Cover the files that these words name; return the words of their scripts' interpreters."""
        pieces = list(islice(pieces_of(words, self.root), MOST_PIECES))
        if len(pieces) == MOST_PIECES:
            self.leave_open(f"what stands after the first {MOST_PIECES} words")
        run = set(programs_among(pieces))
        named = [(path, piece) for piece in dict.fromkeys(pieces) for path in self.paths_of(piece, pieces)]
        scripts = {path for path, piece in named if piece in run}
        interpreters = [self.add(path, is_run=path in scripts) for path in dict(named)]
        return [each for each in interpreters if each]

    def paths_of(self, piece: str, pieces: Sequence[str]) -> Iterator[Path]:
        """Yield the paths of the workspace that one piece of a line may refer to."""
        yield from self.named_by(piece)
        yield from self.found_on_search_path(piece)
        tool = tool_name(piece)
        for name in READ_BY_ITSELF.get(tool, ()):
            yield from (path / name for path in self.directories(pieces) if os.path.lexists(path / name))
        if tool == "python":
            yield from self.modules_among(pieces)

    def named_by(self, piece: str) -> Iterator[Path]:
        """Yield the files and directories that a piece names, literally or as a pattern."""
        for spelling in spell_paths(piece):
            path = self.resolve(spelling)
            if path != self.root and self.is_inside(path) and os.path.lexists(path):
                yield path
            elif any(char in path.name for char in "*?") and self.is_inside(path.parent):
                yield from map(Path, islice(iglob(f"{escape(str(path.parent))}/{path.name}"), MOST_MATCHES))

    def found_on_search_path(self, piece: str) -> Iterator[Path]:
        """Yield the file of the workspace that `$PATH` gives for a bare name."""
        if "/" in piece or not self.search:
            return
        for directory in map(self.resolve, os.get_exec_path()):
            if os.access(directory / piece, os.X_OK) and not os.path.isdir(directory / piece):
                yield from [directory / piece] if self.is_inside(directory) else []
                return

    def directories(self, pieces: Sequence[str]) -> Iterator[Path]:
        """Yield the directories where a tool may look for its files: the root, and each one named."""
        yield self.root
        yield from (path for piece in pieces for path in self.named_by(piece) if os.path.isdir(path))

    def modules_among(self, pieces: Sequence[str]) -> Iterator[Path]:
        """Yield the files of the modules that `python -m` runs from the workspace."""
        named = [after for option, after in pairwise(pieces) if option == "-m"]
        named += [piece[2:] for piece in pieces if piece.startswith("-m")]
        for name in named:
            for ending in (".py", "/__main__.py", "/__init__.py"):
                path = self.resolve(name.replace(".", "/") + ending)
                if self.is_inside(path) and os.path.lexists(path):
                    yield path

    def add(self, path: Path, *, is_run: bool) -> list[str]:
        """Cover one file, or note why not; return the words of its interpreter, if it names one."""
        name = self.shown(path)
        content = None if name in self.contents or name in self.unread else self.read(path, name)
        if content is None:
            return []
        shebang = SHEBANG.match(content)
        if is_data(name) and not (is_run or shebang or os.access(path, os.X_OK)):
            self.leave_open(f"{name}, data of the workspace")
            return []
        self.contents[name] = hash_of(path, content)
        if shebang is None:
            return []
        self.leave_open(f"what {name} calls in turn")
        return shebang[1].decode("utf-8", "replace").split()

    def read(self, path: Path, name: str) -> bytes | None:
        """Return the content of a file; None, with a note, where it is not read."""
        try:
            found = os.stat(path)
            reason = reason_against(found)
            if reason is None:
                return files.read_file(path)
            stamp = f"{found.st_size} {found.st_mtime_ns}" if stat.S_ISREG(found.st_mode) else ""
        except OSError as error:
            reason, stamp = f"cannot be read: {error.strerror}", ""
        if reason != DIRECTORY:
            self.unread[name] = Unread(name, reason, stamp)
        self.leave_open(f"{name} ({reason})")
        return None

    def say_what_calls(self, tool: str) -> None:
        """Note what a hash of a program cannot cover."""
        if tool in READ_BY_ITSELF:
            self.leave_open(f"what {tool} calls in turn")
        elif tool in RUNNERS:
            self.leave_open(f"what {tool} loads or calls in turn")

    def leave_open(self, what: str) -> None:
        """Note something that is not covered."""
        self.left_open[what] = None

    def resolve(self, path: str) -> Path:
        """Return an absolute path; programs run at the root of the workspace."""
        return Path(os.path.abspath(self.root / path))

    def is_inside(self, path: Path) -> bool:
        """Tell whether a path is in the workspace, by name or by its real path."""
        if path.is_relative_to(self.root) or path.is_relative_to(self.real_root):
            return True
        return Path(os.path.realpath(path)).is_relative_to(self.real_root)

    def shown(self, path: Path) -> str:
        """Return a path relative to the workspace, or as it is outside."""
        for root in (self.root, self.real_root):
            if path.is_relative_to(root):
                return str(path.relative_to(root))
        return str(path)


def pieces_of(words: Sequence[str], root: Path) -> Iterator[str]:
    """Yield the words of a line, and the pieces of words that are lines themselves, as in `sh -c '…'`.

    A file that a shell writes to (`> log`) is not a piece: it is an output, not a program.
    """
    known = {**os.environ, "CRM_WORKSPACE": str(root), "PWD": str(root)}
    for word in words:
        whole = Template(word).safe_substitute(known) if "$" in word else word
        bare = WRITTEN.sub(" ", whole)
        yield from (each for each in (word, *split_words(bare), *PIECE.findall(bare)) if "\0" not in each)


def spell_paths(piece: str) -> Iterator[str]:
    """Yield a piece and possible paths in it: of `--file=x`, `-fx`, `-d@x`, `a:b`, `~/x`, `$(pwd)/x`."""
    parts = dict.fromkeys([piece, piece.partition("=")[2], *re.split("[=:,@]", piece)])
    for part in parts:
        if part.startswith("~"):
            yield os.path.expanduser(part)
        if re.match("-[^-]", part):
            yield part[2:]
        if part.strip("/"):
            yield from (part, part.lstrip("/"))


def tool_name(piece: str) -> str:
    """Return a program's name without directory and version: `python` of `/usr/bin/python3.11`."""
    name = piece.rpartition("/")[2]
    return VERSION.sub("", name) or name


def programs_among(pieces: Sequence[str]) -> Iterator[str]:
    """Yield the pieces that are run: the first, and those after a program that runs files."""
    yield from pieces[:1]
    runner = False
    for piece in pieces:
        if runner and not piece.startswith("-"):
            yield piece
        runner = piece == "." or tool_name(piece) in RUNNERS or (runner and piece.startswith("-"))


def is_data(name: str) -> bool:
    """Tell whether a file is in the workspace's data directory, hooks excepted."""
    return Path(name).is_relative_to(DATA) and not Path(name).is_relative_to(HOOKS)


def reason_against(found: os.stat_result) -> str | None:
    """Return the reason why the content of a file is not read; None where it is."""
    if stat.S_ISDIR(found.st_mode):
        return DIRECTORY
    if not stat.S_ISREG(found.st_mode):
        return "no regular file"
    return f"larger than {LARGEST // 1024 // 1024} MiB" if found.st_size > LARGEST else None


def hash_of(path: Path, content: bytes) -> str:
    """Return a hash of a path's real path and content."""
    return hashlib.sha256(
        f"{os.path.realpath(path)}\n".encode("utf-8", "surrogateescape") + content
    ).hexdigest()
