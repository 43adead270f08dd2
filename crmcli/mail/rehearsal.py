"""Trying the e-mail templates of rules on sample records, before one leaves for a customer."""

from collections.abc import Iterator
from pathlib import Path

from crmcli.domain import rehearsal
from crmcli.domain.config import Config
from crmcli.domain.errors import CrmError
from crmcli.domain.facts import Facts
from crmcli.domain.pipeline import Rule
from crmcli.domain.vocabulary import vocabulary
from crmcli.mail import template


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
