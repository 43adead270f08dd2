"""What a decision returns: the record as it should be, and what has to be done besides."""

import msgspec

from crmcli.domain.model import Instant, Opportunity


class QueueMail(msgspec.Struct, frozen=True, kw_only=True):
    """An e-mail to render and put into the outbox, in the same transaction."""

    opportunity: str
    template: str
    message: str  # the id of its `messages` entry and of its file


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One record before and after, with the mails that leave because of it."""

    before: Opportunity | None
    after: Opportunity
    mails: tuple[QueueMail, ...] = ()
    notices: tuple[str, ...] = ()  # what the user should hear about, one line each

    def then(self, later: "Change") -> "Change":
        """This change and one made after it, as one."""
        return Change(
            before=self.before,
            after=later.after,
            mails=self.mails + later.mails,
            notices=self.notices + later.notices,
        )


class Moment(msgspec.Struct, frozen=True, kw_only=True):
    """When something is done, and by whom."""

    at: Instant
    by: str
