"""All that a decision about one opportunity may look at, frozen: the record and who stands around it."""

import msgspec

from crmcli.domain.config import Config
from crmcli.domain.model import Contact, Opportunity
from crmcli.domain.workdays import IsWorked, worked_in


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """The opportunity with its contact, the contact's company, and the sponsor who brought it."""

    opportunity: Opportunity
    config: Config
    contact: Contact | None = None
    company: Contact | None = None
    sponsor: Contact | None = None

    def about(self, opportunity: Opportunity) -> "Facts":
        """The same surroundings of a later state of the record."""
        return msgspec.structs.replace(self, opportunity=opportunity)

    def worked(self) -> IsWorked:
        """The calendar of the workspace's country."""
        return worked_in(self.config.country)
