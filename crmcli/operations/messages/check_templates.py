"""Rendering of all e-mail templates for the records of a workspace, to find in time what fails."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from crmcli.domain.localization.zones import local_day
from crmcli.domain.model.config import Config
from crmcli.domain.model.deal_context import Facts
from crmcli.domain.model.pipeline import Rule
from crmcli.domain.model.urgency import planned_activities
from crmcli.domain.templates.template_variables import build_variables
from crmcli.domain.values.errors import CrmError
from crmcli.domain.values.places import parse_place
from crmcli.mail.outgoing import template
from crmcli.mail.outgoing.enclosures import enclose_named
from crmcli.mail.outgoing.template import TemplateFile
from crmcli.operations.request import Request
from crmcli.query.query_model import Query


class TemplateFault(NamedTuple):
    """A fault of a template: its line, the reason, and the ids of the records where it occurs."""

    path: str
    line: int | None
    column: int | None
    what: str
    records: list[str]


def check_templates(request: Request, wanted: Query, names: Sequence[str] = ()) -> list[TemplateFault]:
    """Render the templates, or those with these names, for all matching records; return their faults.

    Raises NotFoundError for an unknown name.
    """
    root = request.workspace.root
    for name in names:
        template.find_template(root, name)
    chosen = [each for each in template.list_template_files(root) if not names or each.name in names]
    reading = request.reading_for(wanted)
    faults: dict[tuple[object, ...], TemplateFault] = {}
    notices = {rule.notify.template for _, rule in all_rules(request.config) if rule.notify}
    for path, id in reading.index.places(wanted, request.viewing):
        facts = reading.facts(reading.opportunity(path))
        planned = planned_activities(facts.opportunity)
        for each in chosen:
            if each.name in notices and not planned:
                continue  # a notice is about an activity
            fault = find_fault(request, facts.of(planned[0]) if planned else facts, each)
            if fault is not None:
                known = faults.setdefault(fault[:4], fault)
                known.records.append(id or path)
        reading.sources.clear()  # nothing of a record is needed again
    return sorted(faults.values(), key=lambda each: (each.path, each.line or 0, each.column or 0))


def all_rules(config: Config) -> Iterator[tuple[str, Rule]]:
    """Yield all rules with their keys."""
    yield from config.staged_rules()
    yield from config.global_rules()


def find_fault(request: Request, facts: Facts, file: TemplateFile) -> TemplateFault | None:
    """Return the fault of a template for one record; None where it works."""
    values = build_variables(facts, local_day(request.at, facts.config))
    values["user"] = values["owner"]
    root = request.workspace.root
    try:
        source = template.read_source(root, file.path)
        rendered = template.render_mail(file.path, source, values, facts.config)
        enclose_named(root, rendered.headers)
    except CrmError as error:
        path, place = parse_place(error.where)
        at = place if place is not None and path == file.path else None
        line, column = at or (None, None)
        return TemplateFault(file.path, line, column, error.what, [])
    return None
