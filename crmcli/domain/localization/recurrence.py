"""Recurring deadlines: a span such as `every: 1y`, or a rule of RFC 5545, section 3.3.10."""

import re
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from crmcli.domain.localization.offsets import Offset, is_in_hours, parse_offset, shift_day
from crmcli.domain.localization.workdays import IsWorked, worked_in
from crmcli.domain.values.errors import UsageError

if TYPE_CHECKING:
    from dateutil.rrule import rrule, rruleset

RULE = "FREQ="
EXAMPLE = "like 1y, 6mo, 2w or FREQ=MONTHLY;BYDAY=1MO"
SOME_DAY, LAST_DAY = date(2000, 1, 1), date(2100, 1, 1)
NEVER_BELOW_A_DAY = ("FREQ=SECONDLY", "FREQ=MINUTELY", "FREQ=HOURLY")


def next_due(every: str, due: date | None, closed: date, worked: IsWorked) -> date | None:
    """Return the next due day after completion on the day `closed`; None if the rule has ended.

    A span such as `1y` is counted from the day of completion: an activity done late is due a year after
    that day. A rule (`FREQ=MONTHLY;BYDAY=1MO`) follows its calendar from the first deadline on; missed
    dates are skipped.

    Raises UsageError for anything else.
    """
    if not is_rule(every):
        return shift_day(closed, check_span(every), lambda: worked)
    last = max(closed, due or closed)
    following = recurring_days(every, due or closed).after(midnight_of(last) + timedelta(hours=23))
    return following.date() if following else None


def is_rule(every: str) -> bool:
    """Tell whether this is a rule of RFC 5545 rather than a span."""
    return RULE in every.upper()


def check_span(every: str) -> Offset:
    """Return the offset of a recurrence given as a span.

    Raises UsageError if it is not valid, not positive, or longer than a century.
    """
    if is_in_hours(every):
        raise UsageError(f"every {every!r} is less than a day", hint=EXAMPLE)
    try:
        offset = parse_offset(every)
    except UsageError:
        raise UsageError(f"{every!r} is not a recurrence", hint=EXAMPLE) from None
    if offset.number <= 0:
        raise UsageError(f"every {every!r} never ends", hint=EXAMPLE)
    if shift_day(SOME_DAY, offset, lambda: worked_in(None)) > LAST_DAY:
        raise UsageError(f"every {every!r} is more than a lifetime", hint=EXAMPLE)
    return offset


def recurring_days(every: str, first: date) -> "rrule | rruleset":
    """Return the days of a rule from its first day on.

    Raises UsageError if it is not valid or not supported.
    """
    from dateutil.rrule import rrulestr

    text = every.strip().upper().removeprefix("RRULE:")
    if "\n" in text or any(unit in text for unit in NEVER_BELOW_A_DAY):
        raise UsageError(f"every {every!r} is less than a day", hint="FREQ=DAILY, WEEKLY, MONTHLY or YEARLY")
    if "COUNT" in text:  # each occurrence is an activity of its own, so they are not counted
        raise UsageError(f"every {every!r} counts", hint="UNTIL=20281231 ends it")
    if "BYEASTER" in text:  # of dateutil, which fails for some of its numbers
        raise UsageError(f"every {every!r}: BYEASTER is not in RFC 5545", hint=EXAMPLE)
    if re.search("INTERVAL=0*(;|$)", text):
        raise UsageError(f"every {every!r} never goes on", hint=EXAMPLE)
    try:
        return rrulestr(text.replace("Z", ""), dtstart=midnight_of(first))
    except (ValueError, KeyError, TypeError, IndexError, OverflowError) as error:
        raise UsageError(f"every {every!r} is not a recurrence: {error}", hint=EXAMPLE) from None


def midnight_of(day: date) -> datetime:
    """Return the start of a day."""
    return datetime(day.year, day.month, day.day)


def list_skipped(every: str, first: date) -> list[str]:
    """Return the months, or years, of a rule in which nothing is due, because they lack its day.

    Only the next two dozen are tried.

    >>> list_skipped("FREQ=MONTHLY;INTERVAL=3", date(2026, 8, 31))[:2]
    ['2026-11', '2027-02']
    """
    frequency = re.search("FREQ=(MONTHLY|YEARLY)", every.upper())
    if not is_rule(every) or frequency is None:
        return []
    months = 1 if frequency[1] == "MONTHLY" else 12
    step = months * read_part(every, "INTERVAL", [1])[0]
    begin = first.year * 12 + first.month - 1
    periods = range(begin + step, min(begin + 25 * step, 9990 * 12), step)
    if not periods:
        return []
    end = datetime(periods[-1] // 12, 12, 31) if months == 12 else midnight_of(month_end(periods[-1]))
    days = recurring_days(every, first).between(midnight_of(first), end, inc=True)
    held = {(day.year * 12 + day.month - 1) // months for day in days}
    wanted = read_part(every, "BYMONTH", list(range(1, 13))) if months == 1 else []
    until = max(held, default=0) if "UNTIL" in every.upper() else periods[-1]
    return [
        f"{each // 12}-{each % 12 + 1:02d}" if months == 1 else str(each // 12)
        for each in periods
        if each // months not in held and each // months <= until and (not wanted or each % 12 + 1 in wanted)
    ]


def read_part(every: str, name: str, default: list[int]) -> list[int]:
    """Return the numbers of a part of a rule, like `BYMONTH=3,6`."""
    found = re.search(rf"(?:^|[;:]){name}=([0-9,]+)", every.upper())
    return [int(each) for each in found[1].split(",") if each] if found else default


def month_end(month: int) -> date:
    """Return the last day of a month, counted from year 0."""
    from calendar import monthrange

    return date(month // 12, month % 12 + 1, monthrange(month // 12, month % 12 + 1)[1])


def describe_skipped(every: str, first: date) -> str | None:
    """Return in words that a rule skips months or years that lack its day; None if it does not."""
    skipped = list_skipped(every, first)
    if not skipped:
        return None
    some = ", ".join(skipped[:3]) + (" …" if len(skipped) > 3 else "")
    return f"{every} from {first} skips {some}, which lack that day; BYMONTHDAY=-1 is the last day of a month"


def check_recurrence_rule(every: str) -> None:
    """Check that a recurrence is valid.

    Raises UsageError otherwise.
    """
    if is_rule(every):
        if (
            recurring_days(every, SOME_DAY).after(midnight_of(SOME_DAY)) is None
            and "UNTIL" not in every.upper()
        ):
            raise UsageError(f"every {every!r} names no day", hint=EXAMPLE)
    else:
        check_span(every)
