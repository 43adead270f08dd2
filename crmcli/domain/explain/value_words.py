"""Values of records in words for people: amounts and days by locale, names for ids."""

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal, InvalidOperation

import msgspec

from crmcli.domain.localization.locale import day_text, money_text
from crmcli.domain.localization.translations import deferred, translate, translate_heading
from crmcli.domain.model.config import Config, name_lost_reason
from crmcli.domain.model.deal_context import keep_id
from crmcli.domain.model.fields import Content, FieldSpec, walk_fields
from crmcli.domain.model.record_types import Contact, Money, Opportunity


class ValueWords(msgspec.Struct, frozen=True):
    """The words for values of a workspace."""

    config: Config
    name_contact: Callable[[str], str] = keep_id

    def spell_recorded(self, field: str, text: str | None) -> str:
        """Return the value of a field as a history entry records it, in words; `none` without one."""
        if not text:
            return translate("none")
        spec = RECORDED.get(field)
        if spec is None:
            return translate(text) if field == "consent" else text
        try:
            return self.spell_typed(spec, text)
        except (ValueError, InvalidOperation):  # edited by hand
            return text

    def spell_typed(self, spec: FieldSpec, text: str) -> str:
        """Return a value by the type and the content of its field.

        Raises ValueError or InvalidOperation for a text that is not of its type.
        """
        if spec.type is Money:
            return money_text(Decimal(text), self.config)
        if spec.type in (date, datetime):
            return day_text(date.fromisoformat(text[:10]), self.config)
        return self.name_id(spec.content, text)

    def name_id(self, content: Content | None, id: str) -> str:
        """Return the name of what an id stands for."""
        match content:
            case Content.CONTACT:
                return self.name_contact(id)
            case Content.STAGE:
                return self.name_stage(id)
            case Content.LOST_REASON:
                return name_lost_reason(self.config, id)
        return id

    def name_stage(self, id: str | None) -> str:
        """Return the label of a stage; its id where it is not configured any more."""
        stage = self.config.stage(id)
        return stage.title if stage else id or translate("none")


RECORDED = {path: spec for part in (Contact, Opportunity) for path, spec in walk_fields(part)}
"""The fields of records by their paths."""
PARTS = (deferred("project"), deferred("referral"), deferred("marketing"))
"""The parts of records that a history names as a whole."""


def name_field(path: str) -> str:
    """Return the name of a field, an answer or a custom field for people; in English its path."""
    kind, _, own = path.partition(".")
    if kind == "answers" and own:
        return translate("answers.{question}", question=own)
    return translate(path) if path in RECORDED or path in PARTS else path


def name_activity_field(name: str) -> str:
    """Return the name of a field of an activity for people, which may have another sense elsewhere."""
    return translate_heading(name)
