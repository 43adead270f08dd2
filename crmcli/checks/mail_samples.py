"""Tests of the e-mail templates of rules on sample records."""

from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from crmcli.checks import rule_samples
from crmcli.checks.workspace_checks import Finding
from crmcli.domain.documents.report_documents import DigestDocument
from crmcli.domain.model.changes import Moment
from crmcli.domain.model.config import Config, User
from crmcli.domain.model.deal_context import Facts
from crmcli.domain.model.pipeline import Event, Rule
from crmcli.domain.model.record_types import Activity
from crmcli.domain.records import documents
from crmcli.domain.templates.template_variables import build_variables
from crmcli.domain.values.errors import CrmError
from crmcli.domain.values.places import parse_place
from crmcli.mail.outgoing import template
from crmcli.mail.outgoing.enclosures import enclose_named
from crmcli.mail.outgoing.message_writer import Draft
from crmcli.mail.outgoing.reports import due_report
from crmcli.mail.outgoing.reports.digest_letter import DigestFigures, compose_digest


def find_template_faults(config: Config, root: Path) -> Iterator[Finding]:
    """Yield a finding for each template of e-mails and of the due report that a sample cannot render."""
    for error in chain(check_templates_on_samples(config, root), of_reports(config, root)):
        path, place = parse_place(error.where)
        line, column = place or (None, None)
        yield Finding(path, line, "", error.what, column=column)


def check_templates_on_samples(config: Config, root: Path) -> Iterator[CrmError]:
    """Yield the errors of the templates, each with file and line, once.

    One that no rule uses is rendered for a sample that has all values: a person who queues it sees the rest.
    """
    told: set[str] = set()
    late = rule_samples.build_full_sample(config, Rule(id="sample", on=Event.OVERDUE), None)
    full = replace(late, referred=late.opportunity)
    for name in unused_templates(config, root):
        error = explain_template_failure(name, full, root)
        if error is not None:
            told.add(str(error))
            yield error
    for _, rule, stage in rule_samples.list_rules(config):
        for name in templates_of(rule):
            for facts in (
                rule_samples.build_full_sample(config, rule, stage),
                rule_samples.build_bare_sample(config, rule, stage),
            ):
                error = explain_template_failure(name, facts, root)
                if error is not None and str(error) not in told:
                    told.add(str(error))
                    yield error


def of_reports(config: Config, root: Path) -> Iterator[CrmError]:
    """Yield the error of each report by mail, on a sample that has all values, if it fails."""
    user = next((user for user in config.users if user.email), None)
    if user is None:
        return
    moment = Moment(at=rule_samples.AT, by=user.id)
    for kind, compose in (("due", compose_due_sample), ("digest", compose_digest_sample)):
        try:
            compose(user, root, config, moment)
        except CrmError as error:
            yield error
        except OSError as error:  # its template, or one that it includes
            where = str(error.filename or f"templates/report/{kind}.txt.j2")
            yield CrmError(f"cannot be read: {error.strerror}", where=where)


def compose_due_sample(user: User, root: Path, config: Config, moment: Moment) -> Draft:
    """Compose a due report with an activity of a user, and the same as one of somebody else."""
    facts = rule_samples.build_full_sample(config, None, None)
    thing = Activity(id="c9d2e7fa", type="todo", summary="Appeler", due=rule_samples.DAY, time="09:30")
    deal = replace(facts.opportunity, activities=(thing,))
    told = documents.build_opportunity(facts.about(deal), rule_samples.AT)["activities"]
    return due_report.compose_report(due_report.Digest(user, told, told), root, config, "c9d2e7fb", moment)


def compose_digest_sample(user: User, root: Path, config: Config, moment: Moment) -> Draft:
    """Compose a digest in which a user won, lost and moved deals."""
    row = DigestDocument(
        by="owner",
        id=user.id,
        label=user.name or user.id,
        since=rule_samples.DAY.isoformat(),
        until=rule_samples.DAY.isoformat(),
        leads=1,
        created=2,
        moved=3,
        won=1,
        won_revenue=8000,
        lost=1,
        lost_revenue=4500.5,
        stuck=1,
        paid=100,
    )
    figures = DigestFigures(rule_samples.DAY, rule_samples.DAY, [row], [row])
    return compose_digest(user, figures, root, config, "c9d2e7fb", moment)


def unused_templates(config: Config, root: Path) -> list[str]:
    """Return the templates that no rule uses."""
    used = {name for _, rule, _ in rule_samples.list_rules(config) for name in templates_of(rule)}
    return [name for name in template.list_templates(root) if name not in used]


def templates_of(rule: Rule) -> list[str]:
    """Return the templates that a rule uses."""
    return [action.template for action in (rule.email, rule.notify) if action is not None]


def sample_values(facts: Facts) -> dict[str, Any]:
    """Return the variables of a template for a sample; the user is its owner."""
    values = build_variables(facts, rule_samples.DAY)
    return {**values, "user": values["owner"]}


def explain_template_failure(name: str, facts: Facts, root: Path) -> CrmError | None:
    """Return the error of a template rendered for a sample; None where it works."""
    if name not in template.list_templates(root):
        return None  # reported by the check of the rule
    try:
        for each in template.list_template_files(root):
            if each.name == name:
                source = template.read_source(root, each.path)
                rendered = template.render_mail(each.path, source, sample_values(facts), facts.config)
                enclose_named(root, rendered.headers)
    except CrmError as error:
        return error
    return None
