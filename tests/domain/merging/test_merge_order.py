"""The order of a list that two versions have: theirs and ours, the same whoever merges."""

from hypothesis import given
from hypothesis import strategies as st

from crmcli.domain.merging.merge_order import merge_order

WORDS = st.lists(st.sampled_from("abcdefg"), unique=True, max_size=6)


def is_within(short: list[str], whole: list[str]) -> bool:
    """Tell whether a list stands in another in its order."""
    rest = iter(whole)
    return all(word in rest for word in short)


@given(WORDS, WORDS)
def test_every_item_is_there_once_and_it_does_not_matter_who_merges(
    ours: list[str], theirs: list[str]
) -> None:
    merged = merge_order(ours, theirs, key=str, rank=str)
    assert sorted(merged) == sorted({*ours, *theirs})
    assert merged == merge_order(theirs, ours, key=str, rank=str)


@given(WORDS, st.data())
def test_both_orders_are_kept_where_they_agree(whole: list[str], data: st.DataObject) -> None:
    ours, theirs = ([word for word in whole if data.draw(st.booleans())] for _ in "ab")
    merged = merge_order(ours, theirs, key=str, rank=str)
    assert is_within(ours, merged)
    assert is_within(theirs, merged)
