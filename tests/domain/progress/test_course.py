"""The course of a deal through its stages."""

from hypothesis import given
from hypothesis import strategies as st

from crmcli.domain.progress.course import Move, follow_moves, whole_course

WON = {"won"}


def stays(*moves: Move) -> list[tuple[str, int | None, int | None]]:
    return [(visit.stage, visit.entered, visit.left) for visit in follow_moves(moves, WON)]


def test_a_loss_ends_the_stay_and_reopening_begins_another() -> None:
    assert stays(
        Move(0, "created", "new", 1), Move(5, "lost", "new", 1, 1), Move(9, "reopened", "new", 2, 1)
    ) == [("new", 0, 5), ("new", 9, None)]


def test_an_undone_move_leaves_no_stay_and_the_one_before_goes_on() -> None:
    moved = (Move(0, "created", "new", 1), Move(5, "stage", "quoted", 1), Move(6, "undone", "new", 1))
    assert stays(*moved) == [("new", 0, None)]
    assert stays(*moved, Move(9, "stage", "quoted", 2)) == [("new", 0, 9), ("quoted", 9, None)]


def test_an_undone_loss_leaves_the_deal_where_it_was() -> None:
    lost = (Move(0, "created", "new", 1), Move(5, "lost", "new", 1, 1), Move(6, "undone", "new", 1))
    assert stays(*lost) == [("new", 0, None)]
    assert stays(*lost, Move(7, "redone", "new", 1, 1)) == [("new", 0, 7)]


def test_a_deal_that_was_won_by_hand_and_lost_by_hand_is_understood() -> None:
    created = Move(0, "created", "new", 1)
    assert stays(created, Move(4, "hand", "won", 1, 1)) == [("new", 0, 4), ("won", 4, None)]
    assert stays(created, Move(4, "hand", "new", 1, 1)) == [("new", 0, 4)]


def test_a_stage_that_the_history_does_not_tell_was_entered_at_an_unknown_time() -> None:
    [first, second] = whole_course([Move(0, "created", "new", 1)], WON, stage="quoted", since=0, closed=None)
    assert (first.stage, first.left) == ("new", None)
    assert (second.stage, second.entered, second.seconds) == ("quoted", None, None)


def test_a_record_without_a_history_has_been_in_its_stage_since_its_creation() -> None:
    [only] = whole_course([], WON, stage="new", since=10, closed=25)
    assert only.seconds == 15
    [unknown] = whole_course([], WON, stage="new", since=None, closed=None)
    assert unknown.seconds is None


MOVES = st.lists(
    st.builds(
        Move,
        st.integers(0, 10_000),
        st.sampled_from(
            ("stage", "hand", "won", "lost", "reopened", "undone", "redone", "resolved", "unheard-of")
        ),
        st.sampled_from(("new", "quoted", "won", "gone")),
        st.integers(1, 3),
        st.none() | st.integers(1, 3),
    )
)


@given(MOVES)
def test_any_history_has_stays_of_no_negative_length_each_visit_once(moves: list[Move]) -> None:
    visits = follow_moves(moves, WON)
    assert all(visit.seconds is None or visit.seconds >= 0 for visit in visits)
    assert len({(visit.stage, visit.number) for visit in visits}) == len(visits)
    assert all(visit.left is not None for visit in visits[:-1])
    if moves:
        assert visits[-1].stage == moves[-1].to
