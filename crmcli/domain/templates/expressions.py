"""Evaluation of the conditions and short texts of a workspace, for one record on one day.

Jinja is imported only for actual expressions, since most commands evaluate none.
"""

from datetime import date

from crmcli.domain.model.deal_context import Facts

MARK = "{"  # a text without it is not a template


def condition_holds_for(condition: str, facts: Facts, day: date) -> bool:
    """Tell whether a condition holds for a record.

    Raises RefusedError if it cannot be evaluated.
    """
    from crmcli.domain.templates import sandbox
    from crmcli.domain.templates.template_variables import build_variables

    return sandbox.evaluate_condition(condition, build_variables(facts, day))


def render_text(template: str, facts: Facts, day: date) -> str:
    """Return a short text about a record, such as the summary of an activity.

    Raises RefusedError naming a missing value.
    """
    if MARK not in template:
        return template.strip()
    from crmcli.domain.templates import sandbox
    from crmcli.domain.templates.template_variables import build_variables

    return sandbox.evaluate_text(template, build_variables(facts, day))
