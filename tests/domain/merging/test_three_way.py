"""Merging two versions of a record: what one side changed is changed, whatever the other side kept."""

from datetime import UTC, datetime

from msgspec.structs import replace

from crmcli.domain.merging.three_way import merge_versions
from crmcli.domain.model.record_types import Entry, HistoryEvent, Opportunity

NOTE = Entry(
    at=datetime(2026, 11, 24, tzinfo=UTC), event=HistoryEvent.NOTE, id="n0tem001", text="Digicode 1234"
)
BASE = Opportunity(id="k7f3q9mx", title="PAG Rika", history=(NOTE,))


def test_a_note_undone_in_one_clone_is_undone_in_the_merge() -> None:
    undone = replace(BASE, history=(replace(NOTE, text=None),))
    for ours, theirs in [(undone, BASE), (BASE, undone)]:
        merged, conflicts = merge_versions(BASE, ours, theirs)
        assert (merged.history, conflicts) == (undone.history, ())


def test_a_note_changed_in_both_clones_stays_in_both_versions() -> None:
    ours, theirs = (replace(BASE, history=(replace(NOTE, text=text),)) for text in ("un", "deux"))
    merged, _ = merge_versions(BASE, ours, theirs)
    assert sorted(each.text or "" for each in merged.history) == ["deux", "un"]


def test_lines_that_both_added_to_a_description_stay() -> None:
    base, ours, theirs = (
        replace(BASE, description=text) for text in ("Bonjour", "Bonjour\nun", "Bonjour\ndeux")
    )
    for one, other in ((ours, theirs), (theirs, ours)):
        merged, conflicts = merge_versions(base, one, other)
        assert (merged.description, conflicts) == ("Bonjour\ndeux\nun", ())
