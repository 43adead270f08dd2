"""What a decision returns: the record as it should be, and what has to be done besides."""

import msgspec

from crmcli.domain.model.pipeline import Addressee, RunAction
from crmcli.domain.model.record_types import Instant, Opportunity
from crmcli.domain.values.errors import CrmError

TICK = "tick"  # who does what time alone brings about


class QueueMail(msgspec.Struct, frozen=True, kw_only=True):
    """An e-mail to render and put into the outbox, in the same transaction."""

    opportunity: str
    template: str
    message: str  # the id of its `messages` entry and of its file
    to: Addressee = Addressee.CONTACT
    user: str | None = None  # one of us who is told, instead of contact or sponsor
    activity: str | None = None  # the activity that it is about


class RunProgram(msgspec.Struct, frozen=True, kw_only=True):
    """A program to run once the change is committed; the history calls it uncertain until it has ended."""

    opportunity: str
    rule: str
    occurrence: str
    action: RunAction


class ReferralWon(msgspec.Struct, frozen=True, kw_only=True):
    """A deal that somebody brought was won: the rules of the sponsor's own record wait for that."""

    sponsor: str  # the contact's id
    deal: Opportunity


Effect = QueueMail | RunProgram | ReferralWon


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One record before and after, with what has to be done because of it."""

    before: Opportunity | None
    after: Opportunity
    effects: tuple[Effect, ...] = ()
    notices: tuple[str, ...] = ()  # what the user should hear about, one line each
    faults: tuple[CrmError, ...] = ()  # what time would have brought about, and could not

    def then(self, later: "Change") -> "Change":
        """This change and one made after it, as one."""
        return Change(
            before=self.before,
            after=later.after,
            effects=self.effects + later.effects,
            notices=self.notices + later.notices,
            faults=self.faults + later.faults,
        )

    def advised(self, advice: str | None) -> "Change":
        """This change, with something besides that the user should hear about."""
        return msgspec.structs.replace(self, notices=(*self.notices, advice)) if advice else self

    @property
    def mails(self) -> list[QueueMail]:
        """The e-mails that leave because of it."""
        return [effect for effect in self.effects if isinstance(effect, QueueMail)]

    @property
    def programs(self) -> list[RunProgram]:
        """The programs that run because of it."""
        return [effect for effect in self.effects if isinstance(effect, RunProgram)]


class Moment(msgspec.Struct, frozen=True, kw_only=True):
    """When something is done, and by whom."""

    at: Instant
    by: str
