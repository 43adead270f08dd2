"""The user's editor."""

import os
import shlex
import subprocess
from pathlib import Path

from crmcli.domain.values.errors import RefusedError, UsageError


def run_editor(draft: Path) -> None:
    """Open the editor on a file and wait for it.

    Raises UsageError where there is none, RefusedError where it failed.
    """
    command = os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi"
    try:
        code = subprocess.run([*shlex.split(command), str(draft)], check=False).returncode
    except (OSError, ValueError) as error:
        raise UsageError(
            f"cannot run the editor {command!r}", hint="set $EDITOR, like EDITOR=nano"
        ) from error
    if code:
        raise RefusedError(f"the editor exited with {code}; nothing was changed", where=str(draft))
