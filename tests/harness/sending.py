"""The mail that waits in the sample workspace, the way out of it, and what became of it."""

import json

from tests.harness.crm import Crm

WAITING, DEAL = "e3aew9rq", "xgcej9p8"


def configure(crm: Crm, port: int, *lines: str) -> None:
    """Let the workspace send through the server on this port, as its user trusts it to."""
    path = crm.data / "crm.yaml"
    text = path.read_text("utf-8").replace(
        "in_git: false", f"transport: smtp\n  host: 127.0.0.1\n  port: {port}\n  in_git: false"
    )
    path.write_text(
        text.replace("  in_git: false", "".join(f"  {line}\n" for line in lines) + "  in_git: false"), "utf-8"
    )
    crm.environment["CRM_STATE_DIR"] = str(crm.root.parent / "state")
    crm("trust", "--yes")


def state(crm: Crm, id: str = WAITING, deal: str = DEAL) -> dict[str, object]:
    found = json.loads(crm("show", deal, "-o", "json").out)["messages"]
    return next(each for each in found if each["id"] == id)


def folder(crm: Crm, id: str = WAITING) -> list[str]:
    return sorted(path.parent.name for path in crm.data.glob(f"*/{id}.eml"))


def listed(crm: Crm, id: str = WAITING) -> dict[str, object]:
    return next(row for row in json.loads(crm("outbox", "list", "-o", "json").out) if row["id"] == id)


def use_program(crm: Crm, line: str) -> None:
    """Let the workspace send through a program, as its user trusts it to."""
    path = crm.data / "crm.yaml"
    text = path.read_text("utf-8")
    lines = f"transport: sendmail\n  program: {line}\n  in_git: false"
    path.write_text(text.replace("in_git: false", lines), "utf-8")
    crm.environment["CRM_STATE_DIR"] = str(crm.root.parent / "state")
    crm("trust", "--yes")
