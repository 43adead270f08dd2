"""What scripts rely on: the documents of every kind, field by field. Fields are added, never changed.

`GOLDEN=write pytest tests/golden` writes them anew; read the difference before you commit it.
"""

import os
from pathlib import Path

import pytest

from tests.conftest import Crm

HERE = Path(__file__).parent
COMMANDS = {
    "opportunity.json": ["show", "xgcej9p8", "-o", "json"],
    "lost.json": ["show", "phwvchqk", "-o", "json"],
    "list.csv": ["list", "is:any", "-o", "csv"],
    "list.yaml": ["list", "stage:negotiation", "-o", "yaml"],
    "activities.json": ["due", "-o", "json"],
    "contact.json": ["contact", "show", "f8dz9xw4", "-o", "json"],
    "contacts.tsv": ["contact", "list", "-o", "tsv"],
    "pipeline.json": ["report", "pipeline", "-o", "json"],
    "board.json": ["board", "-o", "json"],
    "next.json": ["next", "xgcej9p8", "-o", "json"],
    "why.json": ["why", "xgcej9p8", "-o", "json"],
    "templates.json": ["email", "list", "-o", "json"],
    "message.json": ["email", "preview", "xgcej9p8", "-t", "relance-devis", "-o", "json"],
    "outbox.json": ["outbox", "list", "-o", "json"],
    "moved.jsonl": ["move", "xgcej9p8", "--to", "negotiation", "-o", "jsonl"],
}


@pytest.mark.parametrize("name", COMMANDS)
def test_a_document_is_what_scripts_know(crm: Crm, name: str) -> None:
    printed = crm(*COMMANDS[name]).out
    golden = HERE / name
    if os.environ.get("GOLDEN") == "write":
        golden.write_text(printed, "utf-8")
    assert printed == golden.read_text("utf-8")
