"""A real `crm` in one workspace: the only way in which tests run commands.

`crm("list")` runs a command that has to succeed, `crm.refused(…)` one that has to fail, `crm.run(…)` one that
may do either. Each is a process of its own, forked from this one. `crm.start(…)` and `crm.run_line(…)` start a
new Python, for tests of how a program starts and ends; they cost ten times as much.
"""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from crmcli.cli import app
from tests.harness import figures
from tests.harness.incidents import Hear, watch
from tests.harness.places import ROOT
from tests.harness.processes import Ended, become_crm, fork_process

NOW = "2026-11-24T09:00"
PROGRAM = [sys.executable, "-m", "crmcli"]


class Crm:
    """The command line in one workspace, as marie, on a fixed day."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.data = root / "pipeline_data"
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(root.parent),
            "LANG": "C.UTF-8",
            "PYTHONPATH": str(ROOT),
            "COLUMNS": "100",
            "CRM_NOW": NOW,
            "CRM_LANG": "en",
            "CRM_USER": "marie",
            "CRM_WORKSPACE": str(root),
        }

    def __call__(self, *words: str, code: int = 0, **circumstances: Any) -> Ended:
        """Run a command that should end with this code; `run` says what the circumstances are."""
        ended = self.run(*words, **circumstances)
        assert ended.code == code, ended
        assert "Traceback" not in ended.err
        return ended

    def refused(self, *words: str, code: int, **circumstances: Any) -> str:
        """The one line on stderr of a command that should fail with this code."""
        ended = self(*words, code=code, **circumstances)
        assert ended.out == ""
        return ended.err

    def run(
        self,
        *words: str,
        stdin: bytes = b"",
        first: Callable[[], None] | None = None,
        hear: Hear | None = None,
        **environment: str,
    ) -> Ended:
        """Run a command to its end, whatever that is.

        `hear` is told of every change of a file in the workspace just before it is made; `first` runs in
        the new process before anything else.
        """

        def begin() -> None:
            if first is not None:
                first()
            if hear is not None:
                watch(self.root, hear)

        whole = {**self.environment, **environment}
        ended = fork_process(lambda: become_crm(["crm", *words], whole, self.root, begin), stdin).wait()
        figures.count("processes killed" if ended.was_killed else "commands run")
        return ended

    def run_here(self, *words: str) -> int:
        """The exit code of a command that is run in this process; only in one that was forked for it."""
        os.chdir(self.root)
        os.environ.update(self.environment)
        sys.argv = ["crm", *words]
        return app.run_program()

    def start(self, *words: str, **options: Any) -> "subprocess.Popen[str]":
        """Start a command in a new Python, and do not wait for it."""
        given = {"env": self.environment, "cwd": self.root, "text": True, **options}
        return subprocess.Popen([*PROGRAM, *words], **given)

    def run_line(self, line: str, **environment: str) -> "subprocess.CompletedProcess[str]":
        """Run a line of bash, in which every `crm` is a new Python."""
        return subprocess.run(
            ["bash", "-c", f'crm() {{ "{sys.executable}" -m crmcli "$@"; }}\n{line}'],
            env={**self.environment, **environment},
            cwd=self.root,
            capture_output=True,
            text=True,
        )

    def file(self, id: str) -> Path:
        """The file of a record."""
        [path] = self.data.glob(f"*/**/*{id}.yaml")
        return path

    def records(self) -> dict[str, bytes]:
        """All files of the workspace that are not private to this machine."""
        paths = [path for path in self.root.rglob("*") if path.is_file() and ".crm" not in path.parts]
        return {str(path.relative_to(self.root)): path.read_bytes() for path in sorted(paths)}

    @property
    def derived(self) -> Path:
        """The directory in which this user's derived files were kept last."""
        return max((self.data / ".crm").glob("derived-*"), key=lambda each: each.stat().st_mtime_ns)
