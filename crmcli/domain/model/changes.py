"""Results of decisions: the record before and after a change, and the effects to carry out."""

import msgspec

from crmcli.domain.model.mail_folder import MailFolder
from crmcli.domain.model.pipeline import Addressee, RunAction
from crmcli.domain.model.record_types import Instant, Opportunity
from crmcli.domain.values.errors import CrmError

TICK = "tick"  # the author of changes made by `crm tick`


class QueueMail(msgspec.Struct, frozen=True, kw_only=True):
    """An e-mail to render and add to the outbox, in the same transaction."""

    opportunity: str
    template: str
    message: str  # the id of its `messages` entry and of its file
    to: Addressee = Addressee.CONTACT
    user: str | None = None  # a user to notify, instead of contact or sponsor
    activity: str | None = None  # the activity that it is about
    recipients: str = ""  # instead of the usual ones
    copies: str = ""  # who gets a copy, besides those of the template
    files: tuple[str, ...] = ()  # ids of files of the record to send with it


class MoveMail(msgspec.Struct, frozen=True, kw_only=True):
    """The file of a queued mail to move to another folder: withdrawn, or queued again."""

    message: str
    file: str
    subject: str
    to: MailFolder


class RunProgram(msgspec.Struct, frozen=True, kw_only=True):
    """A program to run after the change is committed; its recorded outcome is `uncertain` until it ends."""

    opportunity: str
    rule: str
    occurrence: str
    action: RunAction


class ReferralWon(msgspec.Struct, frozen=True, kw_only=True):
    """A referred deal was won; rules of the sponsor's own record may fire for that."""

    sponsor: str  # the contact's id
    deal: Opportunity


class ReferralEnded(msgspec.Struct, frozen=True, kw_only=True):
    """A referral does not count any more: the deal is open again, or has another sponsor."""

    sponsor: str  # the contact's id
    deal: Opportunity


Effect = QueueMail | MoveMail | RunProgram | ReferralWon | ReferralEnded


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One record before and after, with the effects of the change."""

    before: Opportunity | None
    after: Opportunity
    effects: tuple[Effect, ...] = ()
    notices: tuple[str, ...] = ()  # messages for the user, one line each
    faults: tuple[CrmError, ...] = ()  # errors of timed rules that could not run

    def then(self, later: "Change") -> "Change":
        """Return this change and a later one combined."""
        return Change(
            before=self.before,
            after=later.after,
            effects=self.effects + later.effects,
            notices=self.notices + later.notices,
            faults=self.faults + later.faults,
        )

    def advised(self, advice: str | None) -> "Change":
        """Return this change with one more notice for the user; unchanged if it is None."""
        return msgspec.structs.replace(self, notices=(*self.notices, advice)) if advice else self

    @property
    def mails(self) -> list[QueueMail]:
        """The e-mails that this change queues."""
        return [effect for effect in self.effects if isinstance(effect, QueueMail)]

    @property
    def moved_mails(self) -> list[MoveMail]:
        """The mails that this change withdraws or queues again."""
        return [effect for effect in self.effects if isinstance(effect, MoveMail)]

    @property
    def programs(self) -> list[RunProgram]:
        """The programs that this change runs."""
        return [effect for effect in self.effects if isinstance(effect, RunProgram)]


class Moment(msgspec.Struct, frozen=True, kw_only=True):
    """The time of an action, and the user who takes it."""

    at: Instant
    by: str
