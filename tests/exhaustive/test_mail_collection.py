"""`crm ingest`: every mail of the collection is filed, and filed once."""

import json

import pytest

from tests.harness.crm import Crm
from tests.harness.places import MAILS


@pytest.mark.parametrize("name", sorted(path.stem for path in MAILS.glob("*.eml")))
def test_every_mail_of_the_collection_is_filed_once(bare: Crm, name: str) -> None:
    content = (MAILS / f"{name}.eml").read_bytes()
    [first] = json.loads(bare("ingest", "-o", "json", stdin=content).out)
    kept = [path for path in bare.data.rglob("*.eml") if path.read_bytes() == content]
    assert len(kept) == (0 if first["outcome"] == "dropped" else 1)
    before = bare.records()
    [again] = json.loads(bare("ingest", "-o", "json", stdin=content).out)
    assert again["outcome"] in ("known", "dropped")
    assert bare.records() == before
    assert bare("check").out == ""
