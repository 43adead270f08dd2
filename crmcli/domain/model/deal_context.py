"""All that a decision about one opportunity may look at, frozen: the record and who stands around it."""

from collections.abc import Mapping

import msgspec

from crmcli.domain.localization.workdays import IsWorked, worked_in
from crmcli.domain.model.config import Config
from crmcli.domain.model.questionnaires import Questionnaire
from crmcli.domain.model.record_types import Activity, Contact, Opportunity
from crmcli.domain.values.errors import RefusedError


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """The opportunity with its contact, their company, the sponsor who brought it, and what happened."""

    opportunity: Opportunity
    config: Config
    contact: Contact | None = None
    company: Contact | None = None
    sponsor: Contact | None = None
    questionnaire: Questionnaire | None = None  # the one for this kind of project
    activity: Activity | None = None  # the one that a rule is about: done, or late
    referred: Opportunity | None = None  # the deal that was won, where a rule waits for that
    unread: Mapping[str, str] = {}  # why the file of contact, company or sponsor cannot be read

    def refuse_unread(self, role: str) -> None:
        """Make sure that somebody who is not there really is nobody, not a file that cannot be read.

        Raises RefusedError with the file.
        """
        if role in self.unread:
            raise RefusedError(
                f"the {role} cannot be read: {self.unread[role]}", where=self.opportunity.id or ""
            )

    def about(self, opportunity: Opportunity) -> "Facts":
        """The same surroundings of a later state of the record."""
        return msgspec.structs.replace(self, opportunity=opportunity)

    def asked(self, questionnaire: Questionnaire) -> "Facts":
        """The same, with another questionnaire for its project."""
        return msgspec.structs.replace(self, questionnaire=questionnaire)

    def of(self, activity: Activity) -> "Facts":
        """The same, about one activity."""
        return msgspec.structs.replace(self, activity=activity)

    def worked(self) -> IsWorked:
        """The calendar of the workspace's country and region."""
        return worked_in(self.config.country, self.config.region)
