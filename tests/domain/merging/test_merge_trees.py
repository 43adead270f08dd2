"""Merging YAML trees key by key, as of a configuration."""

from typing import Any

import pytest

from crmcli.domain.merging.merge_trees import merge_trees

STAGES: list[Any] = [{"id": "new", "probability": "10"}, {"id": "won", "outcome": "won"}]


@pytest.mark.parametrize(
    ("ours", "theirs", "merged"),
    [
        ({"a": "1", "b": "0"}, {"a": "0", "b": "2"}, {"a": "1", "b": "2"}),
        ({"a": "0"}, {"a": "0", "b": "0", "c": ["x"]}, {"a": "0", "c": ["x"]}),
        (
            {"a": "0", "b": "0", "stages": [{"id": "new", "probability": "20"}, STAGES[1]]},
            {"a": "0", "b": "0", "stages": [STAGES[0], {"id": "visit"}, STAGES[1]]},
            {"a": "0", "b": "0", "stages": [{"id": "new", "probability": "20"}, {"id": "visit"}, STAGES[1]]},
        ),
    ],
)
def test_what_one_changed_is_changed(ours: Any, theirs: Any, merged: Any) -> None:
    base = {"a": "0", "b": "0"} | ({"stages": STAGES} if "stages" in ours else {})
    for one, other in ((ours, theirs), (theirs, ours)):
        assert merge_trees(base, one, other) == (merged, ())


def test_a_conflict_is_named_by_its_place() -> None:
    base, ours, theirs = ({"stages": [{"id": "new", "probability": each}]} for each in ("10", "20", "30"))
    assert merge_trees(base, ours, theirs) == (ours, ("stages.new.probability",))
