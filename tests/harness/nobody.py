"""What another user of the machine needs to run crm: a folder that all may look into, and a program."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.harness.places import ROOT

IS_ROOT = os.getuid() == 0


@contextmanager
def open_folder() -> Iterator[Path]:
    """A folder that all users may look into."""
    folder = Path(tempfile.mkdtemp(prefix="crm-"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def program_for_nobody(folder: Path) -> Path:
    """A `crm` that the user nobody may run, who may not look into the home of this one."""
    script = folder / "crm"
    places = os.pathsep.join([str(ROOT), *(each for each in sys.path if each.endswith("site-packages"))])
    python = f"/usr/bin/python{sys.version_info.major}.{sys.version_info.minor}"
    script.write_text(f'#!/bin/sh\nexport PYTHONPATH={places}\nexec {python} -m crmcli "$@"\n')
    script.chmod(0o755)
    words = [str(script), "--version"]
    ended = subprocess.run(words, user="nobody", cwd="/", capture_output=True, check=False)
    if ended.returncode:
        pytest.skip(f"nobody may not run crm with {python}: {ended.stderr.decode().strip()}")
    return script
