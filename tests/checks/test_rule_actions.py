"""An action of a rule is declared once: `rules check`, the samples and the schema know it without being told."""

from typing import Annotated, Any

import msgspec
import pytest

from crmcli.checks import rule_checks, rule_samples
from crmcli.checks.rule_checks import Known
from crmcli.domain.model import pipeline
from crmcli.domain.model.fields import Content, fields_of
from crmcli.domain.model.pipeline import Part, Rule
from crmcli.domain.rules import fire_rules
from tests.harness.builders import a_config

WHEN = {"id", "on", "in_", "when", "once"}  # the keys of a rule that say when it fires, not what it does


class SmsAction(Part, frozen=True, kw_only=True):
    """An action that this version does not have: a text message to one of us."""

    to: pipeline.Someone
    text: pipeline.JinjaText
    kind: Annotated[str, Content.ACTIVITY_TYPE] = "call"


def test_every_key_of_a_rule_says_when_it_fires_or_is_an_action() -> None:
    assert {spec.name for spec in fields_of(Rule)} == WHEN | fire_rules.ACTIONS.keys()


def test_what_is_checked_in_a_new_action_follows_from_its_types() -> None:
    with_sms = msgspec.defstruct("RuleWithSms", [("sms", SmsAction | None, None)], bases=(Rule,), frozen=True)
    rule: Any = with_sms(id="x", sms=SmsAction(to="pual", text="{{ title", kind="cal"))
    found = rule_checks.check_contents(rule, ("rules", 0), Known(a_config(), ()))
    problems = {".".join(map(str, each.path)): each.what for each in found}
    assert list(problems) == ["rules.0.sms.to", "rules.0.sms.text", "rules.0.sms.kind"]
    assert [path for path, _ in rule_samples.list_texts(rule)] == [("sms", "text")]


@pytest.mark.parametrize("name", fire_rules.ACTIONS)
def test_a_rule_with_one_action_does_something(name: str) -> None:
    spec = next(each for each in fields_of(Rule) if each.name == name)
    assert spec.is_open or spec.is_part or spec.content in (Content.SOMEONE, Content.TAG, Content.TEXT)
