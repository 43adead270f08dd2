"""A killed `report html` leaves a site that the next run completes, without a file of its own left over."""

import itertools
import json
import shutil

from crmcli.store.transactions.lock import hold_lock
from tests.harness.incidents import killed_before, killed_within_write
from tests.harness.workspaces import Workspace

SITE = "site"


def files_of(workspace: Workspace) -> dict[str, bytes]:
    """All files of the site, hidden ones too."""
    site = workspace.root / SITE
    return {str(path.relative_to(site)): path.read_bytes() for path in site.rglob("*") if path.is_file()}


def start_site(workspace: Workspace) -> tuple[str, str]:
    """Write a site of two deals; return their ids."""
    first, second = workspace.create("Poêle"), workspace.create("Insert")
    workspace("report", "html", SITE)
    return first, second


def test_a_killed_site_is_completed_by_the_next_run(workspace: Workspace) -> None:
    first, second = start_site(workspace)
    workspace("note", first, "-m", "Rappeler jeudi")
    workspace("lose", second)
    query = ("is:open",)
    site, old = workspace.root / SITE, workspace.root / "old"
    shutil.copytree(site, old)
    workspace("report", "html", SITE, *query)
    whole = files_of(workspace)
    assert f"deals/{second}.html" not in whole
    left_over = 0
    for kill in (killed_before, killed_within_write):
        for number in itertools.count(1):
            shutil.rmtree(site)
            shutil.copytree(old, site)
            if not workspace.run("report", "html", SITE, *query, hear=kill(number)).was_killed:
                break
            torn = files_of(workspace)
            left_over += any(name.endswith(".crm-new") for name in torn)
            for name, content in torn.items():
                assert name.endswith(".crm-new") or content.rstrip().endswith((b"</html>", b"}")), name
            workspace("report", "html", SITE, *query)
            assert files_of(workspace) == whole
    assert left_over > 3


def test_a_site_that_another_process_writes_is_left_to_it(workspace: Workspace) -> None:
    start_site(workspace)
    with hold_lock(workspace.root / SITE, 1):
        ended = workspace.run("report", "html", SITE, "-o", "json", CRM_LOCK_TIMEOUT="0")
    assert "another crm is writing here" in ended.err
    assert ended.code == 75
    assert json.loads(workspace("report", "html", SITE, "-o", "json").out)[0]["written"] == 0
