"""Merging texts by lines: what only one changed is changed, and both orders give the same."""

from hypothesis import given
from hypothesis import strategies as st

from crmcli.domain.merging.line_merge import has_marks, mark_differences, merge_lines

LINES = st.lists(st.sampled_from(["a\n", "b\n", "c\n", "\n"]), max_size=6).map("".join)


@given(LINES, LINES, LINES, st.booleans())
def test_it_does_not_matter_which_version_is_ours(base: str, ours: str, theirs: str, joins: bool) -> None:
    merged = merge_lines(base, ours, theirs, joins_insertions=joins)
    assert merged == merge_lines(base, theirs, ours, joins_insertions=joins)
    assert (
        merge_lines(base, ours, ours)
        == merge_lines(base, base, ours)
        == merge_lines(base, ours, base)
        == ours
    )


@given(LINES, LINES)
def test_marks_hold_both_texts(ours: str, theirs: str) -> None:
    marked = mark_differences(ours, theirs)
    sides: tuple[list[str], list[str]] = ([], [])
    where = "both"
    for line in marked.splitlines(keepends=True):
        if line.startswith(("<<<<<<<", "=======", ">>>>>>>")):
            where = {"<": "ours", "=": "theirs", ">": "both"}[line[0]]
            continue
        sides[0].extend([line] if where != "theirs" else [])
        sides[1].extend([line] if where != "ours" else [])
    assert ("".join(sides[0]), "".join(sides[1])) == (ours, theirs)
    assert has_marks(marked) == (ours != theirs)


def test_both_may_add_lines_at_the_end() -> None:
    merged = merge_lines("Bonjour", "Bonjour\nun", "Bonjour\ndeux", joins_insertions=True)
    assert merged is None, "the last line has no newline at its end: both changed it"
    assert (
        merge_lines("Bonjour\n", "Bonjour\nun\n", "Bonjour\ndeux\n", joins_insertions=True)
        == "Bonjour\ndeux\nun\n"
    )
