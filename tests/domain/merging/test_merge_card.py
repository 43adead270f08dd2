"""Merging a contact with its card, and an activity with its item: what one side changes alone is never lost."""

from hypothesis import given
from hypothesis import strategies as st

from crmcli.domain.merging.merge_calendar import LastSynced, fingerprint, merge_item
from crmcli.domain.merging.merge_card import LISTS, TEXTS, CardFields, last_card, merge_card

WORDS = st.sampled_from(["", "a", "b", "é", "e\u0301", "deux mots"])
ITEMS = st.lists(st.sampled_from("abcd"), unique=True)
CARDS = st.builds(
    CardFields,
    st.fixed_dictionaries(dict.fromkeys(TEXTS, WORDS)),
    st.fixed_dictionaries(dict.fromkeys(LISTS, ITEMS)),
)
NOTES = st.lists(st.sampled_from(["x", "y", "z"]), unique=True).map("\n".join)
STATES = st.sampled_from(["planned", "done", "cancelled"])
FIELDS = st.fixed_dictionaries({"summary": WORDS, "when": WORDS, "state": STATES, "note": NOTES})


@given(CARDS, CARDS)
def test_a_card_that_only_one_side_changed_is_as_that_side_has_it(
    base: CardFields, changed: CardFields
) -> None:
    changed = changed._replace(texts={**changed.texts, "name": changed.texts["name"] or "somebody"})
    last = last_card(base)
    here, there = merge_card(last, changed, base), merge_card(last, base, changed)
    assert here.fields.texts == changed.texts
    assert not here.discarded
    assert not there.discarded
    for name in LISTS:
        assert (
            sorted(here.fields.lists[name]) == sorted(there.fields.lists[name]) == sorted(changed.lists[name])
        )


@given(CARDS, CARDS, CARDS)
def test_additions_of_both_sides_are_kept(base: CardFields, ours: CardFields, theirs: CardFields) -> None:
    merged = merge_card(last_card(base), ours, theirs).fields
    for name in LISTS:
        added = {*ours.lists[name], *theirs.lists[name]} - {*base.lists[name]}
        assert added <= {*merged.lists[name]}
    assert merge_card(last_card(base), merged, merged).fields == merged


@given(CARDS, CARDS)
def test_without_a_memory_nothing_of_either_is_lost(ours: CardFields, theirs: CardFields) -> None:
    merged, discarded = merge_card(None, ours, theirs)
    for name in TEXTS:
        assert not ours.texts[name] or merged.texts[name] == ours.texts[name]
        assert (
            not theirs.texts[name]
            or fingerprint(merged.texts[name]) == fingerprint(theirs.texts[name])
            or discarded[name] == theirs.texts[name]
        )


@given(FIELDS, FIELDS, FIELDS)
def test_an_item_keeps_what_one_side_changed_and_names_what_it_does_not(
    base: dict[str, str], ours: dict[str, str], theirs: dict[str, str]
) -> None:
    prints = {name: fingerprint(value) for name, value in base.items()}
    last = LastSynced(prints, frozenset(map(fingerprint, base["note"].split("\n"))))
    merged, discarded = merge_item(last, ours, theirs)
    for name in ("summary", "when"):
        if fingerprint(ours[name]) == prints[name]:
            assert fingerprint(merged[name]) == fingerprint(theirs[name])
        elif fingerprint(theirs[name]) == prints[name]:
            assert merged[name] == ours[name]
        else:
            assert merged[name] == ours[name]
            assert (name in discarded) is (fingerprint(ours[name]) != fingerprint(theirs[name]))
    added = set(theirs["note"].splitlines()) - set(base["note"].splitlines())
    assert added <= set(merged["note"].splitlines())
    if "done" in (ours["state"], theirs["state"]) and base["state"] != "done":
        assert merged["state"] == "done"
