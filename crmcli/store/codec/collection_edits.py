"""Edits of a mapping or list in a text: which parts stay, which are removed, where new ones go."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import pairwise
from typing import TypeAlias

from crmcli.domain.values.values import Value
from crmcli.store.codec.edits import Edit
from crmcli.store.codec.spans import Span, Spans

Plan: TypeAlias = "list[int | str]"
"""The parts of a collection in their new order: the index of an old part, or a new text."""


def in_order_of(keys: list[str], new: dict[str, Value]) -> Iterator[int | str]:
    """Yield the indices of the old keys that stay, each followed by the new keys after it."""
    followers: dict[str | None, list[str]] = {None: []}
    before: str | None = None
    for key in new:
        if key in keys:
            before = key
            followers[before] = []
        else:
            followers[before].append(key)
    yield from followers[None]
    for position, key in enumerate(keys):
        if key in new:
            yield position
            yield from followers[key]


def arranged_in_flow(spans: Spans, parts: list[Span], plan: Plan) -> Iterator[Edit]:
    """Yield the edits that apply a plan to `[…]` or `{…}`; at least one part is kept.

    A part on a line of its own stays there, and new parts get lines of their own beside it.
    """
    kept = kept_in(plan)
    for after, texts in _insertions(plan):
        if after is None:
            yield _inserted_in_flow_before(spans, parts[min(kept)][0], texts)
        else:
            is_followed = after + 1 not in kept and after + 1 < len(parts)
            yield from _inserted_in_flow(spans, parts[after], texts, may_part=not is_followed)
    last = max(kept)
    for position in range(last):
        if position not in kept:
            yield _removed_in_flow(spans, parts[position], parts[position + 1][0])
    for position in range(last + 1, len(parts)):
        start, end = spans.last_in_flow(parts[position - 1][1], *parts[position])
        yield Edit(start, end, "")


def _inserted_in_flow_before(spans: Spans, first: int, texts: list[str]) -> Edit:
    between = f",{spans.line_break_before(first)}"
    return Edit(first, first, "".join(text + between for text in texts))


def _inserted_in_flow(spans: Spans, part: Span, texts: list[str], *, may_part: bool) -> Iterator[Edit]:
    """Insert after a part: on a new line where the part has its own line, else on the same one.

    Also below a comment after the comma, unless the following part is removed (`may_part` is false).
    """
    start, end = part
    break_before = spans.line_break_before(start)
    comma = spans.comma_after(end)
    place = spans.end_of_line_behind(end if comma is None else comma) if may_part else None
    if break_before == " " or place is None:
        yield Edit(end, end, "".join(f",{break_before}{text}" for text in texts))
    elif comma is None:
        yield Edit(end, end, ",")
        yield Edit(place, place, ",".join(break_before + text for text in texts))
    else:
        yield Edit(place, place, "".join(f"{break_before}{text}," for text in texts))


def _removed_in_flow(spans: Spans, part: Span, following: int) -> Edit:
    """Remove a part with its comma; the next part stays on its line."""
    start, end = part
    comma = spans.comma_after(end)
    is_last_on_line = comma is not None and spans.line_end(comma) == comma
    if comma is not None and is_last_on_line and not spans.first_on_line(start):
        return Edit(spans.without_spaces_before(start), comma, "")
    return Edit(start, spans.next_in_flow(end, following), "")


def arranged_in_block(spans: Spans, parts: list[Span], plan: Plan, column: int) -> Iterator[Edit]:
    """Yield the edits that apply a plan to a block, line by line; at least one part is kept."""
    end_of = partial(spans.end_of_comments_below, column=column)
    yield from _inserted_in_block(parts, plan, end_of, f"\n{' ' * column}")
    kept = kept_in(plan)
    first = parts[0][0]
    begins = 0
    if 0 not in kept and not (spans.first_on_line(first) and spans.line_start(first) > 0):
        begins, edit = _first_removed(spans, parts, min(kept))
        yield edit
    for position in range(begins, len(parts)):
        if position not in kept:
            start, end = parts[position]
            line_start = spans.line_start(start)
            yield Edit(spans.newline_before(line_start), spans.line_end(end), "")


def kept_in(plan: Plan) -> set[int]:
    """Return the indices of the old parts that stay."""
    return {place for place in plan if isinstance(place, int)}


def _inserted_in_block(
    parts: list[Span], plan: Plan, end_of: Callable[[int], int], between: str
) -> Iterator[Edit]:
    for after, texts in _insertions(plan):
        if after is None:
            start = parts[min(kept_in(plan))][0]
            yield Edit(start, start, "".join(text + between for text in texts))
        else:
            end = end_of(parts[after][1])
            yield Edit(end, end, "".join(between + text for text in texts))


def _first_removed(spans: Spans, parts: list[Span], first_kept: int) -> tuple[int, Edit]:
    """Remove the first part where it follows a dash or starts the text; also return the next index."""
    start, end = parts[0]
    if _follow_closely(spans, parts[: first_kept + 1]):
        return first_kept, Edit(start, parts[first_kept][0], "")
    if spans.source[:start].strip("\ufeff"):
        dash_end = len(spans.source[:start].rstrip(" "))
        return 1, Edit(dash_end, spans.line_end(end), "")
    return 1, Edit(start, spans.next_line(end), "")


def _follow_closely(spans: Spans, parts: list[Span]) -> bool:
    """Tell whether neither comments nor blank lines stand between these parts."""
    return all(spans.line_start(after[0]) == spans.next_line(before[1]) for before, after in pairwise(parts))


def _insertions(plan: Plan) -> Iterator[tuple[int | None, list[str]]]:
    """Yield the runs of new texts in a plan, each with the index of the old part before it, or None."""
    after: int | None = None
    texts: list[str] = []
    for place in [*plan, -1]:
        if isinstance(place, str):
            texts.append(place)
            continue
        if texts:
            yield after, texts
        after, texts = place, []
