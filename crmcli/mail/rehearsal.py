"""Trying the e-mail templates of rules on sample records, before one leaves for a customer."""

from collections.abc import Iterator
from pathlib import Path

from msgspec.structs import replace

from crmcli.domain import documents, rehearsal
from crmcli.domain.changes import Moment
from crmcli.domain.config import Config
from crmcli.domain.errors import CrmError
from crmcli.domain.facts import Facts
from crmcli.domain.model import Activity
from crmcli.domain.pipeline import Rule
from crmcli.domain.vocabulary import vocabulary
from crmcli.mail import duereport, template


def rehearsed(config: Config, root: Path) -> Iterator[CrmError]:
    """What stands in the way of the templates that rules use, each with file and line, once."""
    told: set[str] = set()
    for _, rule, stage in rehearsal.all_rules(config):
        for name in templates_of(rule):
            for facts in (rehearsal.full(config, rule, stage), rehearsal.bare(config, rule, stage)):
                error = failure(name, facts, root)
                if error is not None and str(error) not in told:
                    told.add(str(error))
                    yield error


def of_reports(config: Config, root: Path) -> Iterator[CrmError]:
    """What stands in the way of the due report, tried on one that has all it can have."""
    user = next((user for user in config.users if user.email), None)
    if user is None:
        return
    facts = rehearsal.full(config, None, None)
    thing = Activity(id="c9d2e7fa", type="todo", summary="Appeler", due=rehearsal.DAY, time="09:30")
    deal = replace(facts.opportunity, activities=(thing,))
    told = documents.opportunity(facts.about(deal), rehearsal.AT)["activities"]
    moment = Moment(at=rehearsal.AT, by=user.id)
    try:
        duereport.composed(duereport.Digest(user, told, told), root, config, "c9d2e7fb", moment)
    except CrmError as error:
        yield error


def templates_of(rule: Rule) -> list[str]:
    """The templates that a rule uses."""
    return [action.template for action in (rule.email, rule.notify) if action is not None]


def failure(name: str, facts: Facts, root: Path) -> CrmError | None:
    """Why a template cannot be rendered for a sample; None where it can."""
    if name not in template.names(root):
        return None  # told where the rule names it
    try:
        source = template.read(root, name)
        template.render(template.path_of(name), source, vocabulary(facts, rehearsal.DAY), facts.config)
    except CrmError as error:
        return error
    return None
