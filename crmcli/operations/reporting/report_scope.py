"""What a report is about: its groups, its period, and the period that it is compared with."""

from collections.abc import Callable
from datetime import date, tzinfo
from functools import cached_property

import msgspec

from crmcli.domain.localization.days import read_days
from crmcli.domain.localization.zones import zone_of
from crmcli.domain.model.config import Config
from crmcli.domain.values.errors import UsageError
from crmcli.domain.values.suggest import suggest_name
from crmcli.operations.request import Request
from crmcli.report.reported_period import Comparison, ReportedPeriod, compared_period, day_reader


class ReportOptions(msgspec.Struct, frozen=True):
    """The options of a report, as they are given: empty ones are not."""

    by: str = ""
    since: str = ""
    until: str = ""
    compare: str = ""

    @property
    def are_given(self) -> bool:
        """Tell whether any option is given."""
        return any((self.by, self.since, self.until, self.compare))


class Scope:
    """The period of a report, and the day and time zone in which it is read."""

    def __init__(self, request: Request, period: ReportedPeriod) -> None:
        self.request = request
        self.config: Config = request.config
        self.period = period
        self.today: date = request.today
        self.at = int(request.at.timestamp())

    @cached_property
    def zone(self) -> tzinfo:
        """The time zone of the workspace, which cuts days, weeks and months."""
        return zone_of(self.config)

    @cached_property
    def day_of(self) -> Callable[[int | None], date | None]:
        """The function that gives the day of an instant."""
        return day_reader(self.zone)

    def compared(self, how: str) -> "Scope":
        """Return the scope of the period before this one, or a year before.

        Raises UsageError for another comparison, and without a first day.
        """
        if how not in list(Comparison):
            hint = suggest_name(how, list(Comparison)) or "previous or year"
            raise UsageError(f"--compare {how!r} is not a period to compare with", hint=hint)
        if self.period.since is None:
            raise UsageError("--compare needs a period", hint="for example --since this-month")
        return Scope(self.request, compared_period(self.period, Comparison(how), self.today))


def read_scope(request: Request, options: ReportOptions) -> Scope:
    """Return the scope that options describe.

    A month, week or year in `--since` begins with its first day; in `--until` it ends with its last.
    Raises UsageError for what is not a day, and for a period that ends before it begins.
    """
    since = read_bound(request, "--since", options.since, is_end=False)
    until = read_bound(request, "--until", options.until, is_end=True)
    if since is not None and until is not None and until < since:
        raise UsageError(f"the period ends before it begins: {since} to {until}")
    return Scope(request, ReportedPeriod(since, until))


def read_bound(request: Request, option: str, text: str, *, is_end: bool) -> date | None:
    """Return the first or the last day of what an option names; None where it is not given."""
    if not text:
        return None
    span = read_days(text, request.today, request.config, is_past=True)
    found = span.high if is_end else span.low
    if not isinstance(found, date):
        raise UsageError(f"{option} {text!r} has no {'last' if is_end else 'first'} day")
    return found
