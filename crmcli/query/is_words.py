"""The words of `is:` in a query (open, won, overdue, idle, …), each with its test on a record."""

from collections.abc import Callable

import msgspec

from crmcli.domain.model import questionnaires, status
from crmcli.domain.model.record_types import Kind
from crmcli.domain.model.staleness import stale_since
from crmcli.domain.model.urgency import has_overdue, planned_activities
from crmcli.query.key_values import QueryRecord


class IsWord(msgspec.Struct, frozen=True):
    """A word of `is:`: its help text, and its test on a record."""

    help: str
    holds: Callable[[QueryRecord], bool]


def has_status(word: str) -> Callable[[QueryRecord], bool]:
    """Return a test for records that are open, won or lost."""
    return lambda s: status.status_of(s.deal, s.config) == word


def is_stale(subject: QueryRecord) -> bool:
    """Tell whether the record has been unchanged for longer than its stage allows."""
    return stale_since(subject.deal, subject.config, subject.at) is not None


def is_unanswered(subject: QueryRecord) -> bool:
    """Tell whether an answer that the record's questionnaire requires is missing."""
    from crmcli.domain.records import questionnaire_sheet  # imported only when used

    deal = subject.deal
    given = deal.project.answers if deal.project else {}
    return questionnaire_sheet.is_unanswered(
        questionnaires.find_questionnaire(deal, subject.questionnaires), given, deal.fields
    )


IS_WORDS = {
    "open": IsWord("neither won nor lost", has_status("open")),
    "won": IsWord("won", has_status("won")),
    "lost": IsWord("lost", has_status("lost")),
    "closed": IsWord("won or lost", lambda s: not has_status("open")(s)),
    "any": IsWord("open, won or lost", lambda s: True),
    "lead": IsWord("a lead", lambda s: s.deal.kind is Kind.LEAD),
    "opportunity": IsWord("an opportunity, not a lead", lambda s: s.deal.kind is not Kind.LEAD),
    "overdue": IsWord(
        "a planned activity is late",
        lambda s: has_overdue(s.deal, s.at, s.config),
    ),
    "stale": IsWord("unchanged for longer than its stage allows", is_stale),
    "unanswered": IsWord("a required answer is missing", is_unanswered),
    "idle": IsWord("no activity is planned", lambda s: not planned_activities(s.deal)),
}
