"""Changes that are taken back leave no trace, whatever came before them."""

from hypothesis import given
from hypothesis import strategies as st

from crmcli.store.revertible import RevertibleDict

KEYS = st.sampled_from("abcd")
CHANGES = st.lists(st.tuples(KEYS, st.one_of(st.none(), st.integers(0, 3))))


def change(known: "RevertibleDict[str, int]", changes: list[tuple[str, int | None]]) -> None:
    for key, value in changes:
        if value is not None:
            known[key] = value
        elif key in known:
            del known[key]


@given(CHANGES, CHANGES, CHANGES)
def test_going_back_gives_the_state_of_the_mark(
    first: list[tuple[str, int | None]],
    kept: list[tuple[str, int | None]],
    lost: list[tuple[str, int | None]],
) -> None:
    known: RevertibleDict[str, int] = RevertibleDict()
    change(known, first)
    outer, before = known.mark(), dict(known)
    change(known, kept)
    inner, between = known.mark(), dict(known)
    change(known, lost)
    known.go_back(inner)
    assert known == between
    known.go_back(outer)
    assert known == before
