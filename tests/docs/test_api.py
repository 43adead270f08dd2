"""The Python API does what docs/api.md shows."""

import re
import subprocess
import sys

from tests.harness.crm import Crm
from tests.harness.places import ROOT


def test_the_lines_of_the_page_run_and_print_what_it_shows(crm: Crm) -> None:
    page = (ROOT / "docs" / "api.md").read_text("utf-8")
    [program] = re.findall(r"```python\n(.*?)```", page, re.S)
    [printed] = re.findall(r"```text\n(.*?)```", page, re.S)
    crm.root.rename(crm.root.parent / "workspace")
    environment = {name: value for name, value in crm.environment.items() if name != "CRM_WORKSPACE"}
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=environment,
        cwd=crm.root.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == printed
