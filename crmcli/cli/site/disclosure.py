"""What a site discloses about people: everything, or with `--anonymise` nothing that names or describes them.

A text that somebody typed may name a person. So an anonymous site shows none of them: no titles, names,
descriptions, notes or messages, only what crm.yaml and the questionnaires declare, figures, days, and ids
of records.
"""

from collections.abc import Mapping

from crmcli.domain.documents.typed_document import Document
from crmcli.domain.localization.translations import translate
from crmcli.domain.model.config import Config
from crmcli.domain.values.ids import is_id


class Disclosure:
    """Chooses what is shown of records and people; pseudonyms are the same on all pages."""

    def __init__(self, config: Config, *, is_anonymous: bool) -> None:
        self.is_anonymous = is_anonymous
        self.users = {user.id: place for place, user in enumerate(config.users, start=1)}

    def title(self, id: str | None, title: str) -> str:
        """Return what a deal is called."""
        if not self.is_anonymous:
            return title
        return translate("Opportunity {id}", id=id if id and is_id(id) else "-")

    def person(self, id: str | None, name: str | None) -> str:
        """Return what a contact is called; empty for none."""
        if not self.is_anonymous:
            return name or id or ""
        if not id:
            return ""
        return translate("Contact {id}", id=id if is_id(id) else "-")  # somebody may have typed a name

    def user(self, id: str | None) -> str:
        """Return what a user is called; empty for none."""
        if not self.is_anonymous or not id:
            return id or ""
        return translate("User {number}", number=self.users.get(id, 0))

    def phrase(self, text: str | None) -> str:
        """Return a text that somebody typed; empty where it may name a person."""
        return "" if self.is_anonymous else text or ""

    def label(self, text: str, declared: Mapping[str, str], id: str | None) -> str:
        """Return the label of a group; one that crm.yaml does not declare was typed by somebody."""
        return text if not self.is_anonymous or id is None or id in declared else translate("other")

    def activity(self, document: Document) -> Document:
        """Return an activity of the due list as it is shown."""
        if not self.is_anonymous:
            return document
        return {
            **document,
            "summary": "",
            "contact_name": self.person(document["contact"], None),
            "contact_phone": None,
            "contact_city": None,
            "title": self.title(document["opportunity"], ""),
            "assignee": self.user(document["assignee"]),
        }
