"""Every stage, field and type that a workspace starts with can be renamed, and everything is in order after it."""

import pytest

from tests.harness.crm import Crm

CHECKS = (
    ("config", "check"),
    ("check",),
    ("rules", "check"),
    ("rules", "test"),
    ("questionnaire", "check"),
    ("email", "check"),
)
ALL = [
    *(("stage", old) for old in ("new", "contacted", "visit", "quoted", "negotiation", "won")),
    *(
        ("field", old)
        for old in ("appliance", "brand", "installation", "model", "power", "installation_date")
    ),
    *(("type", old) for old in ("call", "email", "visit", "quote", "order", "service", "todo")),
]


def assert_clean(crm: Crm) -> None:
    for words in CHECKS:
        ended = crm(*words)
        assert ended.err == ""
        assert "FAIL" not in ended.out.upper()
        assert ended.out == "" or "scenarios passed" in ended.out


@pytest.mark.parametrize(("kind", "old"), ALL)
def test_nothing_is_out_of_order_after_a_rename(crm: Crm, kind: str, old: str) -> None:
    before = crm.records()
    crm(kind, "rename", old, "renamed")
    assert_clean(crm)
    assert crm.refused(kind, "rename", old, "again", code=2)
    crm("undo")
    assert crm.records() == before


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize(
    "words",
    [
        *(("stage", old) for old in ("new", "qualified", "proposal", "negotiation", "won")),
        ("field", "product"),
        *(("type", old) for old in ("call", "email", "meeting", "task")),
    ],
)
def test_a_neutral_workspace_is_made_one_s_own(crm: Crm, language: str, words: tuple[str, str]) -> None:
    crm("init", "own", CRM_LANG=language)
    own = Crm(crm.root / "own")
    own("create", "A deal", "--contact", "Anne DUPONT", "--revenue", "100", "--field", "product=Service")
    own(words[0], "rename", words[1], "renamed")
    assert_clean(own)
