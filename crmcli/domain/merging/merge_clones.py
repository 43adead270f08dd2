"""Three-way merge of the versions that two clones have of a record.

Beyond what a merge of any two versions does, it knows that two people worked on the deal at the same time:
its stage and outcome follow the merged history, a priority is the higher one, the creation the earlier.
"""

from typing import TypeVar

from msgspec.structs import replace

from crmcli.domain.merging.three_way import merge_versions
from crmcli.domain.model.history import last_move
from crmcli.domain.model.record_types import Contact, HistoryEvent, Opportunity

R = TypeVar("R", Opportunity, Contact)
COURSE = ("stage", "lost", "closed", "probability")  # what a move sets, taken together


def merge_clones(base: R | None, ours: R, theirs: R) -> tuple[R, tuple[str, ...]]:
    """Return the merge of the versions of two clones, and the fields in which they conflict.

    `base` is the version that both began with; None where both made the record, from the same mail or the
    same address. A field in conflict has our value; without conflicts it does not matter which is ours.
    """
    base = base or common_beginning(ours, theirs)
    created = min((each.created for each in (ours, theirs) if each.created), default=None)
    base, ours, theirs = (replace(each, created=created) for each in (base, ours, theirs))
    if isinstance(base, Opportunity) and isinstance(ours, Opportunity) and isinstance(theirs, Opportunity):
        return merge_deals(base, *agree_on_priority(base, ours, theirs))
    return merge_versions(base, ours, theirs)


def common_beginning(ours: R, theirs: R) -> R:
    """Return what two records that two clones made have begun as.

    A contact whose name is only an address began with that name, so that the name of a person replaces it.
    """
    if isinstance(ours, Contact):
        assert isinstance(theirs, Contact)
        names = [each.name for each in (ours, theirs) if "@" in each.name]
        return Contact(id=ours.id, kind=ours.kind, name=names[0] if len(names) == 1 else "")
    began = next((each.to for each in ours.history if each.event == HistoryEvent.CREATED), None)
    return Opportunity(id=ours.id, title="", stage=began)


def agree_on_priority(
    base: Opportunity, ours: Opportunity, theirs: Opportunity
) -> tuple[Opportunity, Opportunity]:
    """Return both versions, with the higher priority where both changed it."""
    if base.priority in (ours.priority, theirs.priority):
        return ours, theirs
    highest = max(ours.priority, theirs.priority)
    return replace(ours, priority=highest), replace(theirs, priority=highest)


def merge_deals(
    base: Opportunity, ours: Opportunity, theirs: Opportunity
) -> tuple[Opportunity, tuple[str, ...]]:
    """Return the merge of two versions of a deal; its course is that of the one that moved it.

    Where both moved it to the same end, that is the end. Different ends are a conflict, even where one of
    them is the stage from which both began.
    """
    mine, other = (has_moved(base, side) for side in (ours, theirs))
    if mine and not other:
        theirs = follow_course(base, ours, theirs)
    elif other and not mine:
        ours = follow_course(base, theirs, ours)
    ends = [name for name in ("stage", "lost") if getattr(ours, name) != getattr(theirs, name)]
    if not ends:
        return merge_versions(base, ours, theirs)
    value, conflicts = merge_versions(base, ours, follow_course(base, ours, theirs))
    course = {name: getattr(ours, name) for name in COURSE}
    return replace(value, **course), (*ends, *conflicts)


def has_moved(base: Opportunity, deal: Opportunity) -> bool:
    """Tell whether a version moved the deal: by a command, which its history tells, or in its file."""
    is_elsewhere = (deal.stage, deal.lost, deal.closed) != (base.stage, base.lost, base.closed)
    return is_elsewhere or last_move(deal) != last_move(base)


def follow_course(base: Opportunity, moved: Opportunity, stayed: Opportunity) -> Opportunity:
    """Return the version that did not move the deal, on the course of the one that did.

    A probability that a person set by hand meanwhile stays, unless the deal is closed.
    """
    is_set = stayed.probability != base.probability == moved.probability and not moved.closed
    names = [name for name in COURSE if not (is_set and name == "probability")]
    return replace(stayed, **{name: getattr(moved, name) for name in names})
