"""The course of a deal through its stages, as its history tells it: when it entered and left each."""

from collections.abc import Collection, Iterable, Iterator

import msgspec

from crmcli.domain.model.history import RETURNING, is_move, own_entries
from crmcli.domain.model.record_types import HistoryEvent, Opportunity


class Move(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """An entry of the history that names the stage of a deal; instants are in seconds since 1970."""

    at: int
    event: str
    to: str
    visit: int
    closing: int | None = None


class Visit(msgspec.Struct, frozen=True, gc=False):
    """A stay in a stage. `left` is None while the deal is there, `entered` where no history tells it."""

    stage: str
    number: int
    entered: int | None
    left: int | None = None

    @property
    def seconds(self) -> int | None:
        """The length of a stay that has ended; None of any other."""
        return None if self.left is None or self.entered is None else max(0, self.left - self.entered)


def moves_of(deal: Opportunity) -> list[Move]:
    """Return the entries of a deal's own history that name its stage, oldest first."""
    entries = [entry for entry in own_entries(deal) if entry.to and is_move(entry)]
    return [
        Move(int(entry.at.timestamp()), str(entry.event), entry.to or "", entry.visit or 1, entry.closing)
        for entry in reversed(entries)
    ]


def follow_moves(moves: Iterable[Move], won: Collection[str]) -> list[Visit]:
    """Return the stays in stages that these moves make; `won` holds the ids of the won stages.

    Losing ends a stay, reopening begins another one. A move that was undone counts nowhere: the stay
    before it goes on.

    >>> created, quoted = Move(0, "created", "new", 1), Move(60, "stage", "quoted", 1)
    >>> moves = [created, quoted, Move(90, "lost", "quoted", 1, 1)]
    >>> [(visit.stage, visit.seconds) for visit in follow_moves(moves, ["won"])]
    [('new', 60), ('quoted', 30)]
    """
    visits: list[Visit] = []
    for move in moves:
        end = move.at if is_loss(move, won) else None
        known = find_visit(visits, move)
        if known is None:
            close_last(visits, move.at)
            visits.append(Visit(move.to, move.visit, move.at, end))
        else:
            del visits[known + 1 :]
            visits[known] = msgspec.structs.replace(visits[known], left=end)
    return visits


def find_visit(visits: list[Visit], move: Move) -> int | None:
    """Return the place of the stay that a move returns to; None where it begins one."""
    places = reversed(range(len(visits)))
    return next((n for n in places if (visits[n].stage, visits[n].number) == (move.to, move.visit)), None)


def close_last(visits: list[Visit], at: int) -> None:
    """End the last of these stays, if it goes on."""
    if visits and visits[-1].left is None:
        visits[-1] = msgspec.structs.replace(visits[-1], left=at)


def is_loss(move: Move, won: Collection[str]) -> bool:
    """Tell whether a deal is lost after a move."""
    if move.to in won:
        return False
    return move.event == HistoryEvent.LOST or (move.event in RETURNING and bool(move.closing))


def whole_course(
    moves: Iterable[Move], won: Collection[str], *, stage: str, since: int | None, closed: int | None
) -> Iterator[Visit]:
    """Yield the stays of a deal that is in `stage` now, even where its history does not tell that.

    `since` is its creation, and `closed` the end of a lost deal.
    """
    visits = follow_moves(moves, won)
    if visits and visits[-1].stage == stage:
        *before, last = visits
        yield from before
        left = closed if last.left is None and stage not in won else last.left
        yield msgspec.structs.replace(last, left=left)
        return
    yield from visits
    yield Visit(stage, 0, since if not visits else None, closed if not visits else None)
