"""A journal of a rename may touch templates and questionnaires, and put nothing in them but the new name."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmcli.store.transactions.journal import (
    DamagedJournalError,
    FileChange,
    Journal,
    only_renames,
    pack_journal,
)

PATH = "templates/email/own.j2"
NAMES = ("new", "asked")


def a_journal(
    before: bytes | None, after: bytes | None, renames: tuple[str, str] | None = NAMES, path: str = PATH
) -> Journal:
    change = FileChange(path=path, before=before, after=after)
    at = datetime(2026, 11, 24, tzinfo=UTC)
    return Journal(command="crm", user="marie", at=at, changes=(change,), renames=renames)


def test_a_new_name_in_some_places_is_a_renaming() -> None:
    assert pack_journal(a_journal(b"new, renewed, new", b"new, renewed, asked"))


@pytest.mark.parametrize(
    "journal",
    [
        a_journal(b"new", b"evil"),
        a_journal(b"new", b"asked {{ evil }}"),
        a_journal(b"new", b"asked", None),
        a_journal(None, b"asked"),
        a_journal(b"new", None),
        a_journal(b"{{ a }}", b"{{ evil() }}", ("{{ a }}", "{{ evil() }}")),
        a_journal(b"a\n", b"b\n", ("a\n", "b\n")),
        a_journal(b"new", b"asked", path="templates/../../x.j2"),
        a_journal(b"new", b"asked", path="pipeline_data/hooks/pre-change"),
        a_journal(b"new", b"asked", path=".git/config"),
    ],
)
def test_anything_else_is_refused(journal: Journal) -> None:
    with pytest.raises(DamagedJournalError):
        pack_journal(journal)


WORDS = st.sampled_from(["a", "ab", "aab", "b", "ba"])


@given(st.lists(st.tuples(st.text("abc ", max_size=4), st.booleans()), max_size=8), WORDS, WORDS)
def test_every_renaming_is_taken_for_one(parts: list[tuple[str, bool]], old: str, new: str) -> None:
    first, *rest = "".join(part + old for part, _ in parts).split(old)
    flags = [flag for _, flag in parts] + [False] * len(rest)
    after = first + "".join((new if flag else old) + piece for piece, flag in zip(rest, flags, strict=False))
    before = old.join([first, *rest])
    assert only_renames(FileChange(path=PATH, before=before.encode(), after=after.encode()), (old, new))
