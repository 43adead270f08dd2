"""The context of a decision about one opportunity: the record and the related records. Immutable."""

from collections.abc import Callable, Mapping

import msgspec

from crmcli.domain.localization.workdays import IsWorked, worked_in
from crmcli.domain.model.config import Config
from crmcli.domain.model.mail_folder import MailFolder, nowhere
from crmcli.domain.model.questionnaires import Questionnaire
from crmcli.domain.model.record_types import Activity, Contact, Opportunity
from crmcli.domain.values.errors import RefusedError


def keep_id(contact: str) -> str:
    """Return the id itself: where no workspace is at hand, a contact has no name."""
    return contact


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """An opportunity with its contact, their company, the sponsor, and the event that a rule is about."""

    opportunity: Opportunity
    config: Config
    contact: Contact | None = None
    company: Contact | None = None
    sponsor: Contact | None = None
    questionnaire: Questionnaire | None = None  # the questionnaire for this kind of project
    activity: Activity | None = None  # the activity that a rule is about: done, or overdue
    referred: Opportunity | None = None  # the referred deal that was won, for rules on `referral-won`
    mail_folder: Callable[[str | None], MailFolder | None] = nowhere  # where the file of a mail lies
    name_contact: Callable[[str], str] = keep_id  # the name of the contact with an id
    unread: Mapping[str, str] = {}  # by role (contact, company, sponsor), why its file cannot be read

    def refuse_unread(self, role: str) -> None:
        """Check that the file of a contact, company or sponsor is not unreadable.

        Raises RefusedError with the reason if it is.
        """
        if role in self.unread:
            raise RefusedError(
                f"the {role} cannot be read: {self.unread[role]}", where=self.opportunity.id or ""
            )

    def about(self, opportunity: Opportunity) -> "Facts":
        """Return the same context for a later state of the record."""
        return msgspec.structs.replace(self, opportunity=opportunity)

    def asked(self, questionnaire: Questionnaire) -> "Facts":
        """Return the same context with another questionnaire."""
        return msgspec.structs.replace(self, questionnaire=questionnaire)

    def of(self, activity: Activity) -> "Facts":
        """Return the same context for one activity."""
        return msgspec.structs.replace(self, activity=activity)

    def worked(self) -> IsWorked:
        """Return the test for working days of the workspace's country and region."""
        return worked_in(self.config.country, self.config.region)
