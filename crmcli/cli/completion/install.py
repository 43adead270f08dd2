"""Installing the completion of a shell where it loads completions from, for one user."""

import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from crmcli.cli.completion.shell_quoting import SHELLS
from crmcli.domain.localization.translations import translate
from crmcli.domain.values.errors import UsageError
from crmcli.store.transactions import files

SCRIPTS = Path(__file__).parent / "shells"
MARK = "# completion of crm"
READABLE = 0o644
LOADERS = (  # of bash-completion, which loads the completions of a user when they are needed
    "/usr/share/bash-completion/bash_completion",
    "/usr/local/share/bash-completion/bash_completion",
    "/opt/homebrew/share/bash-completion/bash_completion",
)


class Placed(NamedTuple):
    """A file to write: its path, its new content, and what is said of it."""

    path: Path
    content: bytes
    said: str


def read_script(shell: str) -> str:
    """Return the script that makes a shell complete."""
    return (SCRIPTS / f"crm.{shell}").read_text("utf-8")


def guess_shell(environment: Mapping[str, str]) -> str:
    """Return the user's shell.

    Raises UsageError for one that crm has no completion for.
    """
    name = Path(environment.get("SHELL", "")).name
    if name not in SHELLS:
        what = f"no completion for the shell {name!r}" if name else "$SHELL does not say which shell you use"
        raise UsageError(what, hint="name one: crm completion install bash")
    return name


def plan_installation(shell: str, environment: Mapping[str, str]) -> Iterator[Placed]:
    """Yield the files to write for a shell; nothing where all of it is installed."""
    home = Path(environment.get("HOME") or Path.home())
    data = Path(environment.get("XDG_DATA_HOME") or home / ".local" / "share")
    settings = Path(environment.get("XDG_CONFIG_HOME") or home / ".config")
    start = None  # the file that the shell reads at its start, and the line that it needs
    match shell:
        case "fish":
            script = settings / "fish" / "completions" / "crm.fish"
        case "zsh":
            script = data / "zsh" / "site-functions" / "_crm"
            line = f'fpath=("{script.parent}" $fpath); autoload -Uz compinit && compinit'
            start = (Path(environment.get("ZDOTDIR") or home) / ".zshrc", line)
        case _:
            folder = Path(environment.get("BASH_COMPLETION_USER_DIR") or data / "bash-completion")
            script = folder / "completions" / "crm"
            if not any(os.path.exists(each) for each in LOADERS):
                start = (home / ".bashrc", f'[ -r "{script}" ] && . "{script}"')
    content = read_script(shell).encode()
    if files.read_file(script) != content:
        yield Placed(script, content, f"{script}")
    if start:
        yield from plan_line(*start)


def plan_line(path: Path, line: str) -> Iterator[Placed]:
    """Yield a file with a line for crm at its end; nothing where it stands there."""
    place = Path(os.path.realpath(path))  # one that is kept elsewhere, behind a link, stays there
    content = (files.read_file(place) or b"").decode("utf-8", "surrogateescape")
    wanted = f"{line}  {MARK}"
    lines = content.splitlines()
    if wanted in lines:
        return
    kept = [each for each in lines if not each.endswith(MARK)]
    written = "".join(f"{each}\n" for each in [*kept, wanted])
    yield Placed(
        place,
        written.encode("utf-8", "surrogateescape"),
        translate("{file}, at its end: {line}", file=path, line=line),
    )


def write_files(placed: list[Placed]) -> None:
    """Write files, with the folders that they need; the permissions of existing ones stay."""
    for each in placed:
        mode = stat.S_IMODE(each.path.stat().st_mode) if each.path.exists() else READABLE
        with files.make_private(each.path.parent) as folder:
            folder.put(each.path.name, each.content, mode)
